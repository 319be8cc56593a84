import { DatasetError } from '../dataset-error.js';
import type { ImageGeometry } from './image-geometry.js';
import type { ImageFolderSource } from './image-folder-settings.js';

/**
 * The geometry that a source asks for, once its settings fit each other and sizes are numbers.
 *
 * @throws DatasetError
 */
export function geometryOf({ path, ...source }: ImageFolderSource): ImageGeometry {
  const { resize, crop, kernel, channels, letterbox, pad, orientation } = source;
  for (const [name, value] of Object.entries({ resize, crop, pad })) {
    if (letterbox === undefined || value === null || value === undefined) continue;
    throw new DatasetError({
      expected: `letterbox or ${name}`,
      got: 'both',
      where: path,
      advice: `The letterbox gives the sample its size: leave ${name} out.`,
    });
  }
  return {
    ...{ resize: numbersOf('resize', resize, path), crop, kernel, channels },
    ...(letterbox === undefined
      ? {}
      : { letterbox: { ...letterbox, size: numbersOf('letterbox.size', letterbox.size, path) } }),
    ...(pad === undefined ? {} : { pad }),
    ...(orientation === undefined ? {} : { orientation }),
  };
}

/** The source with `[height, width]` of the model's input where it asks for them. */
export function sizeImageFolder(
  source: ImageFolderSource,
  extentOf: (setting: string) => readonly [number, number],
): ImageFolderSource {
  const { resize, letterbox } = source;
  if (resize !== 'model' && letterbox?.size !== 'model') return source;
  return {
    ...source,
    ...(resize === 'model' ? { resize: extentOf('resize') } : {}),
    ...(letterbox?.size === 'model' ? { letterbox: { ...letterbox, size: extentOf('letterbox.size') } } : {}),
  };
}

function numbersOf<Extent>(setting: string, extent: Extent | 'model', where: string): Extent {
  if (extent !== 'model') return extent;
  const advice = 'Write [height, width].';
  throw new DatasetError({ expected: `${setting} as numbers where no model is at hand`, got: 'model', where, advice });
}
