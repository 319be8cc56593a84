import { DatasetError } from '../../formats/dataset-error.js';
import { readTruthText } from './read-truth-text.js';

/** Reading of parsed JSON, with the place of what does not fit. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** The value of a JSON file. @throws DatasetError when it can't be read or is none */
export function readTruthJson(path: string): unknown {
  return parseTruthJson(readTruthText(path), path);
}

/** @throws DatasetError when `text` is no JSON */
export function parseTruthJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const advice = 'NaN and Infinity are no JSON: leave such entries out.';
    throw new DatasetError({ expected: 'a JSON document', got, where: path, advice }, { cause });
  }
}

/** @throws DatasetError unless `value` is an object */
export function fieldsOf(value: unknown, place: string): JsonFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected('an object', value, place);
  return value as JsonFields;
}

/** @throws DatasetError unless `value` is a list */
export function listAt(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected('a list', value, place);
  return value as unknown[];
}

/** A list of finite numbers, of `length` where that is given. @throws DatasetError */
export function numbersAt(value: unknown, place: string, length: number | null): readonly number[] {
  const expected = length === null ? 'a list of numbers' : `a list of ${length} numbers`;
  if (!Array.isArray(value) || (length !== null && value.length !== length)) throw unexpected(expected, value, place);
  const wrong = value.findIndex((each) => typeof each !== 'number' || !Number.isFinite(each));
  if (wrong >= 0) throw unexpected('a finite number', value[wrong], `${place}[${wrong}]`);
  return value as number[];
}

/** The error of a value that is not what it has to be. */
export function unexpected(expected: string, value: unknown, where: string, advice?: string): DatasetError {
  return new DatasetError({ expected, got: shown(value), where, ...(advice === undefined ? {} : { advice }) });
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) {
    const inner = Object.values(value);
    if (inner.length > 8 || inner.some((item) => typeof item === 'object' && item !== null)) {
      return Array.isArray(value) ? `a list of ${value.length}` : `an object of ${inner.length} fields`;
    }
  }
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
