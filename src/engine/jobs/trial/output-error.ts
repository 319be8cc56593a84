import { comparedOutputs, isInteger, type ModelOutput } from '../../../onnx/evaluated-outputs.js';
import type { SampleOutputs } from '../../../tasks/output-divergence.js';

/** How far an output is from FP32's. */
export interface OutputError {
  readonly output: string;
  /**
   * Largest difference relative to the absmax of FP32's, or itself where that is 0; of integers the
   * share of numbers that differ. Infinite where the sizes differ, NaN where a number is.
   */
  readonly relativeError: number;
}

/**
 * The output that is furthest from FP32's, each held against its own absmax over all samples.
 * Integers are left out, unless all outputs are.
 *
 * @param expected FP32's, batch by batch
 */
export function worstOutputError(
  outputs: readonly ModelOutput[],
  expected: readonly SampleOutputs[],
  actual: readonly SampleOutputs[],
): OutputError {
  const [first, ...others] = comparedOutputs(outputs).map((output) => {
    const error = isInteger(output) ? differingShare : relativeError;
    return { output: output.name, relativeError: error(pairsOf(output.name, expected, actual)) };
  });
  // Not by Math.max: NaN is the worst.
  return others.reduce(
    (worst, next) => (Number.isNaN(worst.relativeError) || next.relativeError <= worst.relativeError ? worst : next),
    first!,
  );
}

/** Of each compared output the largest difference, infinite where sizes differ. */
export function largestDifferences(
  outputs: readonly ModelOutput[],
  expected: readonly SampleOutputs[],
  actual: readonly SampleOutputs[],
): ReadonlyMap<string, number> {
  return new Map(
    comparedOutputs(outputs).map(({ name }) => [name, largest(pairsOf(name, expected, actual)).difference]),
  );
}

type Pair = readonly [expected: Float32Array, actual: Float32Array];

function pairsOf(
  output: string,
  expected: readonly SampleOutputs[],
  actual: readonly SampleOutputs[],
): readonly Pair[] {
  const of = ({ outputs }: SampleOutputs): Float32Array => outputs.find(({ name }) => name === output)!.data;
  return expected.map((batch, index) => [of(batch), of(actual[index]!)]);
}

function largest(pairs: readonly Pair[]): { readonly absmax: number; readonly difference: number } {
  let absmax = 0;
  // An operator that selects may give another number of rows.
  let difference = pairs.every(([expected, actual]) => actual.length === expected.length) ? 0 : Infinity;
  for (const [expected, actual] of pairs) {
    for (const [i, value] of expected.entries()) {
      absmax = Math.max(absmax, Math.abs(value));
      if (difference < Infinity) difference = Math.max(difference, Math.abs(actual[i]! - value));
    }
  }
  return { absmax, difference };
}

function relativeError(pairs: readonly Pair[]): number {
  const { absmax, difference } = largest(pairs);
  return absmax > 0 ? difference / absmax : difference;
}

function differingShare(pairs: readonly Pair[]): number {
  let numbers = 0;
  let differing = 0;
  for (const [expected, actual] of pairs) {
    if (actual.length !== expected.length) return Infinity;
    numbers += expected.length;
    for (const [i, value] of expected.entries()) if (actual[i] !== value) differing += 1;
  }
  return numbers === 0 ? 0 : differing / numbers;
}
