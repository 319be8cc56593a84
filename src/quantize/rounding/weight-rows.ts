import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { MomentBlock } from '../../records/moments-record.js';

/**
 * Where the numbers of a block of moments lie in a weight, output channel by output channel: column
 * j of a group is `input channel within the group * kernelSize + kernel position`.
 */
export interface WeightRows {
  /** The first output channel. */
  readonly firstOutput: number;
  readonly outputs: number;
  readonly columns: number;
  /** Numbers that lie side by side. */
  readonly kernelSize: number;
  /** Offset in the weight of the first number of the first output channel. */
  readonly offset: number;
  /** From one output channel to the next. */
  readonly outputStep: number;
  /** From one input channel to the next. */
  readonly inputStep: number;
}

/** @param block of whole input channels */
export function weightRows(layout: WeightLayout, block: MomentBlock): WeightRows {
  const { order, inputsPerGroup, outputsPerGroup, kernelSize } = layout;
  const outputStep = (order === 'outputFirst' ? inputsPerGroup : 1) * kernelSize;
  const inputStep = (order === 'outputFirst' ? 1 : outputsPerGroup) * kernelSize;
  const firstInput = block.first / kernelSize;
  return {
    firstOutput: block.group * outputsPerGroup,
    outputs: outputsPerGroup,
    columns: block.columns,
    kernelSize,
    offset: block.group * inputsPerGroup * outputsPerGroup * kernelSize + firstInput * inputStep,
    outputStep,
    inputStep,
  };
}

/**
 * Copies some output channels of a weight, one to a row.
 *
 * @param first of the block's output channels
 */
export function readRows(
  weight: Float32Array,
  { offset, outputStep, inputStep, kernelSize, columns }: WeightRows,
  first: number,
  count: number,
  rows: { readonly data: Float64Array; readonly stride: number },
): void {
  for (let row = 0; row < count; row++) {
    let from = offset + (first + row) * outputStep;
    const to = row * rows.stride;
    for (let column = 0; column < columns; column += kernelSize) {
      for (let k = 0; k < kernelSize; k++) rows.data[to + column + k] = weight[from + k]!;
      from += inputStep;
    }
  }
}

/** Writes one output channel back. */
export function writeRow(
  weight: Float32Array | Float64Array,
  { offset, outputStep, inputStep, kernelSize, columns }: WeightRows,
  output: number,
  valueAt: (column: number) => number,
): void {
  let to = offset + output * outputStep;
  for (let column = 0; column < columns; column += kernelSize) {
    for (let k = 0; k < kernelSize; k++) weight[to + k] = valueAt(column + k);
    to += inputStep;
  }
}
