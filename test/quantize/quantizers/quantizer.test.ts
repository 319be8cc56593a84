import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WeightLayout } from '../../../src/onnx/layers/weight-layout.js';
import { fakeQuantizeWeight } from '../../../src/quantize/quantizers/fake-quantize-weight.js';
import { symmetricQuantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { weightQuantizers } from '../../../src/quantize/quantizers/weight-quantizers.js';
import { plainWeight } from '../preparations.js';

describe('symmetricQuantizer', () => {
  it.each([
    [2, -2, 1],
    [3, -4, 3],
    [4, -8, 7],
    [5, -16, 15],
    [6, -32, 31],
    [7, -64, 63],
    [8, -128, 127],
    [16, -32768, 32767],
  ])('of %i bits has the range %i..%i and a scale of amax / qmax', (bits, qmin, qmax) => {
    const amax = 3.7;
    const scale = Math.fround(amax / qmax);
    const range = { amax, low: -amax, narrowRange: false };
    expect(symmetricQuantizer(amax, bits)).toEqual({ bits, signed: true, ...range, scale, zeroPoint: 0, qmin, qmax });
  });

  it('has scale 1 where amax is 0', () => {
    expect(symmetricQuantizer(0, 8).scale).toBe(1);
  });

  it('has scale 1 where float32 has no normal number for the scale', () => {
    expect(symmetricQuantizer(1e-45, 8).scale).toBe(1);
    expect(symmetricQuantizer(1e-40, 8).scale).toBe(1);
    expect(symmetricQuantizer(1e-35, 8).scale).toBe(Math.fround(1e-35 / 127));
  });

  it.each([NaN, Infinity, -1])('refuses an amax of %s', (amax) => {
    expect(() => symmetricQuantizer(amax, 8)).toThrow(RangeError);
  });
});

const rows = (outputs: number, inputs: number): WeightLayout => ({
  order: 'outputFirst',
  groups: 1,
  inputsPerGroup: inputs,
  outputsPerGroup: outputs,
  kernelSize: 1,
});

describe('fakeQuantizeWeight', () => {
  it('rounds half to even', () => {
    // amax 127 gives scale 1.
    const weight = Float32Array.of(0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.49999997, 127);
    const { values } = fakeQuantizeWeight(weight, rows(1, 9), plainWeight(8, 'channel'));
    expect([...values]).toEqual([0, 2, 2, 4, 0, -2, -2, 0, 127]);
  });

  it('has one quantizer per output channel, or one per tensor', () => {
    const weight = Float32Array.of(7, 0.6, -70, 6);
    const channel = fakeQuantizeWeight(weight, rows(2, 2), plainWeight(4, 'channel'));
    expect(channel.quantizers.map((q) => [q.amax, q.scale])).toEqual([
      [7, 1],
      [70, 10],
    ]);
    expect([...channel.values]).toEqual([7, 1, -70, 10]);
    const tensor = fakeQuantizeWeight(weight, rows(2, 2), plainWeight(4, 'tensor'));
    expect(tensor.quantizers.map((q) => [q.amax, q.scale])).toEqual([[70, 10]]);
    expect([...tensor.values]).toEqual([10, 0, -70, 10]);
  });

  it('takes output channels along the second axis where input channels come first', () => {
    const layout: WeightLayout = { ...rows(2, 2), order: 'inputFirst' };
    const amax = (l: WeightLayout): number[] =>
      weightQuantizers(Float32Array.of(1, 2, -30, 4), l, plainWeight(8)).map((q) => q.amax);
    expect(amax(layout)).toEqual([30, 4]);
    const grouped: WeightLayout = { ...layout, groups: 2, inputsPerGroup: 1 };
    expect(amax(grouped)).toEqual([1, 2, 30, 4]);
  });

  it('leaves a channel of zeros at zero', () => {
    const { values, quantizers } = fakeQuantizeWeight(new Float32Array(4), rows(2, 2), plainWeight(8));
    expect([...values]).toEqual([0, 0, 0, 0]);
    expect(quantizers.map((q) => q.scale)).toEqual([1, 1]);
  });

  it('does not lose a NaN when looking for the largest', () => {
    expect(() => weightQuantizers(Float32Array.of(NaN, 1, 3, 2), rows(2, 2), plainWeight(8))).toThrow(RangeError);
  });

  it('errs by at most half a step', () => {
    const bits = fc.constantFrom(2, 3, 4, 5, 6, 7, 8, 16);
    const weights = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(bits, weights, fc.constantFrom('channel' as const, 'tensor' as const), (b, numbers, granularity) => {
        const weight = Float32Array.from(numbers);
        const { values, quantizers } = fakeQuantizeWeight(weight, rows(1, weight.length), plainWeight(b, granularity));
        const { scale, qmin, qmax } = quantizers[0]!;
        for (const [i, w] of weight.entries()) {
          expect(Math.abs(values[i]! - w)).toBeLessThanOrEqual((scale / 2) * (1 + 1e-2 / 2 ** 8) + Math.abs(w) * 2e-7);
          const level = Math.round(values[i]! / scale);
          expect(level).toBeGreaterThanOrEqual(qmin);
          expect(level).toBeLessThanOrEqual(qmax);
          expect(values[i]).toBe(Math.fround(level * scale));
        }
      }),
    );
  });
});
