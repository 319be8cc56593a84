import type { OutputTensor } from './metric.js';

/** A measure of one output, as one of all outputs of a sample: of the first. */
export function ofFirstOutput(
  measure: (reference: Float32Array, output: Float32Array) => number,
): (task: unknown, reference: readonly OutputTensor[], output: readonly OutputTensor[]) => number {
  return (_, [reference], [output]) => measure(reference!.data, output!.data);
}

/** The mean over all outputs of a sample of a measure of one. */
export function overOutputs(
  measure: (reference: Float32Array, output: Float32Array) => number,
): (task: unknown, reference: readonly OutputTensor[], output: readonly OutputTensor[]) => number {
  return (_, reference, output) => {
    const each = reference.map(({ data }, index) => measure(data, output[index]!.data));
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  };
}
