import type { PlannedTrial } from '../plan/plan.js';
import type { Connection } from './connection.js';
import { RowNumbers } from './finite.js';

/** Typed columns of `trial` that follow from its settings alone, so that users filter by them without reading JSON. */
export const settingsColumns = [
  'role',
  'fp32_key',
  'unsmoothed_key',
  'settings',
  'alpha_mode',
  'alpha',
  'absmax',
  'calibration_batches',
  'calibration_batch_size',
  'calibration_samples',
  'activation_bits',
  'activation_calibrator',
  'weight_bits',
  'weight_granularity',
  'evaluation_samples',
  'loss_samples',
] as const;

/** Values of {@link settingsColumns}, in that order. Sample counts are the asked ones; finishing a trial puts the real ones. */
export function settingsValues(trial: PlannedTrial): readonly (string | number | null)[] {
  const { role, smoothing, calibration, quantization, evaluation, loss } = trial.settings;
  return [
    role,
    trial.fp32Key,
    trial.unsmoothedKey,
    JSON.stringify(trial.settings),
    smoothing.mode,
    new RowNumbers('trial').finiteOrNull('alpha', smoothing.alpha),
    smoothing.absmax,
    calibration?.batches ?? null,
    calibration?.batchSize ?? null,
    calibration === null ? null : calibration.batches * calibration.batchSize,
    quantization?.activation.bits ?? null,
    quantization?.activation.calibrator ?? null,
    quantization?.weight.bits ?? null,
    quantization?.weight.granularity ?? null,
    evaluation.samples === 'all' ? null : evaluation.samples,
    loss?.samples ?? null,
  ];
}

/** Rows of other tables that a trial builds on. */
export interface TrialLinks {
  readonly observation: { readonly id: number; readonly samples: number } | null;
  readonly searchStage: number | null;
}

/** The observation and the search stage of a trial, each null where it does not exist (yet). */
export function findTrialLinks(connection: Connection, trial: PlannedTrial): TrialLinks {
  const batches = trial.settings.calibration?.batches;
  const observation =
    trial.observeKey === null || batches === undefined
      ? undefined
      : (connection.get(
          'SELECT o.id, o.samples FROM observation o JOIN stage s ON s.id = o.stage_id WHERE s.key = ? AND o.batches = ?',
          trial.observeKey,
          batches,
        ) as { id: number; samples: number } | undefined);
  const search =
    trial.searchKey === null
      ? undefined
      : (connection.get('SELECT id FROM stage WHERE key = ?', trial.searchKey) as { id: number } | undefined);
  return { observation: observation ?? null, searchStage: search?.id ?? null };
}
