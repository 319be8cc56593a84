import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, sep } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { readPngNumbers } from '../../formats/png/read-png-numbers.js';
import type { SampleSet, TruthFacts } from '../../guess/data-facts.js';
import { filesBelow, foldersOf } from './sample-set.js';

/** Larger JSON files are not looked into. */
const MOST_JSON_BYTES = 256 * 2 ** 20;
/** Masks of more numbers are taken for pictures; ADE20K has 151. */
const MOST_CLASSES = 160;
/** Files of a folder that are looked into. */
const MOST_READ = 200;

/** Truth that lies in the folder of samples, beside it, or where a person says. */
export function truthFiles(root: string, { path, format }: SampleSet, given: string | null): readonly TruthFacts[] {
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? filesBelow(path, 8).filter((name) => !/\.(txt|json|csv|xml|npy)$/i.test(name)) : [];
  const stems = new Set(names.map(stemOf));
  if (given !== null) return [truthAt(given, stems)].filter((truth) => truth !== null);
  if (format !== 'imageFolder' && format !== 'wavFolder') return [];
  const places = [
    ...new Set([path, dirname(path), root, join(root, 'annotations'), join(dirname(root), 'annotations')]),
  ];
  const files = places.filter(isDirectory).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(json|csv|txt)$/i.test(name))
      .map((name) => join(folder, name)),
  );
  const folders = [
    ...labelFolders(path),
    ...places.filter(isDirectory).flatMap((folder) => foldersOf(folder).map((name) => join(folder, name))),
  ].filter((folder) => folder !== path && isDirectory(folder));
  return [...new Set([path, ...folders, ...files])]
    .map((place) => truthAt(place, stems, place === path))
    .filter((truth) => truth !== null)
    .filter(({ matched }) => matched > 0)
    .sort((a, b) => b.matched - a.matched);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** `images` -> `labels`, as ultralytics finds them. */
function labelFolders(path: string): readonly string[] {
  const parts = path.split(sep);
  const place = parts.lastIndexOf('images');
  return place < 0 ? [] : [parts.with(place, 'labels').join(sep)];
}

function truthAt(path: string, stems: ReadonlySet<string>, isSamples = false): TruthFacts | null {
  if (isDirectory(path)) return folderTruth(path, stems, isSamples);
  switch (extname(path).toLowerCase()) {
    case '.json':
      return cocoTruth(path, stems);
    case '.csv':
    case '.txt':
      return tableTruth(path, stems);
    default:
      return null;
  }
}

function folderTruth(path: string, stems: ReadonlySet<string>, isSamples: boolean): TruthFacts | null {
  const files = filesBelow(path, 4);
  const of = (ending: RegExp): readonly string[] =>
    files.filter((name) => ending.test(name) && stems.has(stemOf(name)));
  const yolo = of(/\.txt$/i);
  if (yolo.length > 0) {
    const rows = yolo.slice(0, MOST_READ).flatMap((name) => readFileSync(join(path, name), 'utf8').split(/\r?\n/));
    const numbers = rows.filter((row) => row.trim() !== '').map((row) => row.trim().split(/\s+/).map(Number));
    const areBoxes = numbers.every((row) => row.length >= 5 && row.every(Number.isFinite));
    const classes = Math.max(-1, ...numbers.map(([own = -1]) => own)) + 1;
    return areBoxes && classes > 0 ? { kind: 'yolo', path, matched: yolo.length, classes } : null;
  }
  const voc = of(/\.xml$/i);
  if (voc.length > 0) return { kind: 'voc', path, matched: voc.length };
  if (isSamples) return null;
  const pictures = of(/\.(png|jpe?g)$/i);
  if (pictures.length === 0) return null;
  const values = maskValues(path, pictures);
  return values === null
    ? { kind: 'pictures', path, matched: pictures.length }
    : { kind: 'masks', path, matched: pictures.length, values };
}

/** Numbers of some masks; null where the files are pictures: in colour, or of many numbers. */
function maskValues(path: string, names: readonly string[]): readonly number[] | null {
  const values = new Set<number>();
  try {
    for (const name of names.slice(0, 20)) {
      if (!name.toLowerCase().endsWith('.png')) return null;
      for (const value of readPngNumbers(join(path, name)).data) values.add(value);
      if (values.size > MOST_CLASSES) return null;
    }
  } catch (cause) {
    if (cause instanceof DatasetError) return null;
    throw cause;
  }
  return [...values].sort((a, b) => a - b);
}

interface CocoFile {
  readonly images?: readonly { readonly file_name?: unknown }[];
  readonly annotations?: readonly { readonly bbox?: unknown; readonly keypoints?: unknown }[];
  readonly categories?: readonly { readonly id?: unknown; readonly name?: unknown }[];
}

function cocoTruth(path: string, stems: ReadonlySet<string>): TruthFacts | null {
  if (statSync(path).size > MOST_JSON_BYTES) return null;
  const { images, annotations, categories } = parseObject(readFileSync(path, 'utf8')) as CocoFile;
  if (!Array.isArray(images) || !Array.isArray(annotations) || !Array.isArray(categories)) return null;
  const matched = (images as NonNullable<CocoFile['images']>).filter(
    ({ file_name: name }) => typeof name === 'string' && stems.has(stemOf(name)),
  ).length;
  const ordered = [...(categories as NonNullable<CocoFile['categories']>)].sort((a, b) => Number(a.id) - Number(b.id));
  return {
    ...{ kind: 'coco', path, matched, classes: ordered.map(({ name }) => String(name)) },
    points: Math.max(0, ...annotations.slice(0, MOST_READ).map(pointsOf)),
  };
}

function pointsOf({ keypoints }: { readonly keypoints?: unknown }): number {
  return Array.isArray(keypoints) ? keypoints.length / 3 : 0;
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}

/** Lines of a name and a text, or of two names and 0 or 1. */
function tableTruth(path: string, stems: ReadonlySet<string>): TruthFacts | null {
  if (statSync(path).size > MOST_JSON_BYTES) return null;
  const separator = path.toLowerCase().endsWith('.csv') ? ',' : '\t';
  const rows = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split(separator).map((cell) => cell.replaceAll('"', '').trim()));
  const isSample = (cell: string | undefined): boolean => cell !== undefined && stems.has(stemOf(cell));
  const pairs = rows.filter((row) => isSample(row[0]) && isSample(row[1]));
  if (pairs.length > rows.length / 2) return { kind: 'pairs', path, matched: pairs.length };
  const texts = rows.filter((row) => isSample(row[0]) && row.length >= 2 && row[1] !== '');
  const areNumbers = texts.every((row) => /^\d+$/.test(row[1]!));
  if (texts.length <= rows.length / 2 || areNumbers) return null;
  const alphabet = ['alphabet.txt', 'dict.txt', 'keys.txt', 'charset.txt']
    .map((name) => join(dirname(path), name))
    .find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined);
  return { kind: 'texts', path, matched: texts.length, alphabet: alphabet ?? null };
}

function stemOf(name: string): string {
  const base = basename(name);
  return base.slice(0, base.length - extname(base).length);
}
