/**
 * How the numbers of a weight tensor belong to input and output channels. Covers the four weighted
 * operators:
 *
 * | op | shape | order | note |
 * |---|---|---|---|
 * | Conv | `[O, I/g, k...]` | outputFirst | group G alone reads channel `G*(I/g)+i` |
 * | ConvTranspose | `[I, O/g, k...]` | inputFirst | |
 * | Gemm | `[O, I]` if transB else `[I, O]` | outputFirst / inputFirst | one group, kernel of 1 |
 * | MatMul | `[I, O]` | inputFirst | one group, kernel of 1 |
 */
export interface WeightLayout {
  readonly order: 'outputFirst' | 'inputFirst';
  readonly groups: number;
  readonly inputsPerGroup: number;
  readonly outputsPerGroup: number;
  /** Product of the kernel's dimensions; 1 for Gemm and MatMul. */
  readonly kernelSize: number;
}

export function inputChannels(layout: WeightLayout): number {
  return layout.groups * layout.inputsPerGroup;
}

export function outputChannels(layout: WeightLayout): number {
  return layout.groups * layout.outputsPerGroup;
}

/**
 * Calls `visit` for each (input channel, output channel) pair that is connected, with the offset of
 * its `kernelSize` contiguous numbers.
 */
export function visitKernels(
  layout: WeightLayout,
  visit: (inputChannel: number, outputChannel: number, offset: number) => void,
): void {
  const { groups, inputsPerGroup, outputsPerGroup, kernelSize, order } = layout;
  let offset = 0;
  for (let group = 0; group < groups; group++) {
    const outer = order === 'outputFirst' ? outputsPerGroup : inputsPerGroup;
    const inner = order === 'outputFirst' ? inputsPerGroup : outputsPerGroup;
    for (let a = 0; a < outer; a++) {
      for (let b = 0; b < inner; b++) {
        const input = group * inputsPerGroup + (order === 'outputFirst' ? b : a);
        const output = group * outputsPerGroup + (order === 'outputFirst' ? a : b);
        visit(input, output, offset);
        offset += kernelSize;
      }
    }
  }
}
