import type { OutputTensor } from './metric.js';

/** Distance of an output that is as far from FP32's as one of zeros. */
const AS_ZEROS = 1;

/** A measure of one output, as one of all outputs of a sample: of the first. */
export function ofFirstOutput(
  measure: (reference: Float32Array, output: Float32Array) => number,
): (task: unknown, reference: readonly OutputTensor[], output: readonly OutputTensor[]) => number {
  return (_, [reference], [output]) => distance(measure, reference!, output!);
}

/**
 * The mean over all outputs of a sample of a measure of one. Outputs of integers, whose numbers
 * name rather than measure, are left out; where there are no others, their distance is the share of
 * numbers that differ.
 */
export function overOutputs(
  measure: (reference: Float32Array, output: Float32Array) => number,
): (task: unknown, reference: readonly OutputTensor[], output: readonly OutputTensor[]) => number {
  return (_, reference, output) => {
    const isMeasured = reference.some(({ isInteger }) => isInteger !== true);
    const each = reference.flatMap((expected, index) => {
      if (!isMeasured) return [distance(differingShare, expected, output[index]!)];
      return expected.isInteger === true ? [] : [distance(measure, expected, output[index]!)];
    });
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  };
}

/** Where another number of rows was found, as behind NonMaxSuppression, all counts as different. */
function distance(
  measure: (reference: Float32Array, output: Float32Array) => number,
  { data: reference }: OutputTensor,
  { data: output }: OutputTensor,
): number {
  return reference.length === output.length ? measure(reference, output) : AS_ZEROS;
}

function differingShare(reference: Float32Array, output: Float32Array): number {
  if (reference.length === 0) return 0;
  let differing = 0;
  for (const [index, value] of reference.entries()) if (output[index] !== value) differing += 1;
  return differing / reference.length;
}
