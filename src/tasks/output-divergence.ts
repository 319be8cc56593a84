import { NonFiniteError } from '../records/non-finite-error.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/**
 * How far an output is from FP32's, averaged over samples; 0 where they agree, never negative. Each
 * task has a measure of its own.
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

/**
 * The same of each sample `[samples]`; rounding may leave one a little below 0. @throws
 * NonFiniteError
 */
export function outputDivergences(
  task: TaskSettings['kind'],
  reference: Float32Array,
  output: Float32Array,
  samples: number,
): Float64Array {
  const size = reference.length / samples;
  const definition = taskOf(task);
  return Float64Array.from({ length: samples }, (_, sample) => {
    const start = sample * size;
    const [expected, own] = [reference, output].map((all) => all.subarray(start, start + size));
    const divergence = definition.divergence(expected!, own!);
    if (!Number.isFinite(divergence)) throw new NonFiniteError(`the output, sample ${sample}`);
    return divergence;
  });
}
