import { join } from 'node:path';

import type { PreprocessSettings, SampleSource } from '../experiment/settings.js';
import type { Dataset } from './dataset.js';
import { DatasetError } from './dataset-error.js';
import { decodeImage } from './decode-image.js';
import { openFile } from './file-source.js';
import { readLabelCsv } from './label-csv.js';
import { listFiles } from './list-files.js';
import { planPreprocess, preprocessBytes, tabulatePixels } from './preprocess.js';
import { checkSampleRange } from './sample-range.js';

export type ImageFolderSource = Extract<SampleSource, { format: 'imageFolder' }>;

export const IMAGE_EXTENSIONS = ['.jpg', '.jpeg', '.png'] as const;
/** Sub-folders of sub-folders are looked into as well, this deep. */
export const IMAGE_DEPTH = 8;
/** Images decoded at once: what is in memory besides the batch itself. */
const AT_ONCE = 4;

/**
 * Opens a folder of JPEG and PNG files, decoded when read, in the order of their paths. Labels come from the CSV, or are
 * the position of the first sub-folder's name among all of them, sorted; images that lie in the folder itself have none.
 *
 * @throws DatasetError when there is no image, the first can't be decoded, some lie in sub-folders and some don't, or the
 *   preprocessing does not fit; on reading, when an image is damaged or has another size than the first
 */
export async function openImageFolder(source: ImageFolderSource, preprocess: PreprocessSettings): Promise<Dataset> {
  const { path: folder } = source;
  const files = listFiles(folder, IMAGE_EXTENSIONS, IMAGE_DEPTH);
  const labels = source.labels === null ? labelByFolder(folder, files) : labelByCsv(source.labels, files);
  const first = await decodeImage(join(folder, files[0]!), source);
  const storedShape = [first.height, first.width, source.channels];
  // The decoder gives channels last, whatever the layout of other data.
  const plan = planPreprocess(storedShape, { ...preprocess, layout: 'channelsLast' }, folder);
  const tables = tabulatePixels(plan, folder);
  let open = true;

  async function readImage(index: number, into: Float32Array, to: number): Promise<void> {
    const path = join(folder, files[index]!);
    const { data, height, width } = await decodeImage(path, source);
    if (height !== first.height || width !== first.width) {
      throw new DatasetError({
        expected: `an image of ${first.height} x ${first.width} pixels (height x width), as ${files[0]!} gives`,
        got: `${height} x ${width}`,
        where: path,
        advice: 'Set resize to [height, width], or crop, so that all images get one size.',
      });
    }
    preprocessBytes(plan, tables, data, 0, into, to);
  }

  const dataset: Dataset = {
    sampleCount: files.length,
    sampleShape: plan.sampleShape,
    labels,
    groundTruth: null,
    async read(start, count, into) {
      if (!open) throw new DatasetError({ expected: 'an open dataset', got: 'one that was closed', where: folder });
      checkSampleRange(dataset, start, count, into);
      for (let done = 0; done < count; done += AT_ONCE) {
        const group = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, index) => done + index);
        await Promise.all(group.map((index) => readImage(start + index, into, index * plan.sampleSize)));
      }
    },
    close() {
      open = false;
    },
  };
  return dataset;
}

function labelByCsv(path: string, files: readonly string[]): Int32Array {
  const file = openFile(path);
  try {
    return readLabelCsv(file, files);
  } finally {
    file.close();
  }
}

function labelByFolder(folder: string, files: readonly string[]): Int32Array | null {
  const inFolder = files.map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : null));
  const classes = [...new Set(inFolder)].filter((name) => name !== null).sort();
  if (classes.length === 0) return null;
  const loose = inFolder.indexOf(null);
  if (loose >= 0) {
    throw new DatasetError({
      expected: 'all images in sub-folders, whose names are the classes, or none',
      got: `${files[loose]!} outside them`,
      where: folder,
      advice: 'Move it, or give the classes by labels, a CSV of path and label.',
    });
  }
  const positions = new Map(classes.map((name, index) => [name, index]));
  return Int32Array.from(inFolder, (name) => positions.get(name!)!);
}
