import { NonFiniteError } from '../records/non-finite-error.js';
import type { OutputTensor } from './metric.js';
import { taskOf, type TaskSettings } from './task-settings.js';

/** Outputs of some samples. */
export interface SampleOutputs {
  readonly samples: number;
  /** `[samples, ...]` each. */
  readonly outputs: readonly OutputTensor[];
}

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
  return batchesDivergence(task, [{ samples, outputs: reference }], [{ samples, outputs: output }]);
}

/** The same over batches of samples, equal ones of both. @throws NonFiniteError */
export function batchesDivergence(
  task: TaskSettings,
  reference: readonly SampleOutputs[],
  output: readonly SampleOutputs[],
): number {
  let sum = 0;
  let count = 0;
  for (const [batch, { samples, outputs }] of reference.entries()) {
    for (const own of outputDivergences(task, outputs, output[batch]!.outputs, samples, count)) sum += own;
    count += samples;
  }
  return Math.max(0, sum / count);
}

/**
 * The same of each sample `[samples]`; rounding may leave one a little below 0.
 *
 * @param first of the samples, for messages
 * @throws NonFiniteError
 */
export function outputDivergences(
  task: TaskSettings,
  reference: readonly OutputTensor[],
  output: readonly OutputTensor[],
  samples: number,
  first = 0,
): Float64Array {
  const definition = taskOf(task.kind);
  return Float64Array.from({ length: samples }, (_, sample) => {
    const [expected, own] = [reference, output].map((all) => all.map((each) => sampleOf(each, sample, samples)));
    const divergence = definition.divergence(task, expected!, own!);
    if (!Number.isFinite(divergence)) throw new NonFiniteError(`the output, sample ${first + sample}`);
    return divergence;
  });
}

function sampleOf(tensor: OutputTensor, sample: number, samples: number): OutputTensor {
  const { data, dims } = tensor;
  const size = data.length / samples;
  return { ...tensor, data: data.subarray(sample * size, (sample + 1) * size), dims: [1, ...dims.slice(1)] };
}
