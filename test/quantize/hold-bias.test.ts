import { describe, expect, it } from 'vitest';
import { holdBias } from '../../src/quantize/hold-bias.js';
import { applyQuantizers, fakeQuantizeWeight } from '../../src/quantize/quantizers/fake-quantize-weight.js';
import { int32Bias } from '../../src/quantize/quantizers/int32-bias.js';
import { symmetricQuantizer } from '../../src/quantize/quantizers/quantizer.js';
import { requantizeWeight } from '../../src/quantize/quantizers/requantize-weight.js';
import type { PreparedLayer } from '../../src/quantize/prepare-layers.js';
import { noSmoothing } from '../../src/smooth/smoothing-factors.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { plainWeight } from './preparations.js';

/** Two output channels: one as usual, one whose weights decayed and whose bias did not. */
const weights = Float32Array.of(0.5, -1, 1e-20, -2e-20);
const base = buildModel({
  nodes: [node('Conv', ['x', 'w', 'b'], 'y')],
  inputs: [value('x', ['N', 2, 1, 1])],
  initializers: [tensor('w', [2, 2, 1, 1], weights), tensor('b', [2], [0.25, 0.75])],
});
const [layer] = layersOf(base) as [ReturnType<typeof layersOf>[number]];

function prepared(granularity: 'channel' | 'tensor', outputFactors: Float32Array | null = null): PreparedLayer {
  const own = fakeQuantizeWeight(weights, layer.layout, plainWeight(8, granularity));
  const input = symmetricQuantizer(127, 8);
  return {
    ...{ layer, original: layer, alpha: null, factors: noSmoothing(2), apply: 'none', fallbackReason: null },
    ...{ outputFactors, smoothedWeight: weights, undividedWeight: outputFactors === null ? null : weights },
    ...{ input, divisor: Float32Array.of(1, 1), biasCorrection: null, outputBound: 1 },
    weight: outputFactors === null ? own : requantizeWeight(own, layer.layout, outputFactors, layer.name),
  };
}

const toNearest: Parameters<typeof holdBias>[2] = (weight, quantizers, granularity) =>
  applyQuantizers(weight, layer.layout, quantizers, granularity);

describe('holdBias', () => {
  it('widens the range of a channel whose bias int32 does not hold, and no other', () => {
    const before = prepared('channel');
    const { scale: usual } = before.weight.quantizers[0]!;
    expect(int32Bias(Float32Array.of(0.25, 0.75), 1, before.weight.quantizers).clippedChannels).toBe(1);
    const { weight } = holdBias(base, before, toNearest);
    expect(weight.quantizers[0]!.scale).toBe(usual);
    const { values, scales, clippedChannels } = int32Bias(Float32Array.of(0.25, 0.75), 1, weight.quantizers);
    expect(clippedChannels).toBe(0);
    // What the channel gives is its bias.
    expect(values[1]! * scales[1]!).toBeCloseTo(0.75, 6);
    expect([...weight.values.slice(2)].map(Math.abs)).toEqual([0, 0]);
    expect(weight.values.slice(0, 2)).toEqual(before.weight.values.slice(0, 2));
  });

  it('keeps the division for layers behind it', () => {
    const factors = Float32Array.of(2, 4);
    const { weight } = holdBias(base, prepared('channel', factors), toNearest);
    const [undivided] = [weight.undivided!];
    for (const channel of [0, 1]) {
      const expected = Math.fround(undivided.quantizers[channel]!.scale / factors[channel]!);
      expect(weight.quantizers[channel]!.scale).toBe(expected);
    }
    // The base's bias is divided already.
    expect(int32Bias(Float32Array.of(0.25, 0.75), 1, weight.quantizers).clippedChannels).toBe(0);
  });

  it('leaves a layer as it is where all biases fit', () => {
    const own = prepared('tensor');
    expect(holdBias(base, own, toNearest)).toBe(own);
  });
});
