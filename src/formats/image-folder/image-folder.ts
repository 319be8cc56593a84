import { join } from 'node:path';

import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import type { Dataset } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { decodeImage } from './decode-image.js';
import { imageOrigins } from './image-origins.js';
import { openFolderLabels } from '../labels/folder-labels.js';
import { leftOutNote, listFiles } from '../io/list-files.js';
import { planPreprocess, preprocessBytes, tabulatePixels } from '../preprocess/preprocess.js';
import { checkSampleRange, checkSamples } from '../sample-range.js';
import type { ImageFolderSource } from './image-folder-settings.js';
import { geometryOf } from './source-geometry.js';

export const IMAGE_EXTENSIONS = ['.jpg', '.jpeg', '.png'] as const;
/** Sub-folders of sub-folders are looked into as well, this deep. */
export const IMAGE_DEPTH = 8;
/** Images decoded at once: what is in memory besides the batch itself. */
const AT_ONCE = 4;

/**
 * Opens a folder of JPEG and PNG files, decoded when read, in the order of their paths. Labels come
 * from the CSV, or are the position of the first sub-folder's name among the classes given, or
 * among all sub-folders, sorted; images that lie in the folder itself have none.
 *
 * @throws DatasetError when there is no image, the first can't be decoded, some lie in sub-folders
 *   and some don't, or the preprocessing does not fit; on reading, when an image is damaged or has
 *   another size than the first
 */
export async function openImageFolder(source: ImageFolderSource, preprocess: PreprocessSettings): Promise<Dataset> {
  const { path: folder } = source;
  const files = listFiles(folder, IMAGE_EXTENSIONS, IMAGE_DEPTH);
  const { labels, notes } = openFolderLabels(source, files, 'image');
  const geometry = geometryOf(source);
  const first = await decodeImage(join(folder, files[0]!), geometry);
  const storedShape = [first.height, first.width, source.channels];
  // The decoder gives channels last, whatever the layout of other data.
  const plan = planPreprocess(storedShape, { ...preprocess, layout: 'channelsLast' }, folder);
  const tables = tabulatePixels(plan, folder);
  const origins = imageOrigins(folder, files, geometry);
  const leftOut = leftOutNote(folder, IMAGE_EXTENSIONS, IMAGE_DEPTH, [source.labels, asPath(source.classes)]);
  let open = true;

  async function readImage(index: number, into: Float32Array, to: number): Promise<void> {
    const path = join(folder, files[index]!);
    const { data, height, width, picture } = await decodeImage(path, geometry);
    origins.remember(index, picture);
    if (height !== first.height || width !== first.width) {
      throw new DatasetError({
        expected: `an image of ${first.height} x ${first.width} pixels (height x width), as ${files[0]!} gives`,
        got: `${height} x ${width}`,
        where: path,
        advice: 'Set letterbox, resize to [height, width], or crop, so that all images get one size.',
      });
    }
    preprocessBytes(plan, tables, data, 0, into, to);
  }

  const dataset: Dataset = {
    sampleCount: files.length,
    sampleShape: plan.sampleShape,
    labels,
    groundTruth: null,
    names: files,
    notes: leftOut === null ? notes : [leftOut, ...notes],
    async read(start, count, into) {
      if (!open) throw new DatasetError({ expected: 'an open dataset', got: 'one that was closed', where: folder });
      checkSampleRange(dataset, start, count, into);
      for (let done = 0; done < count; done += AT_ONCE) {
        const group = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, index) => done + index);
        await Promise.all(group.map((index) => readImage(start + index, into, index * plan.sampleSize)));
      }
    },
    origins(start, count) {
      checkSamples(dataset, start, count);
      return origins.read(start, count);
    },
    close() {
      open = false;
    },
  };
  return dataset;
}

function asPath(classes: ImageFolderSource['classes']): string | null {
  return typeof classes === 'string' ? classes : null;
}
