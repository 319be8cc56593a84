import type { DetectionGroundTruth } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import type { ByteSource } from '../io/file-source.js';

/** A scene of 20 objects takes about 1 KB. */
const MAX_GROUND_TRUTH_BYTES = 512 * 1024 * 1024;

type Scene = DetectionGroundTruth['scenes'][number];
type DetectionObject = Scene['objects'][number];

/**
 * Reads detection ground truth: JSON
 * `{"classes": ["car"], "grid": [rows, columns], "scenes": [{"id": 0, "objects": [OBJECT, ...]}]}`,
 * each object as `{"class": 0, "x": 1.5, "y": 2.5}`,
 * scenes in the order of the samples, centres in cells. Further fields are left alone.
 *
 * @throws DatasetError naming the place in the document, e.g. `scenes[3].objects[1].x`.
 */
export function readGroundTruth(source: ByteSource, sampleCount: number): DetectionGroundTruth {
  if (source.sizeBytes > MAX_GROUND_TRUTH_BYTES) {
    const expected = `a ground truth of at most ${MAX_GROUND_TRUTH_BYTES} bytes`;
    throw new DatasetError({ expected, got: `${source.sizeBytes}`, where: source.path });
  }
  const bytes = Buffer.alloc(source.sizeBytes);
  source.read(0, bytes);
  return parseGroundTruth(bytes.toString('utf8'), source.path, sampleCount);
}

/** As {@link readGroundTruth}, from the text itself; `path` is for messages. */
export function parseGroundTruth(text: string, path: string, sampleCount: number): DetectionGroundTruth {
  const at = (place: string): string => `${path}, ${place}`;
  const root = asObject(parseJson(text, path), at('the document'));
  const classes = asArray(root['classes'], at('classes')).map((name, index) => {
    if (typeof name === 'string' && name !== '') return name;
    throw unexpected('a class name', name, at(`classes[${index}]`));
  });
  if (classes.length === 0) throw unexpected('at least one class name', classes, at('classes'));
  if (new Set(classes).size < classes.length) throw unexpected('different class names', classes, at('classes'));
  const sizes = asArray(root['grid'], at('grid'));
  const [rows, columns] = sizes;
  if (sizes.length !== 2 || !isCount(rows) || !isCount(columns)) {
    throw unexpected('[rows, columns], integers of 1 or above', root['grid'], at('grid'));
  }
  const scenes = asArray(root['scenes'], at('scenes'));
  if (scenes.length !== sampleCount) {
    throw new DatasetError({
      expected: `${sampleCount} scenes, one for each sample`,
      got: `${scenes.length}`,
      where: at('scenes'),
    });
  }
  return {
    classes,
    grid: [rows, columns],
    scenes: scenes.map((scene, index) => readScene(scene, at(`scenes[${index}]`), classes.length, [rows, columns])),
  };
}

function readScene(value: unknown, place: string, classes: number, grid: readonly [number, number]): Scene {
  const objects = asArray(asObject(value, place)['objects'], `${place}.objects`);
  return { objects: objects.map((item, index) => readObject(item, `${place}.objects[${index}]`, classes, grid)) };
}

function readObject(
  value: unknown,
  place: string,
  classes: number,
  [rows, columns]: readonly [number, number],
): DetectionObject {
  const item = asObject(value, place);
  const classIndex = item['class'];
  if (typeof classIndex !== 'number' || !Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw unexpected(`a class in 0..${classes - 1}`, classIndex, `${place}.class`);
  }
  const x = readCoordinate(item['x'], columns, `${place}.x`);
  const y = readCoordinate(item['y'], rows, `${place}.y`);
  return { class: classIndex, x, y };
}

function readCoordinate(value: unknown, cells: number, place: string): number {
  if (typeof value === 'number' && value >= 0 && value <= cells) return value;
  throw new DatasetError({
    expected: `a centre in cells within 0..${cells}`,
    got: show(value),
    where: place,
    advice: 'x counts columns (the last axis) and y rows; leave out objects outside the grid.',
  });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new DatasetError({ expected: 'a JSON document', got, where: path }, { cause });
  }
}

function asObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected('an object', value, place);
  return value as Record<string, unknown>;
}

function asArray(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected('an array', value, place);
  return value as unknown[];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function unexpected(expected: string, value: unknown, where: string): DatasetError {
  return new DatasetError({ expected, got: show(value), where });
}

/**
 * A value as JSON, cut; lists and objects that hold others by their size, as they may be of any
 * depth; numbers beyond JSON (1e999 parses to Infinity) by name.
 */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) {
    const inner = Object.values(value);
    if (inner.length > 8 || inner.some((item) => typeof item === 'object' && item !== null)) {
      return Array.isArray(value) ? `an array of ${value.length}` : `an object of ${inner.length} fields`;
    }
  }
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
