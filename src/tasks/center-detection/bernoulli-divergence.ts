/** Probabilities are kept this far from 0 and 1, so that a certain cell costs a finite amount. */
const SMALLEST_PROBABILITY = 1e-7;

/**
 * Mean over cells of the KL divergence of the score as a Bernoulli probability, FP32's first, in
 * nats.
 */
export function bernoulliDivergence(reference: Float32Array, output: Float32Array): number {
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
