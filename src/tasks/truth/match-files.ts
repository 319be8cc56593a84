import { DatasetError } from '../../formats/dataset-error.js';
import { listFiles } from '../../formats/io/list-files.js';
import { matchSamples } from './match-samples.js';

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
 * The file of each of the first `sampleCount` samples, by name without the extension, or by order.
 *
 * @throws DatasetError as {@link matchSamples}, and when a sample's name lacks its suffix
 */
export function matchFiles(
  truth: TruthFolder,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): MatchedFiles {
  const { folder, extensions, sampleSuffix, truthSuffix } = truth;
  const files = listFiles(folder, extensions, truth.depth).filter((file) => stem(file).endsWith(truthSuffix));
  const evaluated = names?.slice(0, sampleCount) ?? null;
  const { entries, by } = matchSamples(
    {
      path: folder,
      noun: 'file',
      count: files.length,
      keys: files.map((file) => without(stem(file), truthSuffix)),
      shown: (file) => files[file]!,
      missingIsEmpty: false,
      advice:
        `Files that end in ${extensions.join(' or ')} count. ` +
        'Where names differ before that, set task.sampleSuffix and task.truthSuffix.',
    },
    evaluated === null
      ? null
      : { names: evaluated, keys: evaluated.map((name) => sampleKey(name, sampleSuffix, folder)) },
    sampleCount,
  );
  return { files: Array.from(entries, (file) => files[file]!), unused: files.length - sampleCount, by };
}

/**
 * How files were found, for people.
 *
 * @param nouns what a file holds, one and several: `mask`, `masks`
 */
export function describeMatch(
  { files, unused, by }: MatchedFiles,
  folder: string,
  names: readonly string[] | null | undefined,
  [one, several]: readonly [string, string],
): string {
  const counted = files.length === 1 ? `1 ${one}` : `${files.length} ${several}`;
  const rest =
    unused === 0 ? '' : `; ${unused} more ${unused === 1 ? `${one} is` : `${several} are`} of no sample here`;
  return by === 'name'
    ? `${counted} found in ${folder} by name, ${files[0]!} for ${names![0]!}${rest}`
    : `${counted} of ${folder} taken in the order of their names, as samples have none: ${files[0]!} first${rest}`;
}

function sampleKey(name: string, suffix: string, folder: string): string {
  if (stem(name).endsWith(suffix)) return without(stem(name), suffix);
  const advice = 'Every name of a sample must end in task.sampleSuffix, before its extension.';
  throw new DatasetError({ expected: `a name that ends in ${suffix}`, got: name, where: folder, advice });
}

function stem(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path;
}

function without(text: string, suffix: string): string {
  return text.slice(0, text.length - suffix.length);
}
