import { isAbsolute } from 'node:path';
import { exportTrial, type ExportSummary, type FloatChoice } from '../export/export-trial.js';
import type { TrialSettings } from '../plan/plan.js';
import { readTrial, type StoredTrial } from '../store/read/read-trial.js';
import { UsageError } from '../errors/usage-error.js';
import { checkOverwrite, databaseFiles } from './outputs/check-overwrite.js';
import { pickSweep } from './pick-sweep.js';
import { pickTrial, readDatabase } from './read-database.js';

export interface ExportRequest {
  /**
   * Number, beginning of the key (6 characters or more) or label of the trial, or `best`. Default:
   * `best`.
   */
  readonly trial?: string | number;
  /** Name of the sweep. Default: the one that ran last. */
  readonly sweep?: string;
  /** The QDQ model to write (.onnx). */
  readonly output: string;
  /** Where the original model lies now. Default: where the sweep read it. */
  readonly model?: string;
  /** TensorRT's text calibration cache to write. Default: none. */
  readonly calibrationTable?: string;
  /** The smoothed float model, which the calibration cache belongs to. Default: none. */
  readonly smoothedModel?: string;
  /**
   * What a model of float16, bfloat16 or float64 is written in: `model`, its own types, or
   * `float32` with inputs and outputs of its own types. Default: `model` where they have 16 bits
   * and the trial was simulated, else `float32`. Other models are written in float32 anyway.
   */
  readonly floats?: FloatChoice;
  /** Overwrite existing files. Default: false. */
  readonly force?: boolean;
}

/** What was exported, of which trial. */
export interface ExportOutcome extends ExportSummary {
  readonly trial: StoredTrial;
}

/**
 * Writes the deployable model of a finished trial, with QuantizeLinear and DequantizeLinear, and
 * where wanted what TensorRT takes. No data is read; nothing is written where the trial can't be
 * exported.
 *
 * @throws StoreError for the database; UsageError, InputError or ModelError saying what is wrong
 */
export function exportModel(database: string, request: ExportRequest): ExportOutcome {
  const { output, model, calibrationTable, smoothedModel, floats = null, force = false } = request;
  if (output === '') throw new UsageError('Expected a file to write for output, got an empty name.');
  const trial = readTrialOf(database, request);
  const outputs = [output, calibrationTable, smoothedModel].filter((path) => path !== undefined);
  keepInputs(outputs, database, trial);
  const targets = {
    ...{ output, calibrationTable: calibrationTable ?? null, smoothedModel: smoothedModel ?? null },
    ...{ floats, force },
  };
  return { ...exportTrial(trial, model ?? null, targets), trial };
}

/** The trial that a request names. @throws StoreError or UsageError */
export function readTrialOf(database: string, request: Pick<ExportRequest, 'trial' | 'sweep'>): StoredTrial {
  return readDatabase(database, (queries) => {
    const sweep = pickSweep(queries, request.sweep);
    return readTrial(queries, sweep, pickTrial(queries, sweep, String(request.trial ?? 'best')));
  });
}

/** Not even `force` replaces the database or samples. @throws UsageError */
export function keepInputs(outputs: readonly string[], database: string, { settings }: StoredTrial): void {
  checkOverwrite(outputs, { force: true, inputs: [...databaseFiles(database), ...dataFiles(settings)] });
}

/** Files of the trial's samples, which checks of the written model read. */
function dataFiles(settings: string): readonly string[] {
  const { evaluation, calibration } = JSON.parse(settings) as Partial<TrialSettings>;
  const files: string[] = [];
  // Paths are stored absolute, also those of labels and further inputs.
  JSON.stringify([evaluation?.source, calibration?.source], (_, value: unknown) => {
    if (typeof value === 'string' && isAbsolute(value)) files.push(value);
    return value;
  });
  return files;
}
