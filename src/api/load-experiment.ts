import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExperimentError } from '../experiment/experiment-error.js';
import { LARGEST_EXPERIMENT_BYTES, loadExperiment as loadText } from '../experiment/load-experiment.js';
import type { Experiment } from '../experiment/sections/settings.js';
import { UsageError } from '../errors/usage-error.js';
import { ExperimentFileError } from '../errors/experiment-file-error.js';
import { kindOfFile } from '../formats/io/kind-of-file.js';

/**
 * An experiment as a file would spell it, in plain data:
 * `{ version: 1, model: { path }, data, task, grid }`.
 */
export type ExperimentObject = Readonly<Record<string, unknown>>;

export interface LoadOptions {
  /**
   * Settings to override, `path=value` each, as the command line's `--set` takes them. Relative
   * paths in them are relative to the current folder. Default: none.
   */
  readonly set?: readonly string[];
  /**
   * SQLite file of the results, relative to the current folder. Default: the experiment's
   * `run.database`.
   */
  readonly database?: string;
  /**
   * Of an object: the folder that its relative paths start from. Default: the current folder. A
   * file's paths are always relative to the file.
   */
  readonly folder?: string;
}

/**
 * Loads and validates an experiment, from a YAML file or from an object of the same form. No model
 * or data is opened.
 *
 * @example
 *     const experiment = loadExperiment('sweep.yaml', { set: ['data.evaluation.samples=500'] });
 * @throws {ExperimentError} with everything that is wrong with it, and where
 * @throws {ExperimentFileError} where the file can't be read
 */
export function loadExperiment(source: string | object, options: LoadOptions = {}): Experiment {
  const { set = [], database, folder = '.' } = options;
  if (typeof source !== 'string' && (typeof source !== 'object' || (source as unknown) === null)) {
    throw new UsageError(`Expected the path of an experiment file or an object, got ${typeof source}.`);
  }
  if (!(set instanceof Array)) throw new UsageError('Expected a list of "path=value" for set.');
  if (database === '') throw new UsageError('Expected a database file, got an empty name.');
  const overrides = database === undefined ? set : [...set, `run.database=${database}`];
  if (typeof source === 'string') return loadText(source, overrides, readExperimentText);
  const path = join(resolve(folder), `${nameOf(source as ExperimentObject)}.yaml`);
  try {
    return loadText(path, overrides, () => textOf(source as ExperimentObject));
  } catch (error) {
    throw error instanceof ExperimentError ? withoutLines(error) : error;
  }
}

function nameOf({ name }: ExperimentObject): string {
  return typeof name === 'string' && /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) ? name : 'experiment';
}

/** JSON is YAML. @throws {ExperimentError} for what JSON has no words for and would lose */
function textOf(source: ExperimentObject): string {
  requirePlain(source, '', []);
  return JSON.stringify(source, null, 2);
}

function requirePlain(value: unknown, field: string, around: readonly unknown[]): void {
  const refuse = (what: string): never => {
    const place = { kind: 'option', option: 'experiment' } as const;
    throw new ExperimentError([{ place, field, text: `expected plain data, got ${what}` }]);
  };
  if (value === null || ['undefined', 'string', 'boolean'].includes(typeof value)) return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(String(value));
    return;
  }
  if (typeof value !== 'object') return refuse(`a ${typeof value}`);
  if (around.includes(value)) refuse('an object that contains itself');
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  if (!isPlain) refuse(`a ${(value.constructor as { readonly name?: string } | undefined)?.name ?? 'special object'}`);
  for (const [key, inner] of Object.entries(value)) {
    requirePlain(inner, field === '' ? key : Array.isArray(value) ? `${field}[${key}]` : `${field}.${key}`, [
      ...around,
      value,
    ]);
  }
}

/** An object has no lines: its problems are told by their fields alone. */
function withoutLines({ problems }: ExperimentError): ExperimentError {
  return new ExperimentError(
    problems.map((problem) =>
      problem.place.kind === 'option' ? problem : { ...problem, place: { kind: 'option', option: 'experiment' } },
    ),
  );
}

function readExperimentText(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new ExperimentFileError(`${path}: expected an experiment file, got nothing there.`);
  if (!stat.isFile()) {
    throw new ExperimentFileError(`${path}: expected an experiment file, got ${kindOfFile(stat)}.`);
  }
  // Its text is checked again where it is loaded; a file of gigabytes would not become a text.
  if (stat.size > LARGEST_EXPERIMENT_BYTES) {
    throw new ExperimentFileError(
      `${path}: expected an experiment file of at most ${LARGEST_EXPERIMENT_BYTES} bytes, got ${stat.size}.`,
    );
  }
  return readFileSync(path, 'utf8');
}
