import { pathsIn } from '../../content/paths-in.js';
import type { Job } from '../../engine/jobs/jobs.js';
import { QuantsweepError } from '../../errors/quantsweep-error.js';
import { formatOf, type SampleSource } from '../../formats/data-source.js';
import { formatNames } from '../../formats/registry.js';
import { taskKinds, type TaskKind } from '../../tasks/registry.js';
import { taskOf } from '../../tasks/task-settings.js';

/** A job names a file that its sweep does not: it is not run. */
export class ForeignPathError extends QuantsweepError {
  static override readonly errorClass = 'ForeignPathError';
}

/**
 * Makes sure that a job opens nothing but the models, data and code of its sweep, which were found
 * by their content, under the agent's own folders.
 *
 * @param known paths of that content on this machine
 * @throws ForeignPathError
 */
export function checkPaths(job: Job, known: ReadonlySet<string>): void {
  const { kind: _, ...fields } = job;
  check(fields, known);
}

function check(value: unknown, known: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) check(item, known);
    return;
  }
  if (!isPlain(value)) return;
  for (const path of pathsOf(value)) {
    if (known.has(path)) continue;
    throw new ForeignPathError(
      `A job names ${JSON.stringify(path)}, which is none of the models, data and code of its sweep: it is not run.`,
    );
  }
  for (const item of Object.values(value)) check(item, known);
}

/** Paths that an object itself names, as a model, a source of data, a further input, or a task. */
function pathsOf(value: Readonly<Record<string, unknown>>): readonly string[] {
  const { format, kind, model, inputs } = value;
  const ofModel = isPlain(model) ? pathsIn(model, ['path']) : [];
  const ofInputs = isPlain(inputs) ? Object.values(inputs).filter(isPlain) : [];
  const ofSource = isFormat(format) ? pathsIn(value, formatOf({ format }).paths) : [];
  const ofTask = isTask(kind) ? pathsIn(value, taskOf(kind).paths) : [];
  return [...ofModel, ...ofInputs.flatMap((input) => pathsIn(input, ['path'])), ...ofSource, ...ofTask];
}

function isFormat(name: unknown): name is SampleSource['format'] {
  return (formatNames as readonly unknown[]).includes(name);
}

function isTask(name: unknown): name is TaskKind {
  return (taskKinds as readonly unknown[]).includes(name);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
