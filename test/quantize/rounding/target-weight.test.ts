import { describe, expect, it } from 'vitest';
import type { CrossMoments } from '../../../src/calibrate/moments/cross-moments-accumulator.js';
import type { WeightLayout } from '../../../src/onnx/layers/weight-layout.js';
import { inputChannels, outputChannels } from '../../../src/onnx/layers/weight-layout.js';
import { targetWeight } from '../../../src/quantize/rounding/target-weight.js';
import { momentBlocks } from '../../../src/records/moments-record.js';
import { NonFiniteError } from '../../../src/records/non-finite-error.js';
import { offsetsOf, randomNumbers, randomWeight } from './random-problems.js';

/** Rows of unfolded inputs of one group. */
type Rows = readonly (readonly number[])[];

interface Inputs {
  /** In FP32, by group. */
  readonly float: readonly Rows[];
  /** In the quantized network, behind smoothing. */
  readonly quantized: readonly Rows[];
}

/** What quantization does to inputs: scaled, with noise of its own, and cut off. */
function randomInputs(layout: WeightLayout, s: Float32Array, seed: number, dead: readonly number[] = []): Inputs {
  const { groups, inputsPerGroup, kernelSize } = layout;
  const random = randomNumbers(seed);
  const float: number[][][] = [];
  const quantized: number[][][] = [];
  for (let group = 0; group < groups; group++) {
    const rows = Array.from({ length: 300 }, () => {
      const common = random();
      return Array.from({ length: inputsPerGroup * kernelSize }, () => common + random() + 0.3);
    });
    float.push(rows);
    quantized.push(
      rows.map((row) =>
        row.map((value, column) => {
          const channel = group * inputsPerGroup + Math.floor(column / kernelSize);
          if (dead.includes(channel)) return 0;
          return Math.max(0, 0.8 * value + 0.2 * row[0]! + 0.1 * random()) / s[channel]!;
        }),
      ),
    );
  }
  return { float, quantized };
}

function mean(count: number, at: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < count; row++) sum += at(row);
  return sum / count;
}

/** E[a_i b_j]. */
function product(a: Rows, b: Rows, i: number, j: number): number {
  return mean(a.length, (row) => a[row]![i]! * b[row]![j]!);
}

function momentsOf(layout: WeightLayout, { float, quantized }: Inputs, blockColumns?: number): CrossMoments {
  const columns = layout.inputsPerGroup * layout.kernelSize;
  const shape = { groups: layout.groups, columns, blockColumns: blockColumns ?? columns };
  const blocks = momentBlocks(shape);
  const everyColumn = (rows: readonly Rows[]): Float64Array =>
    Float64Array.from(rows.flatMap((own) => own[0]!.map((_, column) => mean(own.length, (row) => own[row]![column]!))));
  const triangles = blocks.flatMap(({ group, first, columns: size }) =>
    Array.from({ length: size }, (_, i) =>
      Array.from({ length: i + 1 }, (_, j) => product(quantized[group]!, quantized[group]!, first + i, first + j)),
    ).flat(),
  );
  const squares = blocks.flatMap(({ group, first, columns: size }) =>
    Array.from({ length: size ** 2 }, (_, at) =>
      product(float[group]!, quantized[group]!, first + Math.floor(at / size), first + (at % size)),
    ),
  );
  return {
    quantized: {
      ...{ layer: 'layer', ...shape },
      products: Float64Array.from(triangles),
      means: everyColumn(quantized),
      nonZeroShares: new Float64Array(inputChannels(layout)).fill(1),
    },
    cross: Float64Array.from(squares),
    floatMeans: everyColumn(float),
  };
}

const layouts: Readonly<Record<string, WeightLayout>> = {
  Conv: { order: 'outputFirst', groups: 1, inputsPerGroup: 3, outputsPerGroup: 5, kernelSize: 9 },
  'depthwise Conv': { order: 'outputFirst', groups: 6, inputsPerGroup: 1, outputsPerGroup: 2, kernelSize: 9 },
  'ConvTranspose in groups': { order: 'inputFirst', groups: 2, inputsPerGroup: 3, outputsPerGroup: 2, kernelSize: 4 },
  Gemm: { order: 'inputFirst', groups: 1, inputsPerGroup: 11, outputsPerGroup: 4, kernelSize: 1 },
  'more outputs than are worked on together': {
    ...{ order: 'outputFirst', groups: 1, inputsPerGroup: 6, outputsPerGroup: 150, kernelSize: 1 },
  },
  'wider than a block of the factorization': {
    ...{ order: 'outputFirst', groups: 1, inputsPerGroup: 70, outputsPerGroup: 3, kernelSize: 1 },
  },
};

function factors(layout: WeightLayout): Float32Array {
  return Float32Array.from({ length: inputChannels(layout) }, (_, channel) => [1, 4, 0.5][channel % 3]!);
}

/** H of a block and what `E[u v^T]` differs by from it, in the units of v, by definition. */
function blockOf(
  inputs: Inputs,
  layout: WeightLayout,
  s: Float32Array,
  group: number,
  columns: readonly number[],
  centered: boolean,
) {
  const [u, v] = [inputs.float[group]!, inputs.quantized[group]!];
  const average = (rows: Rows, column: number): number =>
    centered ? mean(rows.length, (row) => rows[row]![column]!) : 0;
  const h = columns.map((i) => columns.map((j) => product(v, v, i, j) - average(v, i) * average(v, j)));
  const difference = columns.map((i, row) =>
    columns.map((j, column) => {
      const own = s[group * layout.inputsPerGroup + Math.floor(i / layout.kernelSize)]!;
      return (product(u, v, i, j) - average(u, i) * average(v, j)) / own - h[row]![column]!;
    }),
  );
  return { h, difference };
}

describe('targetWeight', () => {
  it.each(
    Object.entries(layouts).flatMap(([name, layout]) =>
      [false, true].map((centered) => [name, centered, layout] as const),
    ),
  )('solves (T - W)(E[v v^T] + d) = W (E[u v^T] - E[v v^T]): %s, centered %s', (_, centered, layout) => {
    const s = factors(layout);
    const inputs = randomInputs(layout, s, 5);
    const weight = randomWeight(layout, 6);
    const { values, slopes } = targetWeight(weight, layout, momentsOf(layout, inputs), s, centered);
    const columns = Array.from({ length: layout.inputsPerGroup * layout.kernelSize }, (_, column) => column);
    for (let output = 0; output < outputChannels(layout); output++) {
      const group = Math.floor(output / layout.outputsPerGroup);
      const { h, difference } = blockOf(inputs, layout, s, group, columns, centered);
      const damping = (0.01 * columns.reduce((sum, i) => sum + h[i]![i]!, 0)) / columns.length;
      const offsets = offsetsOf(layout, output);
      const change = columns.map((i) => values[offsets[i]!]! - weight[offsets[i]!]!);
      expect(Math.max(...change.map(Math.abs))).toBeGreaterThan(1e-3);
      for (const j of columns) {
        const right = columns.reduce((sum, i) => sum + weight[offsets[i]!]! * difference[i]![j]!, 0);
        const left = columns.reduce((sum, i) => sum + change[i]! * h[i]![j]!, 0) + change[j]! * damping;
        expect(slopes[offsets[j]!]).toBeCloseTo(right, 10);
        expect(left).toBeCloseTo(right, 5);
      }
    }
  });

  it('is the weight itself where the inputs are those of FP32', () => {
    const layout = layouts['Conv']!;
    const s = new Float32Array(3).fill(1);
    const { float } = randomInputs(layout, s, 7);
    const weight = randomWeight(layout, 8);
    const { values, slopes } = targetWeight(weight, layout, momentsOf(layout, { float, quantized: float }), s, false);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(weight[i]!, 6);
    expect(Math.max(...slopes.map(Math.abs))).toBeLessThan(1e-12);
  });

  it('undoes what only scales the inputs, but for the damping', () => {
    const layout = layouts['Gemm']!;
    const s = new Float32Array(11).fill(1);
    const { float } = randomInputs(layout, s, 9);
    const halved = float.map((rows) => rows.map((row) => row.map((value) => value / 2)));
    const weight = randomWeight(layout, 10);
    const { values } = targetWeight(weight, layout, momentsOf(layout, { float, quantized: halved }), s, false);
    const doubled = weight.map((value) => 2 * value);
    const distance = (other: Float32Array): number => Math.hypot(...values.map((value, i) => value - other[i]!));
    expect(distance(doubled)).toBeLessThan(0.35 * distance(weight));
  });

  it('leaves weights of dead inputs as they are, and makes up for what these gave in FP32', () => {
    const layout = layouts['Conv']!;
    const s = factors(layout);
    const inputs = randomInputs(layout, s, 11, [1]);
    const weight = randomWeight(layout, 12);
    const { values } = targetWeight(weight, layout, momentsOf(layout, inputs), s, false);
    for (let output = 0; output < 5; output++) {
      for (const [column, offset] of offsetsOf(layout, output).entries()) {
        if (Math.floor(column / 9) === 1) expect(values[offset]).toBe(weight[offset]);
        else expect(values[offset]).not.toBe(weight[offset]);
      }
    }
  });

  it('leaves the weight as it is where all inputs are dead', () => {
    const layout = layouts['Conv']!;
    const s = factors(layout);
    const weight = randomWeight(layout, 13);
    const { values } = targetWeight(
      weight,
      layout,
      momentsOf(layout, randomInputs(layout, s, 14, [0, 1, 2])),
      s,
      false,
    );
    expect(values).toEqual(weight);
  });

  it('solves each block of moments by itself', () => {
    const layout = layouts['Conv']!;
    const s = factors(layout);
    const inputs = randomInputs(layout, s, 15);
    const weight = randomWeight(layout, 16);
    const { values } = targetWeight(weight, layout, momentsOf(layout, inputs, 18), s, false);
    const last = Array.from({ length: 9 }, (_, i) => 18 + i);
    const { h, difference } = blockOf(inputs, layout, s, 0, last, false);
    const damping = (0.01 * last.reduce((sum, _, i) => sum + h[i]![i]!, 0)) / 9;
    const offsets = offsetsOf(layout, 2);
    const change = last.map((column) => values[offsets[column]!]! - weight[offsets[column]!]!);
    for (const j of last.keys()) {
      const right = last.reduce((sum, column, i) => sum + weight[offsets[column]!]! * difference[i]![j]!, 0);
      expect(change.reduce((sum, e, i) => sum + e * h[i]![j]!, 0) + change[j]! * damping).toBeCloseTo(right, 5);
    }
  });

  it('names the layer where moments are not finite', () => {
    const layout = layouts['Gemm']!;
    const moments = momentsOf(layout, randomInputs(layout, factors(layout), 17));
    moments.cross[5] = NaN;
    const aim = (): unknown => targetWeight(randomWeight(layout, 18), layout, moments, factors(layout), false);
    expect(aim).toThrow(NonFiniteError);
    expect(aim).toThrow('layer "layer"');
  });
});
