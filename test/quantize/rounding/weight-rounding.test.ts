import { describe, expect, it } from 'vitest';
import { hessianWeightCalibrator } from '../../../src/calibrate/weight-calibrators/hessian-weight-calibrator.js';
import type { WeightQuantizerSettings } from '../../../src/experiment/sections/settings.js';
import { outputChannels, type WeightLayout } from '../../../src/onnx/layers/weight-layout.js';
import { applyQuantizers } from '../../../src/quantize/quantizers/fake-quantize-weight.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { weightQuantizers } from '../../../src/quantize/quantizers/weight-quantizers.js';
import { RoundingMemo } from '../../../src/quantize/rounding/rounding-memo.js';
import { quantizeBy, rangesBy, type WeightRounding } from '../../../src/quantize/rounding/weight-rounding.js';
import { plainWeight } from '../preparations.js';
import { literalError } from './literal-rounding.js';
import { offsetsOf, randomMoments, randomWeight } from './random-problems.js';

const layout: WeightLayout = {
  ...{ order: 'outputFirst', groups: 2, inputsPerGroup: 3, outputsPerGroup: 4, kernelSize: 4 },
};
const { moments, whole } = randomMoments(layout, { seed: 5, dead: [1] });
const weight = randomWeight(layout, 11);
const view = { moments, s: new Float32Array(6).fill(1), centered: false };

function by(settings: Partial<WeightQuantizerSettings>): WeightRounding {
  return { layout, settings: { ...plainWeight(3), calibrator: 'hessian', ...settings }, view };
}

/** `dw H dw^T` of the nearest levels. */
function errorAt(output: number, quantizer: Quantizer, own = weight): number {
  const quantizers = Array.from({ length: 8 }, () => quantizer);
  const { values } = applyQuantizers(own, layout, quantizers, 'channel');
  const change = offsetsOf(layout, output).map((offset) => values[offset]! - own[offset]!);
  return literalError(change, whole[Math.floor(output / 4)]!);
}

const forms = [
  [{ scheme: 'signed', narrowRange: false }, (low, high) => symmetricQuantizer(Math.max(-low, high), 3)],
  [{ scheme: 'signed', narrowRange: true }, (low, high) => symmetricQuantizer(Math.max(-low, high), 3, true)],
  [{ scheme: 'asymmetric', narrowRange: false }, (low, high) => asymmetricQuantizer(low, high, 3)],
] as const satisfies readonly (readonly [Partial<WeightQuantizerSettings>, (low: number, high: number) => Quantizer])[];

describe('rangesBy calibrator hessian', () => {
  it.each(forms)('takes the share whose nearest levels err least, by channel, %o', (form, at) => {
    const ranges = rangesBy(by(form), weight, null);
    const shares = ranges.map((chosen, output) => {
      const own = offsetsOf(layout, output).map((offset) => weight[offset]!);
      const [low, high] = [Math.min(0, ...own), Math.max(0, ...own)];
      const tried = hessianWeightCalibrator.shares.map((share) => at(share * low, share * high));
      const errors = tried.map((quantizer) => errorAt(output, quantizer));
      const best = errors.indexOf(Math.min(...errors));
      expect(chosen).toEqual(tried[best]);
      return hessianWeightCalibrator.shares[best]!;
    });
    expect(new Set(shares).size).toBeGreaterThan(1);
  });

  it.each([
    ['', null],
    [', divided outputs in the units of FP32', Float32Array.of(1, 30, 1, 1, 1, 2, 1, 1)],
  ])('takes one share for a weight with one range%s', (_how, factors) => {
    const own = weight.map((value, index) => value / (factors?.[Math.floor(index / 12)] ?? 1));
    const [chosen] = rangesBy(by({ granularity: 'tensor' }), own, factors);
    const amax = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = (factor: (output: number) => number): readonly number[] =>
      hessianWeightCalibrator.shares.map((share) =>
        Array.from(
          { length: 8 },
          (_, output) => errorAt(output, symmetricQuantizer(share * amax, 3), own) * factor(output) ** 2,
        ).reduce((a, b) => a + b),
      );
    const best = (totals: readonly number[]): number =>
      hessianWeightCalibrator.shares[totals.indexOf(Math.min(...totals))]!;
    const share = best(errors((output) => factors?.[output] ?? 1));
    expect(chosen).toEqual(symmetricQuantizer(share * amax, 3));
    expect(share).toBeLessThan(1);
    // Which the factors decide.
    if (factors !== null) expect(best(errors(() => 1))).not.toBe(share);
  });

  it('holds every number where the layer has no moments, or all weights are 0', () => {
    const without = { ...by({}), view: null };
    expect(rangesBy(without, weight, null)).toEqual(weightQuantizers(weight, layout, plainWeight(3)));
    const zeros = new Float32Array(weight.length);
    expect(rangesBy(by({}), zeros, null)).toEqual(weightQuantizers(zeros, layout, plainWeight(3)));
  });
});

describe('quantizeBy', () => {
  it('rounds to the nearest levels where nothing else is asked for, or there are no moments', () => {
    const nearest = applyQuantizers(weight, layout, rangesBy(by({}), weight, null), 'channel');
    expect(quantizeBy(by({}), weight, null)).toEqual(nearest);
    const max = { ...plainWeight(3), rounding: 'gptq' } as const;
    expect(quantizeBy({ layout, settings: max, view: null }, weight, null)).toEqual(
      applyQuantizers(weight, layout, weightQuantizers(weight, layout, max), 'channel'),
    );
  });

  it('rounds within the ranges of the calibrator', () => {
    const ranges = rangesBy(by({}), weight, null);
    const rounded = quantizeBy(by({ rounding: 'gptq-descent' }), weight, null);
    expect(rounded.quantizers).toEqual(ranges);
    const nearest = applyQuantizers(weight, layout, ranges, 'channel');
    const total = (values: Float32Array): number =>
      Array.from({ length: outputChannels(layout) }, (_, output) =>
        literalError(
          offsetsOf(layout, output).map((offset) => values[offset]! - weight[offset]!),
          whole[Math.floor(output / 4)]!,
        ),
      ).reduce((a, b) => a + b);
    expect(total(rounded.values)).toBeLessThan(total(nearest.values));
  });

  it('takes an equal weight from the memo, and no other', () => {
    const memo = new RoundingMemo();
    const remembering = (settings: Partial<WeightQuantizerSettings>): WeightRounding => ({ ...by(settings), memo });
    const first = quantizeBy(remembering({ rounding: 'gptq' }), weight, null);
    expect(first).toEqual(quantizeBy(by({ rounding: 'gptq' }), weight, null));
    const equal = { ...remembering({ rounding: 'gptq' }), view: { ...view, moments: { ...moments } } };
    expect(quantizeBy(equal, weight.slice(), null)).toBe(first);
    const others: readonly (readonly [WeightRounding, Float32Array])[] = [
      [remembering({ rounding: 'gptq', bits: 4 }), weight],
      [remembering({ rounding: 'gptq-descent' }), weight],
      [remembering({ rounding: 'gptq' }), weight.map((value, index) => (index === 0 ? value + 1 : value))],
      [{ ...remembering({ rounding: 'gptq' }), view: { ...view, centered: true } }, weight],
      [{ ...remembering({ rounding: 'gptq' }), view: { ...view, s: view.s.map((own) => own * 2) } }, weight],
      [
        {
          ...remembering({ rounding: 'gptq' }),
          view: { ...view, moments: { ...moments, products: moments.products.map((value) => value * 3) } },
        },
        weight,
      ],
    ];
    for (const [rounding, own] of others) {
      const { memo: _, ...plain } = rounding;
      const again = quantizeBy(rounding, own, null);
      expect(again).not.toBe(first);
      expect(again).toEqual(quantizeBy(plain, own, null));
    }
  });
});
