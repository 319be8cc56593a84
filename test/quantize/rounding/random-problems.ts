import type { WeightLayout } from '../../../src/onnx/layers/weight-layout.js';
import { inputChannels, outputChannels } from '../../../src/onnx/layers/weight-layout.js';
import { momentBlocks, type LayerMoments } from '../../../src/records/moments-record.js';
import type { Square } from './literal-rounding.js';

/** Numbers between -1 and 1 (Park and Miller's generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  };
}

export interface RandomMoments {
  readonly moments: LayerMoments;
  /** E[u u^T] of each group, whole. */
  readonly whole: readonly Square[];
  /** E[u] of each group. */
  readonly means: readonly (readonly number[])[];
}

/**
 * Moments of random unfolded inputs whose columns depend on each other; those of dead channels are
 * 0.
 */
export function randomMoments(
  layout: WeightLayout,
  {
    seed,
    samples = 400,
    dead = [],
    blockColumns,
  }: {
    readonly seed: number;
    readonly samples?: number;
    /** Input channels. */
    readonly dead?: readonly number[];
    readonly blockColumns?: number;
  },
): RandomMoments {
  const { groups, inputsPerGroup, kernelSize } = layout;
  const columns = inputsPerGroup * kernelSize;
  const random = randomNumbers(seed);
  const whole: number[][][] = [];
  const means: number[][] = [];
  for (let group = 0; group < groups; group++) {
    const sums = Array.from({ length: columns }, () => new Array<number>(columns).fill(0));
    const mean = new Array<number>(columns).fill(0);
    for (let sample = 0; sample < samples; sample++) {
      const common = random();
      const input = Array.from({ length: columns }, (_, column) => {
        const channel = group * inputsPerGroup + Math.floor(column / kernelSize);
        const value = Math.max(0, common + random()) * (1 + (column % 5));
        return dead.includes(channel) ? 0 : value;
      });
      for (const [i, a] of input.entries()) {
        mean[i]! += a / samples;
        for (const [j, b] of input.entries()) sums[i]![j]! += (a * b) / samples;
      }
    }
    whole.push(sums);
    means.push(mean);
  }
  return { moments: packed(layout, whole, means, blockColumns ?? columns), whole, means };
}

function packed(
  { groups, ...layout }: WeightLayout,
  whole: readonly Square[],
  means: readonly (readonly number[])[],
  blockColumns: number,
): LayerMoments {
  const columns = layout.inputsPerGroup * layout.kernelSize;
  const blocks = momentBlocks({ groups, columns, blockColumns });
  const products = blocks.flatMap(({ group, first, columns: own }) =>
    Array.from({ length: own }, (_, i) => whole[group]![first + i]!.slice(first, first + i + 1)).flat(),
  );
  return {
    ...{ layer: 'layer', groups, columns, blockColumns },
    products: Float64Array.from(products),
    means: Float64Array.from(means.flat()),
    nonZeroShares: new Float64Array(inputChannels({ groups, ...layout })).fill(1),
  };
}

/** Weights of a layout, of very different sizes by output channel. */
export function randomWeight(layout: WeightLayout, seed: number): Float32Array {
  const random = randomNumbers(seed);
  return Float32Array.from(
    { length: outputChannels(layout) * layout.inputsPerGroup * layout.kernelSize },
    () => random() * random(),
  );
}

/** Offsets in a weight of the numbers of one output channel, by column. */
export function offsetsOf(layout: WeightLayout, output: number): number[] {
  const { order, inputsPerGroup, outputsPerGroup, kernelSize } = layout;
  const group = Math.floor(output / outputsPerGroup);
  const within = output % outputsPerGroup;
  return Array.from({ length: inputsPerGroup * kernelSize }, (_, column) => {
    const input = Math.floor(column / kernelSize);
    const kernel =
      order === 'outputFirst'
        ? output * inputsPerGroup + input
        : (group * inputsPerGroup + input) * outputsPerGroup + within;
    return kernel * kernelSize + (column % kernelSize);
  });
}
