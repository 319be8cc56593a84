import { softmaxDivergence } from '../classification/softmax-divergence.js';
import type { OutputTensor } from '../metric.js';
import type { SequenceTask } from './sequence-settings.js';

/**
 * Kullback-Leibler divergence of the classes of a step, FP32's first, in nats, mean over the steps
 * of one sample. Steps that add up to 1 are probabilities; of others, logits or logarithms of
 * probabilities, the softmax is taken.
 */
export function sequenceDivergence(
  { layout }: SequenceTask,
  [reference]: readonly OutputTensor[],
  [output]: readonly OutputTensor[],
): number {
  const [, first, second] = reference!.dims as readonly [number, number, number];
  const [steps, classes] = layout === 'NCT' ? [second, first] : [first, second];
  let sum = 0;
  for (let step = 0; step < steps; step += 1) {
    const [expected, own] = [reference!.data, output!.data].map((data) => {
      const values = new Float32Array(classes);
      for (let each = 0; each < classes; each += 1) {
        values[each] = layout === 'NCT' ? data[each * steps + step]! : data[step * classes + each]!;
      }
      return values;
    }) as [Float32Array, Float32Array];
    const isShare = isDistribution(expected);
    sum += softmaxDivergence(isShare ? logarithms(expected) : expected, isShare ? logarithms(own) : own);
  }
  return steps === 0 ? 0 : sum / steps;
}

function isDistribution(values: Float32Array): boolean {
  let sum = 0;
  for (const value of values) {
    if (!(value >= 0)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) < 1e-3;
}

/** Of probabilities; what is 0 counts as the smallest that softmax in float32 gives. */
function logarithms(values: Float32Array): Float32Array {
  return values.map((value) => Math.log(Math.max(value, 1e-38)));
}
