/**
 * KL divergence of the softmax of the logits, FP32's first, in nats (Kullback and Leibler 1951):
 * `sum_k p_k (log p_k - log q_k)` with `log p = x - logsumexp(x)`, in float64.
 */
export function softmaxDivergence(reference: Float32Array, output: Float32Array): number {
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
