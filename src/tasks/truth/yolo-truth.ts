import { basename, join } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { packObjects, type BoxTruth, type TruthObject } from './box-truth.js';
import { readTruthText } from './read-truth-text.js';

/** Names of classes that labelling tools lay beside the labels. */
const CLASSES_FILE = 'classes.txt';
/** Rounding may leave a little more than 1. */
const LARGEST = 1.01;

/**
 * Boxes of a folder of YOLO text files, one for each picture and of its name: lines
 * `class cx cy w h`, as fractions of the picture. Longer lines are polygons `class x y x y ..`, of
 * which the box counts, or, with an even number of columns, boxes with keypoints. Rows that stand
 * twice in a file count once. A picture without a file has no objects.
 *
 * @param files of the folder, with `/`
 * @param names of classes, in their order; null: those of `classes.txt`, or else their numbers
 * @throws DatasetError with the line that is none
 */
export function readYoloTruth(folder: string, files: readonly string[], names: readonly string[] | null): BoxTruth {
  const own = names ?? (files.includes(CLASSES_FILE) ? classesOf(join(folder, CLASSES_FILE)) : null);
  let duplicates = 0;
  let most = -1;
  const pictures = files
    .filter((name) => basename(name) !== CLASSES_FILE)
    .map((name) => {
      const seen = new Set<string>();
      const objects: TruthObject[] = [];
      const path = join(folder, name);
      for (const [index, line] of readTruthText(path).split('\n').entries()) {
        if (line.trim() === '') continue;
        const object = objectOf(line, `${path}, line ${index + 1}`, own);
        const key = [object.class, ...object.box].join(' ');
        if (seen.has(key)) duplicates += 1;
        else objects.push(object);
        seen.add(key);
        most = Math.max(most, object.class);
      }
      return { id: null, name, size: null, objects: packObjects(objects) };
    });
  const classes = own ?? Array.from({ length: most + 1 }, (_, id) => String(id));
  const notes = duplicates === 0 ? [] : [`${duplicates} rows stand twice in their files and count once.`];
  return {
    ...{ format: 'YOLO text files', path: folder, classes: classes.map((name, id) => ({ id, name })) },
    ...{ classesAreOpen: own === null, pictures, unit: 'fraction', missingIsEmpty: true, ignoresEnding: true, notes },
  };
}

function classesOf(path: string): readonly string[] {
  return readTruthText(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function objectOf(line: string, where: string, names: readonly string[] | null): TruthObject {
  const columns = line.trim().split(/\s+/).map(Number);
  const [label, ...rest] = columns;
  const isBox = rest.length === 4 || (rest.length > 6 && rest.length % 2 === 1);
  const isPolygon = rest.length >= 6 && rest.length % 2 === 0;
  if (!(isBox || isPolygon) || !columns.every(Number.isFinite) || !Number.isInteger(label) || label! < 0) {
    const expected = 'class cx cy w h, or a polygon class x y x y x y ..';
    throw new DatasetError({ expected, got: JSON.stringify(line.slice(0, 80)), where });
  }
  if (names !== null && label! >= names.length) {
    const expected = `a class in 0..${names.length - 1}, by ${names.length} names`;
    throw new DatasetError({ expected, got: String(label), where });
  }
  const box: TruthObject['box'] = isPolygon ? aroundPoints(rest) : aroundCentre(rest);
  const stated = isPolygon ? rest : rest.slice(0, 4);
  if (stated.some((value) => value > LARGEST || value < 1 - LARGEST)) throw outside(line, where);
  return { class: label!, box, area: Number.NaN, isCrowd: false };
}

function outside(line: string, where: string): DatasetError {
  return new DatasetError({
    expected: 'numbers from 0 to 1, fractions of the picture',
    got: JSON.stringify(line.slice(0, 80)),
    where,
    advice: 'Divide x and w by the width, y and h by the height of the picture.',
  });
}

function aroundCentre([x, y, w, h]: readonly number[]): TruthObject['box'] {
  return [x! - w! / 2, y! - h! / 2, w!, h!];
}

function aroundPoints(points: readonly number[]): TruthObject['box'] {
  const xs = points.filter((_, index) => index % 2 === 0);
  const ys = points.filter((_, index) => index % 2 === 1);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}
