import { elementCount } from '../../onnx/tensor.js';

/** Difference of two kernel positions, an axis each. */
export type Shift = readonly number[];

/** The positions of a kernel in the order of the weight's numbers. */
export function kernelPositions(kernel: readonly number[]): readonly Shift[] {
  return Array.from({ length: elementCount([...kernel]) }, (_, index) => {
    const position: number[] = [];
    let rest = index;
    for (const size of kernel.toReversed()) {
      position.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return position;
  });
}

/**
 * Every difference between two positions of a kernel: 25 of a 3x3 kernel.
 *
 * @param half one of each pair `d`, `-d`, the one whose first number that is not 0 is above 0: 13
 */
export function kernelShifts(kernel: readonly number[], half: boolean): readonly Shift[] {
  const range = kernel.map((size) => 2 * size - 1);
  const all = kernelPositions(range).map((position) => position.map((at, axis) => at - kernel[axis]! + 1));
  return half ? all.slice((all.length - 1) / 2) : all;
}
