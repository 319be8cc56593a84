import type { SampleOutputs } from '../../../tasks/output-divergence.js';

/** Numbers of all outputs, and how many of them are not the same bit for bit. */
export function countDiffering(
  expected: readonly SampleOutputs[],
  actual: readonly SampleOutputs[],
): { readonly values: number; readonly differing: number } {
  let values = 0;
  let differing = 0;
  for (const [run, { outputs }] of expected.entries()) {
    for (const [index, { data }] of outputs.entries()) {
      const other = actual[run]!.outputs[index]!.data;
      values += data.length;
      for (const [at, value] of data.entries()) if (!Object.is(other[at], value)) differing += 1;
    }
  }
  return { values, differing };
}
