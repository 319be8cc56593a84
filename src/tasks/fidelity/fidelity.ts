import { NonFiniteError } from '../../records/non-finite-error.js';
import { drawResample } from '../../statistics/bootstrap.js';
import type { FidelityState } from './fidelity-state.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';

export interface FidelityTask {
  /** Replicates of the bootstrap over samples. */
  readonly bootstrap: number;
}

const PRIMARY = 'cosine';

/**
 * Returns the metric of any output `[N, ...]` that needs no labels: of each sample the cosine of
 * the output y to the FP32 model's r, in float64,
 *
 *   max(0, y.r / sqrt(y.y r.r))
 *
 * 1 where both are all 0, and 0 where one is. FP32 against itself scores exactly 1.
 */
export function createFidelity(task: FidelityTask, context: MetricContext): Metric<FidelityState> {
  const { sampleCount } = context;
  const coverage = new Uint8Array(sampleCount);
  const cosine = new Float64Array(sampleCount);
  const state = (): FidelityState => ({ kind: 'fidelity', coverage, cosine });
  return {
    needsReference: true,
    add({ first, count, outputs: [scored], reference: references }) {
      const { data: output, dims: shape } = scored!;
      const reference = references?.[0]?.data;
      if (shape[0] !== count || output.length === 0 || output.length % count !== 0) {
        throw new MetricError(`Expected an output of shape [${count}, ...], got [${shape.join(', ')}]`);
      }
      if (reference?.length !== output.length) {
        const got = reference === undefined ? 'none' : `${reference.length} numbers`;
        throw new MetricError(`Expected the FP32 output of the same samples, ${output.length} numbers, got ${got}`);
      }
      coverSamples(coverage, first, count);
      const size = output.length / count;
      for (let index = 0; index < count; index += 1) {
        cosine[first + index] = cosineOf(output, reference, index * size, size, first + index);
      }
    },
    state,
    finish: () => finishFidelity(task, context, state()),
  };
}

/**
 * Returns the mean cosine with the interval of the bootstrap over samples, and its replicates.
 *
 * @throws MetricError when a sample is missing
 */
export function finishFidelity(task: FidelityTask, context: MetricContext, state: FidelityState): MetricResult {
  const { sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const replicates = new Float64Array(task.bootstrap);
  const weight = new Uint16Array(sampleCount);
  for (let replicate = 0; replicate < task.bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    replicates[replicate] = weightedMean(state.cosine, weight);
  }
  const value = weightedMean(state.cosine, weight.fill(1));
  const accuracies = [replicatedRecord(PRIMARY, '', value, replicates)];
  const outcomes = replicateOutcomes(PRIMARY, replicates);
  return { evaluation: { primaryMetric: PRIMARY, samples: sampleCount, accuracies, outcomes }, argmax: null };
}

function cosineOf(output: Float32Array, reference: Float32Array, from: number, size: number, sample: number): number {
  let product = 0;
  let own = 0;
  let other = 0;
  for (let place = from; place < from + size; place += 1) {
    const y = output[place]!;
    const r = reference[place]!;
    product += y * r;
    own += y * y;
    other += r * r;
  }
  // Squares of finite float32 numbers, and the product of their sums, stay far within float64; NaN
  // survives the sums.
  if (!Number.isFinite(own)) throw new NonFiniteError(`output, sample ${sample}`);
  if (!Number.isFinite(other)) throw new NonFiniteError(`FP32 output, sample ${sample}`);
  if (own === 0 || other === 0) return own === other ? 1 : 0;
  return Math.min(1, Math.max(0, product / Math.sqrt(own * other)));
}

function weightedMean(values: Float64Array, weight: Uint16Array): number {
  let sum = 0;
  for (let sample = 0; sample < values.length; sample += 1) sum += values[sample]! * weight[sample]!;
  return sum / values.length;
}
