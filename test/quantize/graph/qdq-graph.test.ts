import { describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { decodeModel, encodeModel } from '../../../src/onnx/onnx-model.js';
import { prepareLayers, type PreparedLayer } from '../../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../../src/quantize/graph/qdq-graph.js';
import { quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import {
  buildModel,
  floatsOf,
  graphText,
  layersOf,
  node,
  tensor,
  value,
  type ModelSpec,
} from '../../onnx/build-model.js';
import { runOnX, type Floats } from '../../onnx/run-model.js';
import { inputOfKind, layerKinds, modelOfKind } from '../../smooth/layer-kinds.js';
import { preparation } from '../preparations.js';

const pointwise: ModelSpec = {
  nodes: [node('Conv', ['x', 'w', 'b'], 'c', [], 'first'), node('Relu', ['c'], 'y')],
  inputs: [value('x', ['N', 2, 1, 2])],
  // Channel absmax 4 and 1; of x 16 and 1. At alpha 0.5 s = sqrt(16 / 4) = 2 and sqrt(1 / 1) = 1.
  initializers: [tensor('w', [2, 2, 1, 1], [4, 1, -2, 0.5]), tensor('b', [2], [0.5, -0.5])],
};
const x: Floats = { data: Float32Array.of(16, -3, 0.25, -1), dims: [1, 2, 1, 2] };

async function prepare(
  model: OnnxModel,
  input: Floats,
  bits: number,
  alpha: number | null,
  granularity: 'channel' | 'tensor' = 'channel',
): Promise<readonly PreparedLayer[]> {
  const layers = layersOf(model);
  return prepareLayers(layers, await observeDirectly(model, layers, input), preparation(bits, alpha, granularity));
}

async function exported(spec: ModelSpec, bits: number, alpha: number | null): Promise<OnnxModel> {
  const model = buildModel(spec);
  return qdqModel(model, await prepare(model, x, bits, alpha), {});
}

function bytesOf(model: OnnxModel, name: string): number[] {
  return [...new Int8Array(new Uint8Array(model.index.initializers.get(name)!.rawData).buffer)];
}

function domainsOf(model: OnnxModel): string[] {
  return model.graph.node.filter((n) => n.opType.endsWith('Linear')).map((n) => `${n.opType} ${n.domain}`);
}

describe('qdqModel', () => {
  it('divides by s, then quantizes and dequantizes; the weight is integers behind DequantizeLinear', async () => {
    const model = await exported(pointwise, 8, 0.5);
    expect(graphText(model)).toMatchInlineSnapshot(`
      "quantsweep/first/smoothed_input = Div(x, quantsweep/first/s)
      quantsweep/first/input/quantized = QuantizeLinear(quantsweep/first/smoothed_input, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/input/dequantized = DequantizeLinear(quantsweep/first/input/quantized, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/weight/dequantized = DequantizeLinear(quantsweep/first/weight/quantized, quantsweep/first/weight/scale, quantsweep/first/weight/zero_point) {axis=0}
      c = Conv(quantsweep/first/input/dequantized, quantsweep/first/weight/dequantized, b)
      y = Relu(c)"
    `);
    // max(16 / 2, 1 / 1) / 127; W * s = [[8, 1], [-4, 0.5]], so rows of scale 8 / 127 and 4 / 127.
    expect(floatsOf(model, 'quantsweep/first/s')).toEqual([2, 1]);
    expect(floatsOf(model, 'quantsweep/first/input/scale')).toEqual([Math.fround(8 / 127)]);
    expect(floatsOf(model, 'quantsweep/first/weight/scale')).toEqual([8 / 127, 4 / 127].map(Math.fround));
    expect(bytesOf(model, 'quantsweep/first/weight/quantized')).toEqual([127, 16, -127, 16]);
    expect(bytesOf(model, 'quantsweep/first/input/zero_point')).toEqual([0]);
    expect(model.index.initializers.has('w')).toBe(false);
  });

  it('has no Div where s is 1, and one scale for a weight per tensor', async () => {
    const model = buildModel(pointwise);
    const layers = await prepare(model, x, 8, null, 'tensor');
    expect(graphText(qdqModel(model, layers, {}))).toMatchInlineSnapshot(`
      "quantsweep/first/input/quantized = QuantizeLinear(x, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/input/dequantized = DequantizeLinear(quantsweep/first/input/quantized, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/weight/dequantized = DequantizeLinear(quantsweep/first/weight/quantized, quantsweep/first/weight/scale, quantsweep/first/weight/zero_point)
      c = Conv(quantsweep/first/input/dequantized, quantsweep/first/weight/dequantized, b)
      y = Relu(c)"
    `);
  });

  it('has no Div where all channels are dead, whatever alpha', async () => {
    const model = buildModel(pointwise);
    const layers = await prepare(model, { ...x, data: new Float32Array(4) }, 8, 0.5);
    expect(layers[0]).toMatchObject({ alpha: 0.5, factors: { deadChannels: 2 } });
    expect(graphText(qdqModel(model, layers, {}))).not.toContain('Div');
  });

  it('clips to the narrower range in front of QuantizeLinear below 8 bits, which are stored in 8', async () => {
    const model = await exported(pointwise, 4, null);
    expect(graphText(model)).toMatchInlineSnapshot(`
      "quantsweep/first/input/clipped = Clip(x, quantsweep/first/input/clipped/low, quantsweep/first/input/clipped/high)
      quantsweep/first/input/quantized = QuantizeLinear(quantsweep/first/input/clipped, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/input/dequantized = DequantizeLinear(quantsweep/first/input/quantized, quantsweep/first/input/scale, quantsweep/first/input/zero_point)
      quantsweep/first/weight/dequantized = DequantizeLinear(quantsweep/first/weight/quantized, quantsweep/first/weight/scale, quantsweep/first/weight/zero_point) {axis=0}
      c = Conv(quantsweep/first/input/dequantized, quantsweep/first/weight/dequantized, b)
      y = Relu(c)"
    `);
    const scale = Math.fround(16 / 7);
    expect(floatsOf(model, 'quantsweep/first/input/clipped/low')).toEqual([Math.fround(-8 * scale)]);
    expect(floatsOf(model, 'quantsweep/first/input/clipped/high')).toEqual([Math.fround(7 * scale)]);
    expect(bytesOf(model, 'quantsweep/first/weight/quantized')).toEqual([7, 2, -7, 2]);
  });

  it('clips by attributes before opset 11', async () => {
    const model = await exported({ ...pointwise, opset: 10 }, 4, null);
    expect(graphText(model)).toContain('Clip(x) {min=-18.285');
  });

  it.each([
    { opset: 9, bits: 8, expected: ['com.microsoft', 'com.microsoft', 'com.microsoft'] },
    { opset: 12, bits: 8, expected: ['', '', 'com.microsoft'] },
    { opset: 13, bits: 8, expected: ['', '', ''] },
    { opset: 20, bits: 16, expected: ['com.microsoft', 'com.microsoft', 'com.microsoft'] },
    { opset: 21, bits: 16, expected: ['', '', ''] },
  ])(
    'uses the domain of onnxruntime where opset $opset lacks a form of $bits bits',
    async ({ opset, bits, expected }) => {
      const model = await exported({ ...pointwise, opset, irVersion: opset > 20 ? 10 : 3 }, bits, 0.5);
      const ops = ['QuantizeLinear', 'DequantizeLinear', 'DequantizeLinear'];
      expect(domainsOf(model)).toEqual(ops.map((op, i) => `${op} ${expected[i]}`));
      const imports = model.proto.opsetImport.map((o) => [o.domain, Number(o.version)]);
      const own = ['', opset];
      expect(imports).toEqual(expected.includes('com.microsoft') ? [own, ['com.microsoft', 1]] : [own]);
      expect(Number(model.proto.irVersion)).toBe(opset > 20 ? 10 : 4);
      await expect(runOnX(model, x)).resolves.toBeDefined();
    },
  );

  it('adds metadata and replaces entries of the same key', async () => {
    const model = buildModel(pointwise);
    const layers = await prepare(model, x, 8, 0.5);
    const first = qdqModel(model, layers, { author: 'somebody', 'quantsweep.sweep': 'old' });
    const again = qdqModel({ ...model, proto: { ...model.proto, metadataProps: first.proto.metadataProps } }, layers, {
      'quantsweep.sweep': 'new',
    });
    const { metadataProps } = decodeModel(encodeModel(again)).proto;
    expect(metadataProps.map(({ key, value }) => [key, value])).toEqual([
      ['author', 'somebody'],
      ['quantsweep.sweep', 'new'],
    ]);
  });
});

const widths = [2, 4, 8, 16];
const granularities = ['channel', 'tensor'] as const;

describe.each(layerKinds)('qdqModel of $title', (kind) => {
  const grid = widths.flatMap((bits) => granularities.map((granularity) => ({ bits, granularity })));

  it.each(grid)('gives the simulated outputs, $bits bits per $granularity', async ({ bits, granularity }) => {
    const model = modelOfKind(kind, 5 * bits);
    const calibration = inputOfKind(kind, 3 * bits);
    // Values beyond the calibrated range clip.
    const input = { ...calibration, data: calibration.data.map((v) => 1.3 * v) };
    for (const alpha of [null, 0.5]) {
      const layers = await prepare(model, calibration, bits, alpha, granularity);
      const actual = await runOnX(qdqModel(model, layers, {}), input);
      const expected = await runOnX(quantizedModel(model, layers), input);
      const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const error = actual.data.reduce((a, v, i) => Math.max(a, Math.abs(v - expected.data[i]!)), 0);
      expect(largest).toBeGreaterThan(0);
      if (alpha === null) expect(error).toBe(0);
      else expect(error / largest).toBeLessThan(1e-6);
    }
  });
});
