import { extname } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { csvRows } from '../truth/csv-rows.js';
import { indexNames } from '../truth/index-names.js';
import { readTruthText } from '../truth/read-truth-text.js';
import { readTruthJson } from '../truth/truth-json.js';

/** Pairs of evaluated samples, in the order of the file: `[pairs]` each. */
export interface PairTruth {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** 1 where both are of the same person or thing. */
  readonly same: Uint8Array;
  /** Pairs left out, as a sample of theirs is not evaluated. */
  readonly unused: number;
}

interface Entry {
  readonly first: string | number;
  readonly second: string | number;
  readonly same: boolean;
  readonly where: string;
}

const flags: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false };

/**
 * Reads pairs: a CSV of two samples and 1 (same) or 0, with or without a line of headings; a JSON
 * list of `[first, second, same]` or of `{first, second, same}`; or LFW's `pairs.txt`. Samples are
 * names, or numbers from 0 in the order of the data.
 *
 * @param names of the samples of the data, also of those that are not evaluated
 * @throws DatasetError when the form is none of these, or a pair names no sample
 */
export function readPairTruth(
  path: string,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): PairTruth {
  const entries = readEntries(path);
  const find = names === null || names === undefined ? null : indexNames(names);
  const indexOf = (sample: string | number, where: string): number => {
    const found = typeof sample === 'string' && find !== null ? find(sample) : [];
    const index = found.length > 1 ? null : (found[0] ?? numberOf(sample));
    if (index !== null && (names === null || names === undefined || index < names.length)) return index;
    throw new DatasetError({
      expected:
        find === null
          ? 'the number of a sample, from 0, as the samples have no names'
          : 'the name of one sample of the data, or its number from 0',
      got: found.length > 1 ? `${sample}, which is the name of ${found.length}` : JSON.stringify(sample),
      where,
      ...(find === null ? {} : { advice: `Names are such as ${names![0] ?? '(there are none)'}.` }),
    });
  };
  const pairs = entries.map(({ first, second, same, where }) => ({
    first: indexOf(first, where),
    second: indexOf(second, where),
    same,
  }));
  const kept = pairs.filter(({ first, second }) => first < sampleCount && second < sampleCount);
  return {
    first: Int32Array.from(kept, ({ first }) => first),
    second: Int32Array.from(kept, ({ second }) => second),
    same: Uint8Array.from(kept, ({ same }) => Number(same)),
    unused: pairs.length - kept.length,
  };
}

function numberOf(sample: string | number): number | null {
  const number = typeof sample === 'number' ? sample : /^\d+$/.test(sample) ? Number(sample) : NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function readEntries(path: string): readonly Entry[] {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return jsonEntries(readTruthJson(path), path);
  const text = readTruthText(path);
  const isTable = extension === '.csv' || (!text.includes('\t') && text.includes(','));
  const rows = csvRows(text, isTable ? ',' : '\t', path);
  const [head] = rows;
  const isLfw =
    !isTable && head !== undefined && head.cells.length <= 2 && head.cells.every((cell) => /^\d+$/.test(cell));
  if (isLfw) return rows.slice(1).map(({ line, cells }) => lfwEntry(cells, `${path}, line ${line}`));
  const hasHead = head?.cells[2] !== undefined && !(normal(head.cells[2]) in flags);
  return rows.slice(hasHead ? 1 : 0).map(({ line, cells }) => {
    const where = `${path}, line ${line}`;
    const [first, second, flag, ...rest] = cells.map((cell) => cell.trim());
    const same = flags[normal(flag ?? '')];
    if (first === undefined || second === undefined || same === undefined || rest.length > 0) {
      throw badPair(cells.join(isTable ? ',' : ' '), where);
    }
    return { first, second, same, where };
  });
}

/** `Name n m`: two pictures of one; `Name n Other m`: of two. */
function lfwEntry(cells: readonly string[], where: string): Entry {
  const picture = (name: string, number: string): string => `${name}/${name}_${number.padStart(4, '0')}.jpg`;
  const [name, one, other, last, ...rest] = cells as [string, string, string, string?, ...string[]];
  if (cells.length < 3 || rest.length > 0) throw badPair(cells.join(' '), where);
  return last === undefined
    ? { first: picture(name, one), second: picture(name, other), same: true, where }
    : { first: picture(name, one), second: picture(other, last), same: false, where };
}

function jsonEntries(value: unknown, path: string): readonly Entry[] {
  if (!Array.isArray(value)) throw badPair(JSON.stringify(value), path);
  return (value as readonly unknown[]).map((entry, index) => {
    const where = `${path}, entry ${index}`;
    const [first, second, flag]: readonly unknown[] = Array.isArray(entry)
      ? (entry as readonly unknown[])
      : typeof entry === 'object' && entry !== null
        ? ['first', 'second', 'same'].map((key) => (entry as Readonly<Record<string, unknown>>)[key])
        : [];
    const same = flags[normal(String(flag))];
    const isSample = (each: unknown): each is string | number => typeof each === 'string' || typeof each === 'number';
    if (!isSample(first) || !isSample(second) || same === undefined) throw badPair(JSON.stringify(entry), where);
    return { first, second, same, where };
  });
}

function normal(flag: string): string {
  return flag.trim().toLowerCase();
}

function badPair(got: string, where: string): DatasetError {
  return new DatasetError({
    expected: 'two samples and 1 where both are the same, or 0: a.png,b.png,1',
    got: JSON.stringify(got.slice(0, 100)),
    where,
  });
}
