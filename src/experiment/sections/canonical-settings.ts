import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import type { CanonicalSmoothing } from '../../smooth/smoothing-settings.js';
import type { TargetName } from '../../targets/registry.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import { calibrationSampleCount, evaluationSampleCount, withoutStop } from './data.js';
import type { CalibrationSettings, EvaluationSettings } from './data.js';
import { canonicalGate } from './gate.js';
import type { GateSettings } from './gate.js';
import { canonicalLayers } from './layers.js';
import type { LayerSettings } from './layers.js';
import { canonicalLoss } from './loss.js';
import type { LossSettings } from './loss.js';
import type { ModelSettings } from './model.js';
import { canonicalQuantization } from './quantization.js';
import type { QuantizationSettings } from './quantization.js';
import { canonicalSearch } from './search.js';
import type { SearchSettings } from './search.js';
import type { Settings, TrialRole } from './settings.js';
import { unsmoothed } from './smoothing.js';
import { canonicalSmoothing } from '../../smooth/canonical-smoothing.js';

/**
 * Settings with everything that cannot influence the trial's result set to null, so that equal work
 * has equal keys: an `fp32` trial has only model, evaluation, preprocess and task; `search` exists
 * only where alphas are searched. Numbers inside a section that cannot matter take a fixed value
 * (the percentile of another calibrator, say). Numbers of samples are at most those that the data
 * settings give; sets (operators, globs, loss modes) are sorted.
 */
export interface TrialSettings {
  readonly role: TrialRole;
  readonly model: ModelSettings;
  readonly evaluation: EvaluationSettings;
  readonly preprocess: PreprocessSettings;
  readonly task: TaskSettings;
  /** Absent where nothing is quantized, and of `layers-only`. */
  readonly target?: TargetName;
  readonly calibration: CalibrationSettings | null;
  readonly layers: LayerSettings | null;
  readonly quantization: QuantizationSettings | null;
  readonly smoothing: CanonicalSmoothing;
  readonly search: SearchSettings | null;
  readonly loss: LossSettings | null;
  readonly gate: GateSettings | null;
}

/**
 * The sections that {@link canonicalSettings} of a baseline look into: equal ones give equal
 * canonical settings.
 */
export function sectionsOf(role: 'fp32' | 'unsmoothed', settings: Settings): readonly [unknown, ...unknown[]] {
  const { model, data, task, target, layers, quantization, loss, gate } = settings;
  return role === 'fp32' ? [model, data, task] : [model, data, task, target, layers, quantization, loss, gate];
}

function canonicalOf(role: TrialRole, settings: Settings): TrialSettings {
  const { model, data, task } = settings;
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
  const isSmoothed = role !== 'unsmoothed';
  return {
    ...common,
    ...(settings.target === undefined ? {} : { target: settings.target }),
    calibration: data.calibration,
    layers: canonicalLayers(settings.layers),
    quantization: canonicalQuantization(settings.quantization, calibrationSampleCount(data)),
    smoothing: isSmoothed ? canonicalSmoothing(settings.smoothing) : unsmoothed,
    search: isSmoothed ? canonicalSearch(settings, calibrationSampleCount(data)) : null,
    loss: canonicalLoss(settings.loss, evaluationSampleCount(data)),
    gate: canonicalGate(settings.gate, evaluationSampleCount(data)),
  };
}

const canonicalOnce = memoizeByIdentity((settings: Settings, role: TrialRole) => canonicalOf(role, settings));

/**
 * The settings of a trial in a role, e.g. of the unsmoothed trial that a candidate is compared
 * with.
 */
export function canonicalSettings(role: TrialRole, settings: Settings): TrialSettings {
  return canonicalOnce(settings, role);
}
