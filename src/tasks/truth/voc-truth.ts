import { join } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { packObjects, type BoxTruth, type TruthObject } from './box-truth.js';
import { readTruthText } from './read-truth-text.js';

/**
 * Boxes of a folder of Pascal VOC files, one `.xml` for each picture and of its name. A box is from
 * xmin to xmax as they stand. Objects marked `difficult` are neither found nor missed.
 *
 * @param files of the folder, with `/`
 * @param names of classes, in the order in which the model counts them
 * @throws DatasetError where there are no names, or a file has no box where one should be
 */
export function readVocTruth(folder: string, files: readonly string[], names: readonly string[] | null): BoxTruth {
  const found = new Set<string>();
  const pictures = files.map((name) => {
    const path = join(folder, name);
    const text = readTruthText(path);
    const objects = blocks(text, 'object').map((block): TruthObject => {
      const label = field(block, 'name') ?? '';
      found.add(label);
      const place = names === null ? 0 : names.indexOf(label);
      if (place < 0) {
        const expected = `one of the ${names!.length} classes of task.classes`;
        throw new DatasetError({ expected, got: JSON.stringify(label), where: path });
      }
      const box = field(block, 'bndbox') ?? '';
      const [x1, y1, x2, y2] = ['xmin', 'ymin', 'xmax', 'ymax'].map((side) => Number(field(box, side) ?? NaN));
      if (![x1, y1, x2, y2].every(Number.isFinite)) {
        const expected = 'a bndbox with xmin, ymin, xmax, ymax';
        throw new DatasetError({ expected, got: JSON.stringify(block.slice(0, 100)), where: path });
      }
      const [width, height] = [x2! - x1!, y2! - y1!];
      const isCrowd = field(block, 'difficult')?.trim() === '1';
      return { class: place, box: [x1!, y1!, width, height], area: width * height, isCrowd };
    });
    const size = field(text, 'size') ?? '';
    const [height, width] = [Number(field(size, 'height') ?? 0), Number(field(size, 'width') ?? 0)];
    const known: readonly [number, number] | null = height > 0 && width > 0 ? [height, width] : null;
    return { id: null, name, size: known, objects: packObjects(objects) };
  });
  if (names === null) {
    throw new DatasetError({
      expected: 'the order in which the model counts classes, as task.classes',
      got: `names of ${found.size} (${[...found].sort().slice(0, 5).join(', ')}${found.size > 5 ? ', ...' : ''})`,
      where: folder,
      advice: 'Files of names do not tell the order.',
    });
  }
  return {
    ...{ format: 'Pascal VOC files', path: folder, classes: names.map((name, id) => ({ id, name })) },
    ...{ classesAreOpen: false, pictures, unit: 'pixels', missingIsEmpty: true, ignoresEnding: true, notes: [] },
  };
}

/** What stands inside each element of a name. */
function blocks(text: string, name: string): readonly string[] {
  const found: string[] = [];
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let start = text.indexOf(open); start >= 0;) {
    const end = text.indexOf(close, start);
    if (end < 0) break;
    found.push(text.slice(start + open.length, end));
    start = text.indexOf(open, end);
  }
  return found;
}

function field(text: string, name: string): string | null {
  return blocks(text, name)[0]?.trim() ?? null;
}
