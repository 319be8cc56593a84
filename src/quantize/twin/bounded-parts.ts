import { outputChannels, visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import { LARGEST_EXACT } from './integer-sum.js';
import type { IntegerWeight } from './integer-weight.js';

/** Input channels of each group, `[start, end)`, that are summed up together. */
export interface ChannelRange {
  readonly start: number;
  readonly end: number;
}

/** How the sums of a weight are split up so that float32 holds each part of each part. */
export interface BoundedParts {
  readonly ranges: readonly ChannelRange[];
  /** True: the first part has room for the bias. */
  readonly holdsBias: boolean;
}

/** What the runtime's blocked layout has side by side at most: parts of that many lose nothing. */
const BLOCK = 16;

/**
 * Splits the input channels so that every sum of some of a part's products, in whatever order they
 * are added, is within {@link LARGEST_EXACT}: all positive products by themselves and all negative
 * ones are.
 *
 * @param lowest of the steps that are multiplied
 * @param highest of the steps that are multiplied
 */
export function boundedParts(
  { values, layout, bias }: Pick<IntegerWeight, 'values' | 'layout' | 'bias'>,
  lowest: number,
  highest: number,
): BoundedParts {
  const outputs = outputChannels(layout);
  const { positive, negative } = productsOf(values, layout, lowest, highest);
  const room = (start: number, end: number, extra: Int32Array | null): boolean => {
    for (let o = 0; o < outputs; o++) {
      let [above, below] = [Math.max(extra?.[o] ?? 0, 0), Math.max(-(extra?.[o] ?? 0), 0)];
      for (let i = start; i < end; i++) {
        above += positive[i * outputs + o]!;
        below += negative[i * outputs + o]!;
      }
      if (above > LARGEST_EXACT || below > LARGEST_EXACT) return false;
    }
    return true;
  };
  const holdsBias = room(0, 1, bias);
  const ranges: ChannelRange[] = [];
  let start = 0;
  while (start < layout.inputsPerGroup) {
    const extra = start === 0 && holdsBias ? bias : null;
    let end = layout.inputsPerGroup;
    if (!room(start, end, extra)) {
      // The most that fit, by halving: more channels never need less room.
      let fits = start + 1;
      while (end - fits > 1) {
        const middle = Math.floor((fits + end) / 2);
        if (room(start, middle, extra)) fits = middle;
        else end = middle;
      }
      end = fits > start + BLOCK ? fits - ((fits - start) % BLOCK) : fits;
    }
    ranges.push({ start, end });
    start = end;
  }
  return { ranges, holdsBias };
}

/** `[I/g, O]`: the largest sums of positive and of negative products, the latter's magnitude. */
function productsOf(
  values: Int32Array,
  layout: WeightLayout,
  lowest: number,
  highest: number,
): { readonly positive: Float64Array; readonly negative: Float64Array } {
  const outputs = outputChannels(layout);
  const positive = new Float64Array(layout.inputsPerGroup * outputs);
  const negative = new Float64Array(layout.inputsPerGroup * outputs);
  visitKernels(layout, (input, output, offset) => {
    const slot = (input % layout.inputsPerGroup) * outputs + output;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      const value = values[i]!;
      positive[slot]! += Math.max(value * highest, value * lowest);
      negative[slot]! += Math.max(-value * highest, -value * lowest);
    }
  });
  return { positive, negative };
}
