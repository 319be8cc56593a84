import { describe, expect, it } from 'vitest';
import type { InputStatistics } from '../../src/records/observation-record.js';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import {
  prepareLayers,
  quantizerRecords,
  smoothingRecord,
  type Preparation,
} from '../../src/quantize/prepare-layers.js';
import { buildModel, layersOf, node, tensor } from '../onnx/build-model.js';
import { preparation, w8a8 } from './preparations.js';

function convolution(weight: readonly number[]) {
  const model = buildModel({
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'conv')],
    initializers: [tensor('w', [2, 2, 1, 1], weight)],
  });
  return layersOf(model);
}

function statistics(absmax: readonly number[], absmaxView: readonly number[] | null = null): InputStatistics {
  const max = Float64Array.from(absmax);
  return {
    layer: 'conv',
    min: max.map((v) => -v),
    max,
    absmax: max,
    absmaxView: absmaxView === null ? null : Float64Array.from(absmaxView),
    histograms: null,
  };
}

function prepareOne(weight: readonly number[], inputs: InputStatistics, how: Preparation) {
  return prepareLayers(convolution(weight), new Map([['conv', inputs]]), how)[0]!;
}

describe('prepareLayers', () => {
  it('smooths, calibrates and quantizes as computed by hand', () => {
    // Weight absmax by input channel: 4 and 0.25, so s = sqrt(act / wt) = sqrt(16 / 4) = 2 and
    // sqrt(1 / 0.25) = 2.
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([16, 1]), w8a8(0.5));
    expect([...prepared.factors.s]).toEqual([2, 2]);
    expect(prepared.input.amax).toBe(8);
    expect(prepared.input.scale).toBe(Math.fround(8 / 127));
    expect([...prepared.divisor]).toEqual([
      Math.fround(2 * Math.fround(8 / 127)),
      Math.fround(2 * Math.fround(8 / 127)),
    ]);
    expect([...prepared.smoothedWeight]).toEqual([8, 0.5, 2, 0.25]);
    expect(prepared.weight.quantizers.map((q) => q.amax)).toEqual([8, 2]);
  });

  it('takes amax from the true absmax even where s comes from the view', () => {
    // View statistics say 4 and 4; the view of the weight has columns [4, 1] and [0.25, 0.125].
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([16, 1], [4, 4]), {
      ...w8a8(0.5),
      smoothing: { mode: 'static', alpha: 0.5, absmax: 'view', apply: 'insert' },
    });
    expect([...prepared.factors.s]).toEqual([1, 4]);
    expect(prepared.input.amax).toBe(16);
  });

  it('leaves an unsmoothed layer at s = 1', () => {
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([16, 1]), w8a8(null));
    expect([...prepared.factors.s]).toEqual([1, 1]);
    expect([...prepared.smoothedWeight]).toEqual([4, 0.25, 1, 0.125]);
    expect(smoothingRecord(prepared)).toMatchObject({ alpha: null, apply: 'none', deadChannels: 0 });
  });

  it('smooths at alpha 0, which is not unsmoothed', () => {
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([16, 1]), w8a8(0));
    expect([...prepared.factors.s]).toEqual([0.25, 4]);
    expect(smoothingRecord(prepared)).toMatchObject({ alpha: 0, apply: 'insert' });
  });

  it('leaves a dead channel alone and counts it', () => {
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([0, 1]), w8a8(0.5));
    expect([...prepared.factors.s]).toEqual([1, 2]);
    expect(smoothingRecord(prepared).deadChannels).toBe(1);
  });

  it('survives an input that is zero everywhere', () => {
    const prepared = prepareOne([4, 0.25, 1, 0.125], statistics([0, 0]), w8a8(0.5));
    expect([prepared.input.amax, prepared.input.scale]).toEqual([0, 1]);
  });

  it('names the layer whose smoothed weight or statistics are not finite', () => {
    expect(() => prepareOne([3e38, 1, 1, 1], statistics([10, 1]), w8a8(1))).toThrow(
      new NonFiniteError('the smoothed weight of layer "conv"'),
    );
    expect(() => prepareOne([1, 1, 1, 1], statistics([Infinity, 1]), w8a8(0.5))).toThrow(
      new NonFiniteError('the input of layer "conv"'),
    );
  });
});

describe('quantizerRecords', () => {
  it('tells amax with and without smoothing', () => {
    const inputs = statistics([16, 1]);
    const [input, weight] = quantizerRecords(prepareOne([4, 0.25, 1, 0.125], inputs, w8a8(0.5)), inputs, w8a8(0.5));
    expect(input).toMatchObject({
      role: 'input',
      granularity: 'tensor',
      amax: 8,
      amaxUnsmoothed: 16,
      amaxChannels: null,
    });
    expect(weight).toMatchObject({
      role: 'weight',
      granularity: 'channel',
      amax: 8,
      amaxUnsmoothed: 4,
      bits: 8,
      zeroPoint: 0,
    });
    expect(weight!.amaxChannels).toEqual(Float64Array.of(8, 2));
    expect(weight!.scale).toBe(Math.fround(8 / 127));
  });

  it('tells the ends of an asymmetric weight, and the scale of its widest channel', () => {
    const inputs = statistics([16, 1]);
    const plain = w8a8(null);
    const { quantization } = plain;
    const how: Preparation = {
      ...plain,
      quantization: { ...quantization, weight: { ...quantization.weight, scheme: 'asymmetric' } },
    };
    // Channel 0 reaches from -500 to 10, channel 1 from 0 to 51: the widest is not the one that
    // reaches highest.
    const [, weight] = quantizerRecords(prepareOne([-500, 10, 51, 0], inputs, how), inputs, how);
    expect(weight).toMatchObject({ signed: false, amax: 51, low: -500, scale: 2, zeroPoint: 250, amaxUnsmoothed: 51 });
    expect(weight!.amaxChannels).toEqual(Float64Array.of(10, 51));
    expect(weight!.lowChannels).toEqual(Float64Array.of(-500, 0));
  });

  it.each([
    ['unsigned', { amax: 8, low: 0, signed: false, amaxUnsmoothed: 16 }],
    // Before smoothing from -64 to 16: what lies below 0 is divided by 2 too.
    ['asymmetric', { amax: 8, low: -32, signed: false, amaxUnsmoothed: 16 }],
  ] as const)('tells the range of an %s input with and without smoothing', (scheme, expected) => {
    const inputs = { ...statistics([64, 1]), min: Float64Array.of(-64, 0), max: Float64Array.of(16, 1) };
    const plain = w8a8(0.5);
    const { quantization } = plain;
    const how: Preparation = {
      ...plain,
      quantization: { ...quantization, activation: { ...quantization.activation, scheme } },
    };
    // Weight absmax by input channel 16 and 0.25: s = sqrt(64 / 16) = 2 and sqrt(1 / 0.25) = 2.
    const [input] = quantizerRecords(prepareOne([16, 0.25, 1, 0.125], inputs, how), inputs, how);
    expect(input).toMatchObject(expected);
    const width = expected.amax - expected.low;
    expect(input!.scale).toBe(Math.fround(width / 255));
    // 32 / (40 / 255) = 204.
    expect(input!.zeroPoint).toBe(scheme === 'asymmetric' ? 204 : 0);
  });

  it('has no channels for a weight per tensor', () => {
    const inputs = statistics([16, 1]);
    const how = preparation(4, null, 'tensor');
    const [, weight] = quantizerRecords(prepareOne([4, 0.25, 1, 0.125], inputs, how), inputs, how);
    expect(weight).toMatchObject({
      granularity: 'tensor',
      amax: 4,
      scale: Math.fround(4 / 7),
      amaxChannels: null,
      bits: 4,
    });
  });
});
