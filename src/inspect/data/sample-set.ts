import { readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { closeAfter } from '../../formats/io/closing.js';
import { openFile } from '../../formats/io/file-source.js';
import { readNpyHeader, type NpyArray } from '../../formats/npy/npy-header.js';
import { listNpzArrays, openNpzMember } from '../../formats/npz/npz.js';
import type { SampleSet } from '../../guess/data-facts.js';

const PICTURES = /\.(jpe?g|png)$/i;
const CIFAR_RECORD = 3073;
/** Depth to which folders are searched. */
const DEPTH = 8;

/** The samples that a file or folder holds; null: none that any format reads. */
export function sampleSetOf(path: string): SampleSet | null {
  return statSync(path).isDirectory() ? ofFolder(path) : ofFile(path);
}

function ofFile(path: string): SampleSet | null {
  const extension = extname(path).toLowerCase();
  const name = basename(path).toLowerCase();
  if (extension === '.npy') return ofNpy(path);
  if (extension === '.npz') return ofNpz(path);
  if (/idx\d-ubyte/.test(name) && !name.includes('label')) return ofIdx(path);
  const { size } = statSync(path);
  if (extension === '.bin' && size > 0 && size % CIFAR_RECORD === 0) {
    return {
      ...{ format: 'cifar10', path, count: size / CIFAR_RECORD, fields: {}, paths: [] },
      ...{ shape: [3, 32, 32], isBytes: true, hasLabels: true, classes: 10 },
    };
  }
  return null;
}

function headerOf(path: string): NpyArray | null {
  return orNull(() => closeAfter(openFile(path), readNpyHeader));
}

/** Null for a damaged file: it holds no samples that can be read. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DatasetError) return null;
    throw cause;
  }
}

function ofNpy(path: string): SampleSet | null {
  const header = headerOf(path);
  if (header === null || header.shape.length < 2) return null;
  const [count = 0, ...shape] = header.shape;
  const labels = labelsBeside(path, count);
  return {
    ...{ format: 'npy', path, count, shape, isBytes: header.dtype.name === 'uint8' },
    ...{ fields: labels === null ? {} : { labels }, paths: ['labels'] },
    ...{ hasLabels: labels !== null, classes: null },
  };
}

/** A file of whole numbers, one for each sample, whose name says so. */
function labelsBeside(path: string, count: number): string | null {
  const own = wordsOf(path);
  const found = readdirSync(dirname(path))
    .filter((name) => name.endsWith('.npy') && /label|target|(^|[-_])y([-_.]|$)/i.test(name))
    .map((name) => join(dirname(path), name))
    .filter((other) => {
      const header = other === path ? null : headerOf(other);
      return header?.shape.length === 1 && header.shape[0] === count && /int/.test(header.dtype.name);
    });
  const shared = (other: string): number => [...wordsOf(other)].filter((word) => own.has(word)).length;
  return found.sort((a, b) => shared(b) - shared(a))[0] ?? null;
}

function wordsOf(path: string): ReadonlySet<string> {
  return new Set(basename(path).toLowerCase().split(/[-_.]/));
}

function ofNpz(path: string): SampleSet | null {
  const arrays = (orNull(() => listNpzArrays(path)) ?? []).flatMap((name) => {
    const header = orNull(() => closeAfter(openNpzMember(path, name), readNpyHeader));
    return header === null ? [] : [{ name, header }];
  });
  const samples = arrays.filter(({ header }) => header.shape.length >= 2);
  const [largest] = samples.sort((a, b) => size(b.header) - size(a.header));
  if (largest === undefined) return null;
  const [count = 0, ...shape] = largest.header.shape;
  const labels = arrays.find(
    ({ header }) => header.shape.length === 1 && header.shape[0] === count && /int/.test(header.dtype.name),
  );
  return {
    ...{ format: 'npz', path, count, shape, isBytes: largest.header.dtype.name === 'uint8', paths: [] },
    fields: { array: largest.name, ...(labels === undefined ? {} : { labelsArray: labels.name }) },
    ...{ hasLabels: labels !== undefined, classes: null },
  };
}

function size({ shape }: NpyArray): number {
  return shape.reduce((a, b) => a * b, 1);
}

function ofIdx(path: string): SampleSet | null {
  const labels = path.replace('images-idx3', 'labels-idx1');
  const hasLabels = labels !== path && statSync(labels, { throwIfNoEntry: false }) !== undefined;
  // Plain files tell their size; of those in .gz nothing is known but that they hold images.
  const count = path.endsWith('.gz')
    ? 0
    : closeAfter(openFile(path), (source) => {
        const head = Buffer.alloc(8);
        source.read(0, head);
        return head.readUInt32BE(4);
      });
  return {
    ...{ format: 'idx', path, count, fields: hasLabels ? { labels } : {}, paths: ['labels'] },
    ...{ shape: null, isBytes: true, hasLabels, classes: hasLabels ? 10 : null },
  };
}

function ofFolder(path: string): SampleSet | null {
  const files = filesBelow(path, DEPTH);
  const pictures = files.filter((name) => PICTURES.test(name));
  const waves = files.filter((name) => /\.wav$/i.test(name));
  const arrays = files.filter((name) => name.endsWith('.npy'));
  if (pictures.length >= Math.max(waves.length, arrays.length, 1)) return ofNames(path, 'imageFolder', pictures);
  if (waves.length >= Math.max(arrays.length, 1)) return ofNames(path, 'wavFolder', waves);
  return arrays.length > 0 ? ofArrays(path, arrays) : null;
}

/** A folder whose sub-folders are classes, where all files lie in several of them. */
function ofNames(path: string, format: 'imageFolder' | 'wavFolder', names: readonly string[]): SampleSet {
  const folders = new Set(names.map((name) => (name.includes('/') ? name.split('/')[0]! : '')));
  const hasLabels = folders.size > 1 && !folders.has('');
  const csv = hasLabels ? null : labelCsv(path, names);
  const classes = hasLabels ? folders.size : null;
  return {
    ...{ format, path, count: names.length, fields: csv === null ? {} : { labels: csv }, paths: ['labels'] },
    ...{ shape: null, isBytes: format === 'imageFolder', hasLabels: hasLabels || csv !== null, classes },
  };
}

/** A file `path,label` with a whole number for every sample, in the folder or beside it. */
function labelCsv(path: string, names: readonly string[]): string | null {
  for (const folder of [path, dirname(path)]) {
    for (const name of readdirSync(folder).filter((each) => each.toLowerCase().endsWith('.csv'))) {
      const text = closeAfter(openFile(join(folder, name)), (source) => {
        const bytes = Buffer.alloc(Math.min(source.sizeBytes, 2 ** 24));
        source.read(0, bytes);
        return bytes.toString('utf8');
      });
      const lines = text.split(/\r?\n/).filter((line) => /^"?[^,]+"?,\s*\d+\s*$/.test(line));
      const listed = new Set(lines.map((line) => line.slice(0, line.lastIndexOf(',')).replaceAll('"', '')));
      if (names.every((each) => listed.has(each))) return join(folder, name);
    }
  }
  return null;
}

function ofArrays(path: string, names: readonly string[]): SampleSet | null {
  const header = headerOf(join(path, names[0]!));
  const own = names.filter((name) => !name.includes('/'));
  if (header === null || own.length === 0) return null;
  return {
    ...{ format: 'npyFolder', path, count: own.length, fields: {}, paths: [] },
    ...{ shape: header.shape, isBytes: header.dtype.name === 'uint8', hasLabels: false, classes: null },
  };
}

/** Paths inside the folder, with `/`, sorted; names that begin with a dot are left out. */
export function filesBelow(folder: string, depth: number): readonly string[] {
  const found: string[] = [];
  const visit = (prefix: string, left: number): void => {
    for (const entry of entriesOf(join(folder, prefix))) {
      const path = `${prefix}${entry.name}`;
      if (entry.isFile()) found.push(path);
      else if (entry.isDirectory() && left > 1) visit(`${path}/`, left - 1);
    }
  };
  visit('', depth);
  return found.sort();
}

/** Direct sub-folders by name. */
export function foldersOf(folder: string): readonly string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function entriesOf(folder: string): readonly Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
}
