import { NonFiniteError } from '../records/non-finite-error.js';
import type { OutputTensor } from './metric.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/**
 * How far outputs are from FP32's, averaged over samples; 0 where they agree, never negative. Each
 * task has a measure of its own.
 *
 * @param reference FP32 outputs of the samples, `[samples, ...]` each
 * @param output the same ones, in the same order
 * @throws NonFiniteError where an output holds NaN or an infinity
 */
export function outputDivergence(
  task: TaskSettings,
  reference: readonly OutputTensor[],
  output: readonly OutputTensor[],
  samples: number,
): number {
  const sum = outputDivergences(task, reference, output, samples).reduce((a, b) => a + b, 0);
  return Math.max(0, sum / samples);
}

/**
 * The same of each sample `[samples]`; rounding may leave one a little below 0. @throws
 * NonFiniteError
 */
export function outputDivergences(
  task: TaskSettings,
  reference: readonly OutputTensor[],
  output: readonly OutputTensor[],
  samples: number,
): Float64Array {
  const definition = taskOf(task.kind);
  return Float64Array.from({ length: samples }, (_, sample) => {
    const [expected, own] = [reference, output].map((all) => all.map((each) => sampleOf(each, sample, samples)));
    const divergence = definition.divergence(task, expected!, own!);
    if (!Number.isFinite(divergence)) throw new NonFiniteError(`the output, sample ${sample}`);
    return divergence;
  });
}

function sampleOf({ name, data, dims }: OutputTensor, sample: number, samples: number): OutputTensor {
  const size = data.length / samples;
  return { name, data: data.subarray(sample * size, (sample + 1) * size), dims: [1, ...dims.slice(1)] };
}
