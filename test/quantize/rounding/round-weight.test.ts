import { describe, expect, it } from 'vitest';
import type { WeightLayout } from '../../../src/onnx/layers/weight-layout.js';
import { inputChannels, outputChannels } from '../../../src/onnx/layers/weight-layout.js';
import { applyQuantizers } from '../../../src/quantize/quantizers/fake-quantize-weight.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { weightQuantizers } from '../../../src/quantize/quantizers/weight-quantizers.js';
import type { MomentsView } from '../../../src/quantize/rounding/moment-matrix.js';
import { roundWeight } from '../../../src/quantize/rounding/round-weight.js';
import { rowLevels } from '../../../src/quantize/rounding/row-levels.js';
import type { LayerMoments } from '../../../src/records/moments-record.js';
import { plainWeight } from '../preparations.js';
import { literalDescent, literalError, literalGptq, literalNearest, type Square } from './literal-rounding.js';
import { offsetsOf, randomMoments, randomWeight } from './random-problems.js';

const layouts: Readonly<Record<string, WeightLayout>> = {
  Conv: { order: 'outputFirst', groups: 1, inputsPerGroup: 5, outputsPerGroup: 7, kernelSize: 9 },
  'Conv in groups': { order: 'outputFirst', groups: 3, inputsPerGroup: 2, outputsPerGroup: 4, kernelSize: 4 },
  'depthwise Conv': { order: 'outputFirst', groups: 11, inputsPerGroup: 1, outputsPerGroup: 1, kernelSize: 9 },
  'depthwise Conv, two outputs a channel': {
    ...{ order: 'outputFirst', groups: 5, inputsPerGroup: 1, outputsPerGroup: 2, kernelSize: 9 },
  },
  ConvTranspose: { order: 'inputFirst', groups: 1, inputsPerGroup: 4, outputsPerGroup: 6, kernelSize: 4 },
  'ConvTranspose in groups': { order: 'inputFirst', groups: 3, inputsPerGroup: 3, outputsPerGroup: 2, kernelSize: 4 },
  Gemm: { order: 'outputFirst', groups: 1, inputsPerGroup: 30, outputsPerGroup: 6, kernelSize: 1 },
  MatMul: { order: 'inputFirst', groups: 1, inputsPerGroup: 30, outputsPerGroup: 6, kernelSize: 1 },
  'wider than a block of columns': {
    ...{ order: 'outputFirst', groups: 1, inputsPerGroup: 17, outputsPerGroup: 3, kernelSize: 9 },
  },
};

const schemes = {
  signed: { bits: 3, scheme: 'signed', narrowRange: false },
  narrow: { bits: 3, scheme: 'signed', narrowRange: true },
  asymmetric: { bits: 2, scheme: 'asymmetric', narrowRange: false },
} as const;

function ones(layout: WeightLayout): Float32Array {
  return new Float32Array(inputChannels(layout)).fill(1);
}

/** Of the weights of one output channel as numbers of its columns. */
function rowOf(layout: WeightLayout, values: Float32Array, output: number): number[] {
  return offsetsOf(layout, output).map((offset) => values[offset]!);
}

function integersOf(row: readonly number[], { scale }: Quantizer): number[] {
  return row.map((value) => Math.round(value / scale) + 0);
}

/** The integers of one output channel as the literal methods give them. */
function literalIntegers(row: readonly number[], quantizer: Quantizer, moments: Square, descends: boolean): number[] {
  const levels = rowLevels(quantizer);
  const nearest = literalNearest(row, levels);
  const started = literalGptq(row, moments, levels);
  const found = descends ? literalDescent(row, moments, levels, started) : started;
  // Of dead inputs.
  const kept = found.map((level, column) => (moments[column]![column] === 0 ? nearest[column]! : level));
  const errorOf = (integers: readonly number[]): number =>
    literalError(
      integers.map((level, column) => level * quantizer.scale - row[column]!),
      moments,
    );
  return (errorOf(kept) < errorOf(nearest) ? kept : nearest).map((level) => level + 0);
}

/** A moment matrix behind s. */
function smoothed(moments: Square, layout: WeightLayout, s: Float32Array, group: number): Square {
  const ofColumn = (column: number): number =>
    s[group * layout.inputsPerGroup + Math.floor(column / layout.kernelSize)]!;
  return moments.map((row, i) => row.map((value, j) => value / (ofColumn(i) * ofColumn(j))));
}

describe('roundWeight', () => {
  describe.each(Object.entries(layouts))('of a %s', (_title, layout) => {
    const { moments, whole } = randomMoments(layout, { seed: 5, dead: [1] });
    const weight = randomWeight(layout, 11);
    const s = Float32Array.from({ length: inputChannels(layout) }, (_, channel) => 1 + (channel % 3) / 4);

    it.each(Object.entries(schemes))('gives the integers of the literal methods, %s', (_name, scheme) => {
      for (const granularity of ['channel', 'tensor'] as const) {
        const quantizers = weightQuantizers(weight, layout, { ...plainWeight(3, granularity), ...scheme });
        for (const rounding of ['gptq', 'gptq-descent'] as const) {
          const view = { moments, s, centered: false };
          const { values } = roundWeight(weight, layout, quantizers, granularity, rounding, view);
          for (let output = 0; output < outputChannels(layout); output++) {
            const group = Math.floor(output / layout.outputsPerGroup);
            const quantizer = quantizers[granularity === 'channel' ? output : 0]!;
            const own = smoothed(whole[group]!, layout, s, group);
            const expected = literalIntegers(rowOf(layout, weight, output), quantizer, own, rounding !== 'gptq');
            expect(integersOf(rowOf(layout, values, output), quantizer)).toEqual(expected);
          }
        }
      }
    });

    it('is never worse than the nearest levels, at any bits', () => {
      const view = { moments, s, centered: false };
      for (const bits of [2, 3, 4, 6, 8, 16]) {
        const quantizers = weightQuantizers(weight, layout, plainWeight(bits));
        const nearest = applyQuantizers(weight, layout, quantizers, 'channel');
        const rounded = roundWeight(weight, layout, quantizers, 'channel', 'gptq-descent', view);
        for (let output = 0; output < outputChannels(layout); output++) {
          const group = Math.floor(output / layout.outputsPerGroup);
          const own = smoothed(whole[group]!, layout, s, group);
          const row = rowOf(layout, weight, output);
          const errorOf = (values: Float32Array): number =>
            literalError(
              rowOf(layout, values, output).map((value, column) => value - row[column]!),
              own,
            );
          expect(errorOf(rounded.values)).toBeLessThanOrEqual(errorOf(nearest.values) * (1 + 1e-6));
        }
      }
    });
  });

  const conv = layouts['Conv']!;

  it('gives values that are integers times the float32 scale', () => {
    const { moments } = randomMoments(conv, { seed: 3 });
    const weight = randomWeight(conv, 4);
    const quantizers = weightQuantizers(weight, conv, plainWeight(4));
    const view: MomentsView = { moments, s: ones(conv), centered: false };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    for (const [output, { scale, qmin, qmax }] of quantizers.entries()) {
      for (const value of rowOf(conv, values, output)) {
        const level = Math.round(value / scale);
        expect(value).toBe(Math.fround(level * scale));
        expect(level).toBeGreaterThanOrEqual(qmin);
        expect(level).toBeLessThanOrEqual(qmax);
      }
    }
  });

  it('finds by hand what makes up for the first of two weights', () => {
    const layout: WeightLayout = {
      order: 'outputFirst',
      groups: 1,
      inputsPerGroup: 2,
      outputsPerGroup: 1,
      kernelSize: 1,
    };
    // Inputs that are nearly equal: what counts is the sum of the weights.
    const moments: LayerMoments = {
      ...{ layer: 'layer', groups: 1, columns: 2, blockColumns: 2 },
      products: Float64Array.of(1, 0.98, 0.99),
      means: new Float64Array(2),
      nonZeroShares: Float64Array.of(1, 1),
    };
    // Nearest: 0 and 0, which loses 0.8. The first becomes 0; the second then aims at
    // 0.4 + 0.4 * 0.98 / 0.99995 = 0.79 (damping 0.00995), and becomes 1.
    const view = { moments, s: Float32Array.of(1, 1), centered: false };
    const quantizer = symmetricQuantizer(3, 3);
    const weight = Float32Array.of(0.4, 0.4);
    const { values } = roundWeight(weight, layout, [quantizer], 'channel', 'gptq', view);
    expect([...values]).toEqual([0, 1]);
    expect([...applyQuantizers(weight, layout, [quantizer], 'channel').values]).toEqual([0, 0]);
  });

  it('rounds weights of dead inputs to the nearest', () => {
    const { moments } = randomMoments(conv, { seed: 8, dead: [0, 3] });
    const weight = randomWeight(conv, 9);
    const quantizers = weightQuantizers(weight, conv, plainWeight(2));
    const nearest = applyQuantizers(weight, conv, quantizers, 'channel');
    const view: MomentsView = { moments, s: ones(conv), centered: false };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    const inDead = (index: number): boolean => [0, 3].includes(Math.floor(index / 9) % 5);
    const changed = [...values.keys()].filter((index) => values[index] !== nearest.values[index]);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter(inDead)).toEqual([]);
  });

  it('rounds to the nearest where all inputs are dead', () => {
    const { moments } = randomMoments(conv, { seed: 8, dead: [0, 1, 2, 3, 4] });
    const weight = randomWeight(conv, 9);
    const quantizers = weightQuantizers(weight, conv, plainWeight(2));
    const view: MomentsView = { moments, s: ones(conv), centered: true };
    const rounded = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    expect(rounded).toEqual(applyQuantizers(weight, conv, quantizers, 'channel'));
  });

  it('copes with fewer samples than columns, whose moments are singular', () => {
    const { moments, whole } = randomMoments(conv, { seed: 21, samples: 6 });
    const weight = randomWeight(conv, 22);
    const quantizers = weightQuantizers(weight, conv, plainWeight(4));
    const view: MomentsView = { moments, s: ones(conv), centered: false };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    const nearest = applyQuantizers(weight, conv, quantizers, 'channel').values;
    const totalOf = (own: Float32Array): number =>
      [...quantizers.keys()]
        .map((output) => {
          const row = rowOf(conv, weight, output);
          return literalError(
            rowOf(conv, own, output).map((value, column) => value - row[column]!),
            whole[0]!,
          );
        })
        .reduce((a, b) => a + b, 0);
    expect(totalOf(values)).toBeLessThan(0.5 * totalOf(nearest));
  });

  it('raises the damping where rounding errors make the moments indefinite', () => {
    const { moments } = randomMoments(conv, { seed: 2 });
    // Twice what is possible beside this diagonal.
    const products = moments.products.slice();
    products[1] = 2 * Math.sqrt(products[0]! * products[2]!);
    const weight = randomWeight(conv, 3);
    const quantizers = weightQuantizers(weight, conv, plainWeight(3));
    const view: MomentsView = { moments: { ...moments, products }, s: ones(conv), centered: false };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq', view);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values).not.toEqual(applyQuantizers(weight, conv, quantizers, 'channel').values);
  });

  it('rounds each block of moments by itself', () => {
    const blocked = randomMoments(conv, { seed: 6, blockColumns: 18 });
    const weight = randomWeight(conv, 7);
    const quantizers = weightQuantizers(weight, conv, plainWeight(3));
    const view: MomentsView = { moments: blocked.moments, s: ones(conv), centered: false };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    for (const [output, quantizer] of quantizers.entries()) {
      const row = rowOf(conv, weight, output);
      const expected = [0, 18, 36].flatMap((first) => {
        const columns = row.slice(first, first + 18);
        const own = blocked.whole[0]!.slice(first, first + 18).map((line) => line.slice(first, first + 18));
        return literalIntegers(columns, quantizer, own, true);
      });
      expect(integersOf(rowOf(conv, values, output), quantizer)).toEqual(expected);
    }
  });

  it('goes by moments about the mean where they are centered', () => {
    const { moments, whole, means } = randomMoments(conv, { seed: 6 });
    const weight = randomWeight(conv, 7);
    const quantizers = weightQuantizers(weight, conv, plainWeight(3));
    const view: MomentsView = { moments, s: ones(conv), centered: true };
    const { values } = roundWeight(weight, conv, quantizers, 'channel', 'gptq-descent', view);
    const covariance = whole[0]!.map((row, i) => row.map((value, j) => value - means[0]![i]! * means[0]![j]!));
    for (const [output, quantizer] of quantizers.entries()) {
      const expected = literalIntegers(rowOf(conv, weight, output), quantizer, covariance, true);
      expect(integersOf(rowOf(conv, values, output), quantizer)).toEqual(expected);
    }
  });

  it('gives a row that is scaled by a power of two the same integers', () => {
    const { moments } = randomMoments(conv, { seed: 12 });
    const weight = randomWeight(conv, 13);
    const scaled = weight.map((value, index) => value * 2 ** (Math.floor(index / 45) - 3));
    const view: MomentsView = { moments, s: ones(conv), centered: false };
    const [own, other] = [weight, scaled].map((values) => {
      const quantizers = weightQuantizers(values, conv, plainWeight(3));
      const { values: rounded } = roundWeight(values, conv, quantizers, 'channel', 'gptq-descent', view);
      return quantizers.map((quantizer, output) => integersOf(rowOf(conv, rounded, output), quantizer));
    });
    expect(own).toEqual(other);
  });

  it('keeps the zero point of an asymmetric range out of the values', () => {
    const layout: WeightLayout = {
      order: 'outputFirst',
      groups: 1,
      inputsPerGroup: 3,
      outputsPerGroup: 1,
      kernelSize: 1,
    };
    const { moments } = randomMoments(layout, { seed: 1 });
    const quantizer = asymmetricQuantizer(0, 3, 2);
    const view: MomentsView = { moments, s: ones(layout), centered: false };
    const weight = Float32Array.of(0.4, 0.4, 2.6);
    const { values } = roundWeight(weight, layout, [quantizer], 'channel', 'gptq-descent', view);
    expect([...values].every((value) => value >= 0 && value <= 3)).toBe(true);
  });

  it('names the layer whose moments are not finite', () => {
    const { moments } = randomMoments(conv, { seed: 2 });
    const products = moments.products.slice();
    products[0] = NaN;
    const weight = randomWeight(conv, 3);
    const view: MomentsView = { moments: { ...moments, products }, s: ones(conv), centered: false };
    expect(() =>
      roundWeight(weight, conv, weightQuantizers(weight, conv, plainWeight(3)), 'channel', 'gptq', view),
    ).toThrow(/second moments of the input of layer "layer"/);
  });
});
