import type { TaskSettings } from './task-settings.js';
import { NonFiniteError } from '../records/non-finite-error.js';

/** Probabilities are kept this far from 0 and 1, so that a certain cell costs a finite amount. */
const SMALLEST_PROBABILITY = 1e-7;

/**
 * How far an output is from FP32's, averaged over samples; 0 where they agree, never negative. Needs no labels, so it can
 * judge a setting on calibration data.
 *
 * - classification: KL divergence of the softmax of the logits, FP32's first, in nats (Kullback and Leibler 1951)
 * - centerDetection: mean over cells of the KL divergence of the score as a Bernoulli probability, in nats
 * - else: squared error relative to the squared FP32 output
 *
 * @param reference FP32 output of the samples, row-major, `[samples, ...]`
 * @param output of the same shape
 * @throws NonFiniteError where an output holds NaN or an infinity
 */
export function outputDivergence(
  task: TaskSettings['kind'],
  reference: Float32Array,
  output: Float32Array,
  samples: number,
): number {
  const sum = outputDivergences(task, reference, output, samples).reduce((a, b) => a + b, 0);
  return Math.max(0, sum / samples);
}

/** The same of each sample `[samples]`; rounding may leave one a little below 0. @throws NonFiniteError */
export function outputDivergences(
  task: TaskSettings['kind'],
  reference: Float32Array,
  output: Float32Array,
  samples: number,
): Float64Array {
  const size = reference.length / samples;
  const divergence = divergenceOf(task);
  return Float64Array.from({ length: samples }, (_, sample) => {
    const start = sample * size;
    const own = divergence(reference.subarray(start, start + size), output.subarray(start, start + size));
    if (!Number.isFinite(own)) throw new NonFiniteError(`the output, sample ${sample}`);
    return own;
  });
}

type Divergence = (reference: Float32Array, output: Float32Array) => number;

function divergenceOf(task: TaskSettings['kind']): Divergence {
  switch (task) {
    case 'classification':
      return softmaxDivergence;
    case 'centerDetection':
      return bernoulliDivergence;
    case 'fidelity':
    case 'module':
    case 'command':
      return relativeSquaredError;
  }
}

/** `sum_k p_k (log p_k - log q_k)` with `log p = x - logsumexp(x)`, in float64. */
function softmaxDivergence(reference: Float32Array, output: Float32Array): number {
  const ownNormalizer = logSumExp(output);
  const normalizer = logSumExp(reference);
  let sum = 0;
  for (let k = 0; k < reference.length; k++) {
    const logP = reference[k]! - normalizer;
    sum += Math.exp(logP) * (logP - (output[k]! - ownNormalizer));
  }
  return sum;
}

function logSumExp(values: Float32Array): number {
  let max = -Infinity;
  for (const value of values) max = Math.max(max, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

function bernoulliDivergence(reference: Float32Array, output: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    const p = probability(reference[i]!);
    const q = probability(output[i]!);
    sum += p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  }
  return sum / reference.length;
}

/** NaN stays NaN. */
function probability(value: number): number {
  return Math.min(Math.max(value, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY);
}

function relativeSquaredError(reference: Float32Array, output: Float32Array): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < reference.length; i++) {
    error += (output[i]! - reference[i]!) ** 2;
    power += reference[i]! ** 2;
  }
  return power > 0 ? error / power : error;
}
