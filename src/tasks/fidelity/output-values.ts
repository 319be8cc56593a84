import { MetricError } from '../metric-error.js';
import type { LikenessColumn, OutputLikeness } from './fidelity-state.js';

/** Decibels of outputs that are equal, and the limit of the others: float32's own rounding. */
export const DECIBEL_LIMIT = 100;

/** What -{@link DECIBEL_LIMIT} is as a ratio: of an error where FP32 has nothing but 0. */
const LARGEST_RATIO = 10 ** (DECIBEL_LIMIT / 20);

/** Deviations below this share of the largest value are float32's own. */
const ROUNDING = 1e-6;

/**
 * What an output of FP32 is. Only `numbers` are compared in every way.
 *
 * `varying`: its length depends on the sample, as of boxes after NMS. `constant`: it does not
 * depend on the sample, as anchors. `whole`: whole numbers, as of an ArgMax. `single`: one number a
 * sample, whose cosine is its sign.
 */
export type OutputKind = 'numbers' | 'varying' | 'constant' | 'whole' | 'single';

export function outputKind({ columns }: OutputLikeness): OutputKind {
  const { size, whole, fingerprint, lowest, highest } = columns;
  const [first = 0] = size;
  if (first === 0 || size.some((each) => each !== first)) return 'varying';
  const largest = Math.max(-least(lowest), greatest(highest));
  const spread = greatest(fingerprint) - least(fingerprint);
  if (size.length > 1 && spread <= ROUNDING * largest * Math.sqrt(first)) return 'constant';
  if (whole.every((each) => each === 1)) return 'whole';
  return first === 1 ? 'single' : 'numbers';
}

/** The values of one output by their names in results. */
export const outputMetrics = [
  'cosine',
  'sqnr',
  'psnr',
  'relativeError',
  'relativeL1',
  'largestError',
  'argmaxAgreement',
  'topKAgreement',
  'equalValues',
  'identical',
] as const;

export type OutputMetric = (typeof outputMetrics)[number];

/** Whether a value says something of an output. */
export function isMeasurable(metric: OutputMetric, output: OutputLikeness, kind: OutputKind): boolean {
  const { places, topKShares } = output.columns;
  if (kind === 'varying' || kind === 'constant') return false;
  if (metric === 'equalValues' || metric === 'identical') return true;
  if (kind === 'whole') return false;
  if (metric === 'argmaxAgreement') return places[0]! > 0;
  if (metric === 'topKAgreement') return places[0]! > 0 && topKShares[0]! >= 0;
  return metric !== 'cosine' || kind !== 'single';
}

/**
 * A value of an output over samples that count as often as their weight says, one at least.
 *
 * The cosine, agreement and shares are means over samples. Decibels and relative errors are of sums
 * over all samples, since a sample whose FP32 output is all 0 has none of its own:
 *
 *   sqnr = 10 log10(sum r^2 / sum (y - r)^2),   relativeError = sqrt(sum (y - r)^2 / sum r^2)
 *   psnr = 10 log10(n (max r - min r)^2 / sum (y - r)^2),   relativeL1 = sum |y - r| / sum |r|
 *
 * Decibels stay within -100 and 100, and relative errors within what that is.
 */
export function outputValue(metric: OutputMetric, { columns }: OutputLikeness, weight: Uint16Array): number {
  const sum = (column: LikenessColumn): number => weightedSum(columns[column], weight);
  const mean = (of: (sample: number) => number): number => {
    let total = 0;
    for (let sample = 0; sample < weight.length; sample += 1) total += of(sample) * weight[sample]!;
    return total / weight.length;
  };
  const { size, equal, places, argmaxMatches, topKShares, noise, largestError, lowest, highest } = columns;
  switch (metric) {
    case 'cosine':
      return sum('cosine') / weight.length;
    case 'sqnr':
      return decibels(sum('signal'), sum('noise'));
    case 'psnr': {
      const range = greatest(highest) - least(lowest);
      return decibels(sum('size') * range ** 2, sum('noise'));
    }
    case 'relativeError':
      return ratio(Math.sqrt(sum('noise')), Math.sqrt(sum('signal')));
    case 'relativeL1':
      return ratio(sum('absoluteNoise'), sum('absoluteSignal'));
    case 'largestError':
      return greatest(largestError);
    case 'argmaxAgreement':
      return mean((sample) => argmaxMatches[sample]! / places[sample]!);
    case 'topKAgreement':
      return mean((sample) => topKShares[sample]! / places[sample]!);
    case 'equalValues':
      return mean((sample) => equal[sample]! / size[sample]!);
    case 'identical':
      return mean((sample) => Number(noise[sample] === 0));
  }
}

/** Why no output can be judged: each with what it is. @returns to be thrown */
export function nothingToJudge(
  metric: string,
  outputs: readonly (readonly [OutputLikeness, OutputKind])[],
): MetricError {
  const each = outputs.map(([{ name }, kind]) => `"${name}" ${said[kind]}`).join(', ');
  return new MetricError(
    `Expected an output that ${metric} can judge by its likeness to FP32's, got ${each}. Name others in model.outputs, set task.primary, or take a task that knows what the outputs mean.`,
  );
}

const said: Readonly<Record<OutputKind, string>> = {
  numbers: '(without such an axis)',
  varying: '(its length depends on the sample)',
  constant: '(the same for all samples)',
  whole: '(whole numbers: task.primary equalValues compares those)',
  single: '(one number a sample)',
};

function least(values: Float64Array): number {
  return values.reduce((one, other) => Math.min(one, other));
}

function greatest(values: Float64Array): number {
  return values.reduce((one, other) => Math.max(one, other));
}

function weightedSum(values: Float64Array, weight: Uint16Array): number {
  let sum = 0;
  for (let sample = 0; sample < values.length; sample += 1) sum += values[sample]! * weight[sample]!;
  return sum;
}

function ratio(error: number, size: number): number {
  if (error === 0) return 0;
  return Math.min(LARGEST_RATIO, error / size);
}

function decibels(signal: number, noise: number): number {
  if (noise === 0) return DECIBEL_LIMIT;
  if (signal === 0) return -DECIBEL_LIMIT;
  return Math.max(-DECIBEL_LIMIT, Math.min(DECIBEL_LIMIT, 10 * Math.log10(signal / noise)));
}
