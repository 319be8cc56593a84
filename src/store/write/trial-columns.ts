import { calibrators } from '../../calibrate/calibrators/registry.js';
import type { PlannedTrial } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { RowNumbers } from '../row-numbers.js';

/** Typed columns of `trial` that follow from its settings alone, so that users filter by them without reading JSON. */
export const settingsColumns = [
  'role',
  'fp32_key',
  'unsmoothed_key',
  'simulated_key',
  'settings',
  'alpha_mode',
  'alpha',
  'absmax',
  'smoothing_apply',
  'search_order',
  'search_objective',
  'calibration_batches',
  'calibration_batch_size',
  'calibration_samples',
  'calibration_seed',
  'activation_bits',
  'activation_calibrator',
  'percentile',
  'activation_scheme',
  'weight_bits',
  'weight_granularity',
  'weight_calibrator',
  'weight_scheme',
  'bias_correction',
  'execution',
  'sensitivity',
  'focus_layer',
  'keep_float',
  'evaluation_samples',
  'loss_samples',
  'calibration_data',
] as const;

/** Values of {@link settingsColumns}, in that order. Sample counts are the asked ones; finishing a trial puts the real ones. */
export function settingsValues(trial: PlannedTrial): readonly (string | number | null)[] {
  const { role, smoothing, calibration, quantization, evaluation, loss, layers } = trial.settings;
  const isSensitivity = layers !== null && layers.sensitivity !== 'none';
  return [
    role,
    trial.fp32Key,
    trial.unsmoothedKey,
    trial.simulatedKey,
    JSON.stringify(trial.settings),
    smoothing.mode,
    new RowNumbers('trial').finiteOrNull('alpha', smoothing.alpha),
    smoothing.absmax,
    smoothing.apply,
    ...searchValues(trial),
    calibration?.batches ?? null,
    calibration?.batchSize ?? null,
    calibration === null ? null : calibration.batches * calibration.batchSize,
    calibration?.sampleSeed ?? null,
    quantization?.activation.bits ?? null,
    quantization?.activation.calibrator ?? null,
    quantization !== null && calibrators[quantization.activation.calibrator].parameters.includes('percentile')
      ? quantization.activation.percentile
      : null,
    quantization?.activation.scheme ?? null,
    quantization?.weight.bits ?? null,
    quantization?.weight.granularity ?? null,
    quantization?.weight.calibrator ?? null,
    quantization?.weight.scheme ?? null,
    quantization?.biasCorrection.method ?? null,
    quantization?.execution ?? null,
    isSensitivity ? layers.sensitivity : null,
    isSensitivity ? layers.focus : null,
    layers?.keepFloat ?? null,
    evaluation.samples === 'all' ? null : evaluation.samples,
    loss?.samples ?? null,
    trial.calibrationDataKey,
  ];
}

/** Order and objective of the search; alphas of order `output` are judged by the divergence of the output. */
function searchValues({ settings: { search } }: PlannedTrial): readonly [string | null, string | null] {
  if (search === null) return [null, null];
  return [search.order, search.order === 'output' ? 'divergence' : search.objective];
}

/** Rows of other tables that a trial builds on. */
export interface TrialLinks {
  readonly observation: { readonly id: number; readonly samples: number } | null;
  readonly searchStage: number | null;
  readonly rankStage: number | null;
}

/** The observation, the search and the ranking of a trial, each null where it does not exist (yet). */
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
  return {
    observation: observation ?? null,
    searchStage: stageId(connection, trial.searchKey),
    rankStage: stageId(connection, trial.rankKey),
  };
}

function stageId(connection: Connection, key: string | null): number | null {
  if (key === null) return null;
  const row = connection.get('SELECT id FROM stage WHERE key = ?', key) as { id: number } | undefined;
  return row?.id ?? null;
}
