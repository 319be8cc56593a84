import type {
  AbsmaxMethod,
  CalibrationSettings,
  EvaluationSettings,
  GateSettings,
  LayerSettings,
  LossSettings,
  ModelSettings,
  PreprocessSettings,
  QuantizationSettings,
  SearchSettings,
  Settings,
  SmoothingMode,
  TaskSettings,
  TrialRole,
} from './settings.js';

/** How one candidate or unsmoothed trial smooths; null parts do not apply to the trial. */
export interface CanonicalSmoothing {
  readonly mode: SmoothingMode;
  /** null unless `mode` is `static`. */
  readonly alpha: number | null;
  /** null when `mode` is `none`. */
  readonly absmax: AbsmaxMethod | null;
  readonly apply: 'insert' | null;
}

/**
 * Settings with everything that cannot influence the trial's result set to null, so that equal work has equal keys:
 * an `fp32` trial has only model, evaluation, preprocess and task; `search` exists only for dynamic alpha. Numbers of
 * samples are at most those that the data settings give; sets (operators, globs, loss modes) are sorted.
 */
export interface TrialSettings {
  readonly role: TrialRole;
  readonly model: ModelSettings;
  readonly evaluation: EvaluationSettings;
  readonly preprocess: PreprocessSettings;
  readonly task: TaskSettings;
  readonly calibration: CalibrationSettings | null;
  readonly layers: LayerSettings | null;
  readonly quantization: QuantizationSettings | null;
  readonly smoothing: CanonicalSmoothing;
  readonly search: SearchSettings | null;
  readonly loss: LossSettings | null;
  readonly gate: GateSettings | null;
}

const unsmoothed: CanonicalSmoothing = { mode: 'none', alpha: null, absmax: null, apply: null };

function canonicalSmoothing({ mode, alpha, absmax, apply }: Settings['smoothing']): CanonicalSmoothing {
  return mode === 'none' ? unsmoothed : { mode, alpha: mode === 'static' ? alpha : null, absmax, apply };
}

function sortedSet<Value extends string>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)].sort();
}

/** The settings of a trial in a role, e.g. of the unsmoothed trial that a candidate is compared with. */
export function canonicalSettings(role: TrialRole, settings: Settings): TrialSettings {
  const { model, data, task, layers, quantization, search, loss, gate } = settings;
  const common = { role, model, evaluation: data.evaluation, preprocess: data.preprocess, task };
  if (role === 'fp32')
    return {
      ...common,
      calibration: null,
      layers: null,
      quantization: null,
      smoothing: unsmoothed,
      search: null,
      loss: null,
      gate: null,
    };
  const smoothing = role === 'unsmoothed' ? unsmoothed : canonicalSmoothing(settings.smoothing);
  const evaluationSamples = data.evaluation.samples === 'all' ? Infinity : data.evaluation.samples;
  const calibrationSamples = data.calibration.batchSize * data.calibration.batches;
  return {
    ...common,
    calibration: data.calibration,
    layers: {
      ops: sortedSet(layers.ops),
      include: sortedSet(layers.include),
      exclude: sortedSet(layers.exclude),
    },
    quantization,
    smoothing,
    search: smoothing.mode === 'dynamic' ? { ...search, samples: Math.min(search.samples, calibrationSamples) } : null,
    loss: { samples: Math.min(loss.samples, evaluationSamples), modes: sortedSet(loss.modes) },
    gate: { ...gate, samples: Math.min(gate.samples, evaluationSamples) },
  };
}
