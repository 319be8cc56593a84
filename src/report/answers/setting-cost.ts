import type { RatioInterval } from '../facts/kept-float.js';
import type { FloatPart } from '../facts/trial-costs.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { smoothingModes } from '../../smooth/modes/registry.js';

/**
 * What a setting costs, in the order in which costs are compared: first what runs on the device,
 * then what has to be done once before.
 */
export interface SettingCost {
  /**
   * Bits of the weight times bits of the activation of a multiplication, the mean over the weights;
   * what stays in float counts 32 x 32, but for layers that are faster so. Rules of single layers
   * are not counted.
   */
  readonly bitOperations: number;
  /** Without those that were measured to be faster so. */
  readonly floatLayers: number;
  /** Of a run / that with every layer quantized; 1 where no layer is in float as that is faster. */
  readonly time: RatioInterval;
  /** Passes that a search of alphas and a bias correction add to calibration. */
  readonly extraStages: number;
  readonly calibrationBatches: number;
}

const order = ['bitOperations', 'floatLayers', 'time', 'extraStages', 'calibrationBatches'] as const;

type CostPart = (typeof order)[number];

const nothingInFloat: FloatPart = { layers: 0, weightShare: 0, faster: null };

const everyLayerQuantized: RatioInterval = { ratio: 1, low: 1, high: 1 };

/** The first of them in which two costs differ; null where they are equal. */
export function costDifference(one: SettingCost, other: SettingCost): CostPart | null {
  return order.find((part) => comparePart(part, one, other) !== 0) ?? null;
}

/**
 * Below 0 where `one` is cheaper. Execution counts nothing: simulated numbers stand for a model
 * that runs in integers.
 */
export function compareCosts(one: SettingCost, other: SettingCost): number {
  const part = costDifference(one, other);
  return part === null ? 0 : comparePart(part, one, other);
}

/**
 * Of some settings the cheapest, in their order. Each part of the costs leaves those that have the
 * least of it; times leave all that cannot be told from the shortest.
 */
export function cheapestOf<Setting>(settings: readonly Setting[], cost: (setting: Setting) => SettingCost): Setting[] {
  return order.reduce<Setting[]>(
    (rest, part) => {
      const key = (setting: Setting): number => (part === 'time' ? cost(setting).time.ratio : cost(setting)[part]);
      const least = rest.reduce((a, b) => (key(b) < key(a) ? b : a));
      return rest.filter((setting) => comparePart(part, cost(setting), cost(least)) === 0);
    },
    [...settings],
  );
}

/** 0 where times have intervals that overlap. */
function comparePart(part: CostPart, one: SettingCost, other: SettingCost): number {
  if (part !== 'time') return one[part] - other[part];
  if (one.time.high < other.time.low) return -1;
  return other.time.high < one.time.low ? 1 : 0;
}

/** Parts that are unknown of a trial count 0: they are unknown of all trials of its sweep. */
export function costOf(trial: TrialFacts, { measured }: Pick<SweepFacts, 'measured'>): SettingCost {
  const { layers, weightShare, faster } = measured.floatParts.get(trial.trial) ?? nothingInFloat;
  const { weight, activation } = bitsOf(trial);
  const share = Math.max(0, weightShare - (faster?.weightShare ?? 0));
  return {
    // Shares are sums of fractions: what differs by less is equal.
    bitOperations: Number((share * 32 * 32 + (1 - share) * weight * activation).toPrecision(12)),
    floatLayers: layers - (faster?.layers ?? 0),
    time: faster?.againstAll ?? everyLayerQuantized,
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
