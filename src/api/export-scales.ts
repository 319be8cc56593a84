import { UsageError } from '../errors/usage-error.js';
import { exportScales as writeScales, type ScalesFormat, type ScalesSummary } from '../export/scales/export-scales.js';
import type { StoredTrial } from '../store/read/read-trial.js';
import { keepInputs, readTrialOf, type ExportRequest } from './export-model.js';

export interface ScalesRequest extends Pick<ExportRequest, 'trial' | 'sweep' | 'model' | 'force'> {
  /** The file to write. */
  readonly output: string;
  /** `npz`: arrays that `numpy.load` reads; `json`: one object. */
  readonly format: ScalesFormat;
}

/** What was written, of which trial. */
export interface ScalesOutcome extends ScalesSummary {
  readonly trial: StoredTrial;
}

/**
 * Writes the scales of a finished trial (s, amax and form of every quantizer) by the framework's
 * module names, for toolkits that quantize the model where it was trained; docs/EXPORT.md has the
 * files' form. No data is read.
 *
 * @throws StoreError for the database; UsageError, InputError or ModelError saying what is wrong
 */
export function exportScales(database: string, request: ScalesRequest): ScalesOutcome {
  const { output, format, model = null, force = false } = request;
  if (output === '') throw new UsageError('Expected a file to write for output, got an empty name.');
  const trial = readTrialOf(database, request);
  keepInputs([output], database, trial);
  return { ...writeScales(trial, model, { output, format, force }), trial };
}
