import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import { intAttribute } from '../../src/onnx/node.js';
import { TensorProtoSchema, TensorProto_DataType, type TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import { fakeQuantizeWeight } from '../../src/quantize/quantizers/fake-quantize-weight.js';
import { prepareLayers } from '../../src/quantize/prepare-layers.js';
import { symmetricQuantizer } from '../../src/quantize/quantizers/quantizer.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { statisticsOf } from '../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../onnx/run-model.js';
import { plainWeight, preparation } from './preparations.js';

const widths = [2, 3, 4, 5, 6, 7, 8, 16];

/** Zero and minus zero alike: rounding in float keeps the sign that integers don't have. */
const plain = (values: Float32Array): number[] => Array.from(values, (v) => v + 0);

function integers(name: string, bits: number, values: readonly number[], dims: readonly number[]): TensorProto {
  const wide = bits > 8;
  const data = wide ? Int16Array.from(values) : Int8Array.from(values);
  const dataType = wide ? TensorProto_DataType.INT16 : TensorProto_DataType.INT8;
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData: new Uint8Array(data.buffer) });
}

/**
 * Weights `[4, 300]` of rows that differ in range; two in three lie as near to the middle of two
 * levels as float32 can.
 */
function nearHalfSteps(bits: number, granularity: 'channel' | 'tensor'): Float32Array {
  const range = (row: number): number => Math.fround(1.37 * 10 ** (row - 2));
  const weight = randomFloats(bits, 1200, (i) => range(Math.floor(i / 300)));
  for (const [i, value] of weight.entries()) {
    const own = range(Math.floor(i / 300));
    if (i % 300 === 0) weight[i] = own;
    const { scale } = symmetricQuantizer(granularity === 'channel' ? own : range(3), bits);
    if (i % 3 !== 0) weight[i] = (Math.trunc((value / scale) * 0.9) + Math.sign(value) / 2) * scale;
  }
  return weight;
}

/** QuantizeLinear, a clip to the bits' range where the integer type is wider, DequantizeLinear. */
async function quantizeWithNodes(x: Floats, scales: readonly number[], bits: number): Promise<Float32Array> {
  const dims = scales.length === 1 ? [] : [scales.length];
  const axis = [intAttribute('axis', 0)];
  const zeros = scales.map(() => 0);
  const narrow = bits < 8;
  const model = buildModel({
    nodes: [
      node('QuantizeLinear', ['x', 'scale', 'zero'], 'q', axis),
      ...(narrow ? [node('Clip', ['q', 'low', 'high'], 'c')] : []),
      node('DequantizeLinear', [narrow ? 'c' : 'q', 'scale', 'zero'], 'y', axis),
    ],
    inputs: [value('x', x.dims)],
    initializers: [
      tensor('scale', dims, scales),
      integers('zero', bits, zeros, dims),
      ...(narrow
        ? [integers('low', bits, [-(2 ** (bits - 1))], []), integers('high', bits, [2 ** (bits - 1) - 1], [])]
        : []),
    ],
    opset: 21,
    irVersion: 10,
  });
  return (await runOnX(model, x)).data;
}

describe.each(widths)('at %i bits', (bits) => {
  it.each(['channel', 'tensor'] as const)(
    'the fake-quantized weight per %s is what Q/DQ nodes make of it',
    async (granularity) => {
      const weight = nearHalfSteps(bits, granularity);
      const layout = {
        order: 'outputFirst',
        groups: 1,
        inputsPerGroup: 300,
        outputsPerGroup: 4,
        kernelSize: 1,
      } as const;
      const { values, quantizers } = fakeQuantizeWeight(weight, layout, plainWeight(bits, granularity));
      const scales = quantizers.map((q) => q.scale);
      const expected = await quantizeWithNodes({ data: weight, dims: [4, 300] }, scales, bits);
      expect(plain(values)).toEqual(plain(expected));
    },
  );

  it.each([9, 13])('the unsmoothed activation chain at opset %i is what Q/DQ nodes make of it', async (opset) => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
      inputs: [value('x', [1, 2, 20, 25])],
      initializers: [tensor('w', [1, 2, 1, 1], [1, 1])],
      opset,
    });
    const layers = layersOf(model);
    const calibration = { data: randomFloats(bits + 50, 1000), dims: [1, 2, 20, 25] };
    const statistics = new Map([['layer', statisticsOf(layers[0]!, calibration)]]);
    const [prepared] = prepareLayers(layers, statistics, preparation(bits, null));
    const chain = applyEdits(quantizedModel(model, [prepared!]), [
      { kind: 'setOutputs', tensors: ['quantsweep/layer/dequantized'] },
    ]);
    // Also values out of range, exact halves of a step, and zeros.
    const { scale } = prepared!.input;
    const data = randomFloats(bits + 90, 1000, () => 1.5).map((v, i) =>
      i % 5 === 0 ? (Math.round(v * 7) + 0.5) * scale : v,
    );
    data[1] = 0;
    const x = { data, dims: [1, 2, 20, 25] };
    for (const level of ['disabled', 'all'] as const) {
      const { 'quantsweep/layer/dequantized': actual } = await runModel(chain, { x }, level);
      expect(plain(actual!.data)).toEqual(plain(await quantizeWithNodes(x, [scale], bits)));
    }
  });
});
