import { canonicalSmoothing } from '../../smooth/canonical-smoothing.js';
import { smoothingModes, type AlphaMode } from '../../smooth/modes/registry.js';
import type { CanonicalSmoothing } from '../../smooth/smoothing-settings.js';
import { calibrators } from '../../calibrate/calibrators/registry.js';
import { activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import { weightSchemes } from '../../calibrate/schemes/weight-schemes.js';
import { onceForEach } from '../../memo/once-for-each.js';
import type {
  CalibrationSettings,
  EvaluationSettings,
  GateSettings,
  LayerSettings,
  LossSettings,
  ModelSettings,
  QuantizationSettings,
  SearchSettings,
  Settings,
  TrialRole,
} from './settings.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import type { TaskSettings } from '../../tasks/task-settings.js';

/**
 * Settings with everything that cannot influence the trial's result set to null, so that equal work has equal keys:
 * an `fp32` trial has only model, evaluation, preprocess and task; `search` exists only where alphas are searched.
 * Numbers inside a section that cannot matter take a fixed value (the percentile of another calibrator, say). Numbers of
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

/** Sweeps of the search of alpha `auto`: it is the descent's start, the best static alpha, without the descent. */
export const NO_DESCENT = 0;

function canonicalSearch(mode: AlphaMode, search: SearchSettings, calibrationSamples: number): SearchSettings | null {
  const own = { ...search, samples: Math.min(search.samples, calibrationSamples) };
  switch (smoothingModes[mode].alphas) {
    case 'none':
    case 'fixed':
      return null;
    case 'searchedOnce':
      return { ...own, objective: 'l1', order: 'output', sweeps: NO_DESCENT };
    case 'searchedPerLayer':
      return own.order === 'output' ? { ...own, objective: 'l1' } : { ...own, sweeps: NO_DESCENT };
  }
}

const UNUSED_PERCENTILE = 99.99;
const UNUSED_SAMPLES = 0;

function canonicalQuantization(
  { activation, weight, biasCorrection, ...rest }: QuantizationSettings,
  calibrationSamples: number,
): QuantizationSettings {
  const { method, samples } = biasCorrection;
  return {
    ...rest,
    activation: {
      ...activation,
      percentile: calibrators[activation.calibrator].parameters.includes('percentile')
        ? activation.percentile
        : UNUSED_PERCENTILE,
      narrowRange: activation.narrowRange && activationSchemes[activation.scheme].canBeNarrow,
    },
    weight: { ...weight, narrowRange: weight.narrowRange && weightSchemes[weight.scheme].canBeNarrow },
    biasCorrection: { method, samples: method === 'none' ? UNUSED_SAMPLES : Math.min(samples, calibrationSamples) },
  };
}

function canonicalLayers({
  ops,
  include,
  exclude,
  rules,
  sensitivity,
  focus,
  keepFloat,
}: LayerSettings): LayerSettings {
  return {
    ops: sortedSet(ops),
    include: sortedSet(include),
    exclude: sortedSet(exclude),
    rules,
    sensitivity,
    focus: sensitivity === 'none' ? '*' : focus,
    keepFloat,
  };
}

function sortedSet<Value extends string>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)].sort();
}

const layersOnce = onceForEach<LayerSettings, undefined, LayerSettings>(canonicalLayers);
const quantizationOnce = onceForEach(canonicalQuantization);
const lossOnce = onceForEach(({ samples, modes }: LossSettings, most: number): LossSettings => ({
  samples: Math.min(samples, most),
  modes: sortedSet(modes),
}));
const gateOnce = onceForEach((gate: GateSettings, most: number): GateSettings => ({
  ...gate,
  samples: Math.min(gate.samples, most),
}));

/** The evaluation of what is never stopped early: all but candidates. The same object where there is no such setting. */
export function withoutStop(evaluation: EvaluationSettings): EvaluationSettings {
  const { source, batchSize, samples, stop } = evaluation;
  return stop === undefined ? evaluation : { source, batchSize, samples };
}

/** The sections that {@link canonicalSettings} of a baseline look into: equal ones give equal canonical settings. */
export function sectionsOf(role: 'fp32' | 'unsmoothed', settings: Settings): readonly [unknown, ...unknown[]] {
  const { model, data, task, layers, quantization, loss, gate } = settings;
  return role === 'fp32' ? [model, data, task] : [model, data, task, layers, quantization, loss, gate];
}

function canonicalOf(role: TrialRole, settings: Settings): TrialSettings {
  const { model, data, task, layers, quantization, search, loss, gate } = settings;
  const common = {
    role,
    model,
    evaluation: role === 'candidate' ? data.evaluation : withoutStop(data.evaluation),
    preprocess: data.preprocess,
    task,
  };
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
    layers: layersOnce(layers),
    quantization: quantizationOnce(quantization, calibrationSamples),
    smoothing,
    search: canonicalSearch(smoothing.mode, search, calibrationSamples),
    loss: lossOnce(loss, evaluationSamples),
    gate: gateOnce(gate, evaluationSamples),
  };
}

const canonicalOnce = onceForEach((settings: Settings, role: TrialRole) => canonicalOf(role, settings));

/** The settings of a trial in a role, e.g. of the unsmoothed trial that a candidate is compared with. */
export function canonicalSettings(role: TrialRole, settings: Settings): TrialSettings {
  return canonicalOnce(settings, role);
}
