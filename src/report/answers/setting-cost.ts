import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { smoothingModes } from '../../smooth/modes/registry.js';

/**
 * What a setting costs, in the order in which costs are compared: first what runs on the device,
 * then what has to be done once before.
 */
export interface SettingCost {
  /**
   * Bits of the weight times bits of the activation of a multiplication, the mean over the weights;
   * what stays in float counts 32 x 32. Rules of single layers are not counted.
   */
  readonly bitOperations: number;
  readonly floatLayers: number;
  /** Passes that a search of alphas and a bias correction add to calibration. */
  readonly extraStages: number;
  readonly calibrationBatches: number;
}

const order = ['bitOperations', 'floatLayers', 'extraStages', 'calibrationBatches'] as const;

/** The first of them in which two costs differ; null where they are equal. */
export function costDifference(one: SettingCost, other: SettingCost): (typeof order)[number] | null {
  return order.find((part) => one[part] !== other[part]) ?? null;
}

/**
 * Below 0 where `one` is cheaper. Execution counts nothing: simulated numbers stand for a model
 * that runs in integers.
 */
export function compareCosts(one: SettingCost, other: SettingCost): number {
  const part = costDifference(one, other);
  return part === null ? 0 : one[part] - other[part];
}

/** Parts that are unknown of a trial count 0: they are unknown of all trials of its sweep. */
export function costOf(trial: TrialFacts, { measured }: Pick<SweepFacts, 'measured'>): SettingCost {
  const float = measured.floatParts.get(trial.trial) ?? { layers: 0, weightShare: 0 };
  const { weight, activation } = bitsOf(trial);
  return {
    bitOperations: float.weightShare * 32 * 32 + (1 - float.weightShare) * weight * activation,
    floatLayers: float.layers,
    extraStages: (searches(trial) ? 1 : 0) + (correctsBias(trial) ? 1 : 0),
    calibrationBatches: trial.calibrationBatches ?? 0,
  };
}

/** Bits of the quantizers of a trial, 0 where its settings have none. */
export function bitsOf({ settings }: TrialFacts): { readonly weight: number; readonly activation: number } {
  const { quantization } = settings as Settings;
  return { weight: quantization?.weight?.bits ?? 0, activation: quantization?.activation?.bits ?? 0 };
}

function searches({ alphaMode }: TrialFacts): boolean {
  const { alphas } = smoothingModes[alphaMode];
  return alphas === 'searchedOnce' || alphas === 'searchedPerLayer';
}

function correctsBias({ settings }: TrialFacts): boolean {
  return ((settings as Settings).quantization?.biasCorrection?.method ?? 'none') !== 'none';
}

/** What is read of canonical settings. */
interface Settings {
  readonly quantization?: {
    readonly weight?: { readonly bits?: number };
    readonly activation?: { readonly bits?: number };
    readonly biasCorrection?: { readonly method?: string };
  } | null;
}
