import { DatasetError } from '../dataset-error.js';

/** A module that does not keep to the contract of docs/CUSTOM.md. */
export function broken(path: string, expected: string, value: unknown): DatasetError {
  return new DatasetError({ expected, got: describe(value), where: path, advice: 'See docs/CUSTOM.md.' });
}

/** A value of a module's in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return value === null ? 'null' : `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
}
