import { join } from 'node:path';
import type { SampleOrigin } from '../sample-origin.js';
import { readImageHeader } from './decode-image.js';
import type { ImageGeometry } from './image-geometry.js';
import { layOutImage } from './image-layout.js';

/** Headers read at once. */
const AT_ONCE = 4;

/** Where the samples of a folder come from. */
export interface ImageOrigins {
  /** As `origins` of a dataset: reads the headers of files that are not known yet. */
  read(first: number, count: number): Promise<readonly SampleOrigin[]>;
  /** Height and width of a sample's upright picture, from whoever decoded it. */
  remember(sample: number, size: readonly [number, number]): void;
}

/**
 * Where the samples of a folder come from; of each file no more than two lengths are kept.
 *
 * @param files paths inside the folder, in the order of the samples
 */
export function imageOrigins(folder: string, files: readonly string[], geometry: ImageGeometry): ImageOrigins {
  /** `[samples, 2]`: height and width; 0 where they are not known yet. */
  const sizes = new Uint32Array(files.length * 2);
  async function originOf(sample: number): Promise<SampleOrigin> {
    const name = files[sample]!;
    const path = join(folder, name);
    if (sizes[sample * 2] === 0) sizes.set((await readImageHeader(path, geometry)).size, sample * 2);
    const size = [sizes[sample * 2]!, sizes[sample * 2 + 1]!] as const;
    const { box, canvas, scale } = layOutImage(geometry, size, path);
    const [left, top] = [(canvas?.left ?? 0) - box.left, (canvas?.top ?? 0) - box.top];
    return { name, size, placement: { scaleX: scale[0], scaleY: scale[1], left, top } };
  }
  return {
    async read(first, count) {
      const origins: SampleOrigin[] = [];
      for (let done = 0; done < count; done += AT_ONCE) {
        const group = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, index) => first + done + index);
        origins.push(...(await Promise.all(group.map(originOf))));
      }
      return origins;
    },
    remember(sample, size) {
      sizes.set(size, sample * 2);
    },
  };
}
