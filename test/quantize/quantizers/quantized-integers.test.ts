import { describe, expect, it } from 'vitest';
import { prepareLayers, type PreparedLayer } from '../../../src/quantize/prepare-layers.js';
import { quantizedIntegers } from '../../../src/quantize/quantizers/quantized-integers.js';
import { intAttribute } from '../../../src/onnx/node.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { preparation } from '../preparations.js';

/** One layer without smoothing whose weight is given. */
function layerOf(op: string, shape: readonly number[], weight: readonly number[], groups = 1, granularity = 'channel') {
  const isGemm = op === 'Gemm';
  const model = buildModel({
    nodes: [node(op, ['x', 'w'], 'y', isGemm ? [] : [intAttribute('group', groups)], 'layer')],
    inputs: [value('x', isGemm ? ['N', shape[0]!] : ['N', 'C', 2, 2])],
    initializers: [tensor('w', shape, weight)],
  });
  const [layer] = layersOf(model);
  const ones = new Float64Array(layer!.inputChannels).fill(1);
  const statistics = { layer: 'layer', min: ones, max: ones, absmax: ones, absmaxView: null, histograms: null };
  const how = preparation(8, null, granularity === 'channel' ? 'channel' : 'tensor');
  return prepareLayers([layer!], new Map([['layer', statistics]]), how)[0] as PreparedLayer;
}

describe('quantizedIntegers', () => {
  it('has the scales of a Conv along axis 0', () => {
    const found = quantizedIntegers(layerOf('Conv', [2, 2, 1, 1], [127, 1, 2, 254]));
    expect(found).toMatchObject({ values: Int32Array.from([127, 1, 1, 127]), axis: 0 });
    expect(found!.quantizers.map((q) => q.scale)).toEqual([1, 2]);
  });

  it('has the scales of a Gemm and of a ConvTranspose of one group along axis 1', () => {
    for (const layer of [
      layerOf('Gemm', [2, 2], [127, 2, 1, 254]),
      layerOf('ConvTranspose', [2, 2, 1, 1], [127, 2, 1, 254]),
    ]) {
      const found = quantizedIntegers(layer);
      expect(found).toMatchObject({ values: Int32Array.from([127, 1, 1, 127]), axis: 1 });
      expect(found!.quantizers.map((q) => q.scale)).toEqual([1, 2]);
    }
  });

  it('repeats the scale of a group with one output channel for its input channels', () => {
    const found = quantizedIntegers(layerOf('ConvTranspose', [4, 1, 1, 1], [127, 1, 2, 254], 2));
    expect(found).toMatchObject({ values: Int32Array.from([127, 1, 1, 127]), axis: 0 });
    expect(found!.quantizers.map((q) => q.scale)).toEqual([1, 1, 2, 2]);
  });

  it('has none for a grouped ConvTranspose per channel, one for it per tensor', () => {
    const weight = [127, 254, 1, 2, 254, 127, 2, 1];
    expect(quantizedIntegers(layerOf('ConvTranspose', [4, 2, 1, 1], weight, 2))).toBeNull();
    const perTensor = quantizedIntegers(layerOf('ConvTranspose', [4, 2, 1, 1], weight, 2, 'tensor'));
    // Scale 2, half to even: 127 / 2 = 63.5 -> 64, 1 / 2 -> 0.
    expect(perTensor).toMatchObject({ values: Int32Array.from([64, 127, 0, 1, 127, 64, 1, 0]), axis: null });
  });
});
