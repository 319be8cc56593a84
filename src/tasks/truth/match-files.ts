import { DatasetError } from '../../formats/dataset-error.js';
import { listFiles } from '../../formats/io/list-files.js';

/** How files of ground truth belong to samples. */
export interface TruthFolder {
  /** Absolute. */
  readonly folder: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  readonly depth: number;
  /** What names of samples, and of files, end in before the extension; left out of the match. */
  readonly sampleSuffix: string;
  readonly truthSuffix: string;
}

export interface MatchedFiles {
  /** Paths inside the folder, one for each sample. */
  readonly files: readonly string[];
  /** Files of the folder that no evaluated sample has. */
  readonly unused: number;
  readonly by: 'name' | 'order';
}

/**
 * The file of each of the first `sampleCount` samples. By name: the path inside the folder without
 * the extension, or else the last part of it, where no two files share that. Without names by
 * order: file n belongs to sample n.
 *
 * @throws DatasetError when a sample has no file, or two
 */
export function matchFiles(
  truth: TruthFolder,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): MatchedFiles {
  const { folder, sampleSuffix, truthSuffix } = truth;
  const files = listFiles(folder, truth.extensions, truth.depth).filter((file) => stem(file).endsWith(truthSuffix));
  if (names === null || names === undefined) return byOrder(folder, files, sampleCount);
  const keys = names.slice(0, sampleCount).map((name) => {
    if (stem(name).endsWith(sampleSuffix)) return without(stem(name), sampleSuffix);
    const advice = 'Every name of a sample must end in task.sampleSuffix, before its extension.';
    throw new DatasetError({ expected: `a name that ends in ${sampleSuffix}`, got: name, where: folder, advice });
  });
  const byPath = indexBy(files, (file) => without(stem(file), truthSuffix));
  const byBase = indexBy(files, (file) => base(without(stem(file), truthSuffix)));
  const matched = keys.map((key, sample) => {
    const found = byPath.get(key) ?? byBase.get(base(key)) ?? [];
    if (found.length === 1) return found[0]!;
    if (found.length === 0) throw withoutFile(truth, files, names, keys, sample, byPath, byBase);
    throw new DatasetError({
      expected: `one file for sample ${names[sample]!}`,
      got: `${found.length}: ${found.slice(0, 3).join(', ')}`,
      where: folder,
      advice: 'Leave one of them out, or give samples and files the same sub-folders.',
    });
  });
  const twice = firstRepeated(matched);
  if (twice !== null) {
    const owners = names.filter((_, sample) => matched[sample] === twice).slice(0, 2);
    throw new DatasetError({
      expected: 'a file for each sample',
      got: `${twice} for both ${owners.join(' and ')}`,
      where: folder,
      advice: 'Give samples and files the same sub-folders.',
    });
  }
  return { files: matched, unused: files.length - matched.length, by: 'name' };
}

function byOrder(folder: string, files: readonly string[], sampleCount: number): MatchedFiles {
  if (files.length >= sampleCount) {
    return { files: files.slice(0, sampleCount), unused: files.length - sampleCount, by: 'order' };
  }
  throw new DatasetError({
    expected: `${sampleCount} files of ground truth, one for each sample, in order`,
    got: `${files.length}`,
    where: folder,
    advice: 'The samples have no names to go by. Add the missing files, or lower data.evaluation.samples.',
  });
}

function withoutFile(
  { folder, extensions }: TruthFolder,
  files: readonly string[],
  names: readonly string[],
  keys: readonly string[],
  first: number,
  ...indices: readonly ReadonlyMap<string, readonly string[]>[]
): DatasetError {
  const missing = keys.filter((key) => indices.every((index) => !index.has(key) && !index.has(base(key)))).length;
  return new DatasetError({
    expected: `a file of ground truth for each of ${keys.length} samples, ${keys[first]!} with ${extensions.join(' or ')}`,
    got: `none for ${missing} of them, such as ${names[first]!}`,
    where: folder,
    advice:
      `Its ${files.length} files have names such as ${files[0] ?? '(none that end in task.truthSuffix)'}. ` +
      'Where names differ at the end, set task.sampleSuffix and task.truthSuffix.',
  });
}

function indexBy(files: readonly string[], keyOf: (file: string) => string): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const file of files) {
    const own = index.get(keyOf(file));
    if (own === undefined) index.set(keyOf(file), [file]);
    else own.push(file);
  }
  return index;
}

function firstRepeated(values: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) return value;
    seen.add(value);
  }
  return null;
}

function stem(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path;
}

function without(text: string, suffix: string): string {
  return text.slice(0, text.length - suffix.length);
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
