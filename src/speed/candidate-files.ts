import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { exportTrial } from '../export/export-trial.js';
import type { PlannedTrial } from '../plan/plan.js';
import type { StoredTrial } from '../store/read/read-trial.js';

/** The model of a trial as `export` writes it, for as long as it is measured. */
export interface CandidateFile {
  readonly trial: PlannedTrial;
  /** Of its `.onnx` file. */
  readonly path: string;
  /** With its external data. */
  readonly bytes: number;
}

/**
 * Writes the model that `export` writes of a finished trial.
 *
 * @param folder where it lies, under the trial's position
 * @throws QuantsweepError saying why the trial can't be exported
 */
export function writeCandidate(trial: PlannedTrial, stored: StoredTrial, folder: string): CandidateFile {
  const path = join(folder, `${trial.position}.onnx`);
  const { sizeBytes } = exportTrial(stored, trial.settings.model.path, {
    ...{ output: path, calibrationTable: null, smoothedModel: null, force: true, floats: null },
  });
  return { trial, path, bytes: sizeBytes };
}

/** Makes room: a sweep of many trials has more of them than a disk. */
export function removeCandidates(files: readonly CandidateFile[]): void {
  for (const { path } of files) {
    rmSync(path, { force: true });
    rmSync(`${path}.data`, { force: true });
  }
}
