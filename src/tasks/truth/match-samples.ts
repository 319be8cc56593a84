import { DatasetError } from '../../formats/dataset-error.js';
import { indexNames } from './index-names.js';

/** Entries of ground truth that belong to samples. */
export interface TruthEntries {
  /** The file or folder, for messages. */
  readonly path: string;
  /** What one is called, e.g. `picture`; with an s several are. */
  readonly noun: string;
  readonly count: number;
  /** `[count]`, as they are compared; null: they belong to samples by order. */
  readonly keys: readonly string[] | null;
  /** How messages call an entry. */
  readonly shown: (entry: number) => string;
  /** Samples without an entry are empty. An error is only that none has one. */
  readonly missingIsEmpty: boolean;
  /** What else helps where a sample has no entry. */
  readonly advice?: string;
}

/** Samples by name. */
export interface SampleNames {
  /** `[sampleCount]`, for messages. */
  readonly names: readonly string[];
  /** `[sampleCount]`, as they are compared. */
  readonly keys: readonly string[];
}

export interface SampleMatch {
  /** The entry of each sample `[sampleCount]`; -1: it has none. */
  readonly entries: Int32Array;
  readonly by: 'name' | 'order';
}

const SAME_FOLDERS = 'Leave one of them out, or give samples and ground truth the same sub-folders.';

/**
 * Finds the entry of each sample as {@link indexNames} does; where samples or entries have no names,
 * entry n is of sample n.
 *
 * @throws DatasetError when a sample has no entry or several, or two samples have one
 */
export function matchSamples(truth: TruthEntries, samples: SampleNames | null, sampleCount: number): SampleMatch {
  if (samples === null || truth.keys === null) return matchInOrder(truth, sampleCount);
  const find = indexNames(truth.keys);
  const entries = new Int32Array(sampleCount).fill(-1);
  const owners = new Map<number, string>();
  for (let sample = 0; sample < sampleCount; sample += 1) {
    const name = samples.names[sample]!;
    const found = find(samples.keys[sample]!);
    if (found.length > 1) throw severalEntries(truth, name, found);
    const [entry] = found;
    if (entry === undefined) continue;
    const other = owners.get(entry);
    if (other !== undefined) throw sharedEntry(truth, entry, other, name);
    owners.set(entry, name);
    entries[sample] = entry;
  }
  const missing = sampleCount - owners.size;
  const mayMiss = truth.missingIsEmpty && owners.size > 0;
  if (missing > 0 && !mayMiss) throw withoutEntry(truth, samples.names[entries.indexOf(-1)]!, missing, sampleCount);
  return { entries, by: 'name' };
}

function matchInOrder({ path, noun, count, missingIsEmpty }: TruthEntries, sampleCount: number): SampleMatch {
  // Where empty samples have no entry, the order tells nothing of the others.
  const isEnough = missingIsEmpty ? count === sampleCount : count >= sampleCount;
  if (isEnough) return { entries: Int32Array.from({ length: sampleCount }, (_, sample) => sample), by: 'order' };
  throw new DatasetError({
    expected: `${sampleCount} ${noun}s, one for each sample, in order`,
    got: String(count),
    where: path,
    advice: 'There are no names to go by. Add the missing ones, or lower data.evaluation.samples.',
  });
}

function severalEntries({ path, noun, shown }: TruthEntries, name: string, found: readonly number[]): DatasetError {
  return new DatasetError({
    expected: `one ${noun} for sample ${name}`,
    got: `${found.length}: ${found.slice(0, 3).map(shown).join(', ')}${found.length > 3 ? ', ...' : ''}`,
    where: path,
    advice: SAME_FOLDERS,
  });
}

function sharedEntry({ path, noun, shown }: TruthEntries, entry: number, one: string, other: string): DatasetError {
  return new DatasetError({
    expected: `one sample for each ${noun}`,
    got: `${shown(entry)} for both ${one} and ${other}`,
    where: path,
    advice: SAME_FOLDERS,
  });
}

function withoutEntry(truth: TruthEntries, name: string, missing: number, sampleCount: number): DatasetError {
  const { path, noun, count, shown, advice } = truth;
  const names = count === 0 ? 'It has none.' : `It has ${count}, with names such as ${shown(0)}.`;
  const rule = 'Names are compared by path, or else by their last part.';
  return new DatasetError({
    expected: `a ${noun} for each of ${sampleCount} samples`,
    got: `none for ${missing} of them, such as ${name}`,
    where: path,
    advice: [names, rule, ...(advice === undefined ? [] : [advice])].join(' '),
  });
}
