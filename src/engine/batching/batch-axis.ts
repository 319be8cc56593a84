import type { ModelIo } from '../../onnx/model-io.js';
import type { ModelOutput } from '../../onnx/evaluated-outputs.js';

/**
 * The axis of an output that is the batch in runs of one row: null where no axis is, so that the
 * whole tensor is the sample's; `firstOne` where nothing tells, and the first axis of one is taken.
 */
export type BatchAxis = number | null | 'firstOne';

/**
 * What the model states of an output's batch axis: an axis named like the input's, else the first
 * that is 1; none where all lengths are stated and none is 1. An axis that is free and named
 * otherwise may be the batch, or as long as what is found in the sample: that is not told.
 */
export function statedBatchAxis(
  { input, axisNames }: Pick<ModelIo, 'input' | 'axisNames'>,
  output: ModelOutput,
): BatchAxis {
  const name = axisNames?.get(input)?.[0] ?? null;
  const named = name === null ? -1 : (output.axisNames?.indexOf(name) ?? -1);
  if (named >= 0) return named;
  if (output.shape === null) return 'firstOne';
  const one = output.shape.indexOf(1);
  if (one >= 0) return one;
  return output.shape.includes(null) ? 'firstOne' : null;
}

/**
 * The axis that was the batch in every run of one row that was seen: the first that was always 1;
 * null where there is none.
 *
 * @param shapes of the output, one a run, one at least
 */
export function seenBatchAxis(shapes: readonly (readonly number[])[]): number | null {
  const [first, ...others] = shapes;
  const axis = first!.findIndex((length, index) => length === 1 && others.every((dims) => dims[index] === 1));
  return axis < 0 ? null : axis;
}
