import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import type { NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { deployableModel } from '../../../src/quantize/graph/deployable-model.js';
import { placedQdqModel } from '../../../src/quantize/graph/placed-qdq-graph.js';
import { targets, type PlacingTargetName } from '../../../src/targets/registry.js';
import { buildModel, floatsOf, graphText, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runByDefault } from '../../onnx/run-by-default.js';
import { runModel, runOnX } from '../../onnx/run-model.js';
import { handPlaced, type HandPlacement, type HandQuantizer } from './hand-placed.js';
import { preparedForTarget } from './prepared-for-target.js';

const x = { data: Float32Array.of(1, -0.5, 0.25, 2), dims: [1, 2, 1, 2] };

/** Two pointwise convolutions with a Relu between, the second without a bias. */
function chain(opset = 13): OnnxModel {
  return buildModel({
    nodes: [node('Conv', ['x', 'w', 'b'], 'c'), node('Relu', ['c'], 'r'), node('Conv', ['r', 'v'], 'y')],
    inputs: [value('x', [1, 2, 1, 2])],
    initializers: [
      tensor('w', [2, 2, 1, 1], [1.27, 0.5, -2.54, 0.1]),
      tensor('b', [2], [0.5, -0.25]),
      tensor('v', [1, 2, 1, 1], [0.635, -1.27]),
    ],
    opset,
    irVersion: opset > 20 ? 10 : 8,
  });
}

const ranges: Readonly<Record<string, HandQuantizer>> = {
  x: { range: [-0.55, 2] },
  r: { range: [0, 5.1] },
  y: { range: [-1.28, 1.27] },
};

const signed: Readonly<Record<string, HandQuantizer>> = {
  x: { range: [-2.54, 2.54], scheme: 'signed' },
  r: { range: [-5.08, 5.08], scheme: 'signed' },
};

async function written(
  target: PlacingTargetName,
  tensors: Readonly<Record<string, HandQuantizer>>,
  base = chain(),
  more: HandPlacement = {},
): Promise<OnnxModel> {
  return deployableModel(await handPlaced(base, target, tensors, x, more), 'simulated');
}

/** The type of a tensor, its dimensions and its integers. */
function integersOf(model: OnnxModel, name: string): readonly [type: string, dims: readonly number[], number[]] {
  const { dataType, dims, rawData } = model.index.initializers.get(name)!;
  const bytes = new Uint8Array(rawData).buffer;
  const arrays: Readonly<Record<number, () => ArrayLike<number>>> = {
    [TensorProto_DataType.INT8]: () => new Int8Array(bytes),
    [TensorProto_DataType.UINT8]: () => new Uint8Array(bytes),
    [TensorProto_DataType.INT32]: () => new Int32Array(bytes),
  };
  return [TensorProto_DataType[dataType]!, dims.map(Number), Array.from(arrays[dataType]!())];
}

const own = (name: string): string => `quantsweep/${name}`;

describe('placedQdqModel for onnxruntime-cpu', () => {
  it('quantizes tensors, weights and biases, and keeps the activation and the name of the output', async () => {
    const model = await written('onnxruntime-cpu', ranges);
    expect(graphText(model)).toMatchInlineSnapshot(`
      "quantsweep/tensor/x/quantized = QuantizeLinear(x, quantsweep/tensor/x/scale, quantsweep/tensor/x/zero_point)
      quantsweep/tensor/x/dequantized = DequantizeLinear(quantsweep/tensor/x/quantized, quantsweep/tensor/x/scale, quantsweep/tensor/x/zero_point)
      quantsweep/c/weight/dequantized = DequantizeLinear(quantsweep/c/weight/quantized, quantsweep/c/weight/scale, quantsweep/c/weight/zero_point) {axis=0}
      quantsweep/c/bias/dequantized = DequantizeLinear(quantsweep/c/bias/quantized, quantsweep/c/bias/scale, quantsweep/c/bias/zero_point) {axis=0}
      c = Conv(quantsweep/tensor/x/dequantized, quantsweep/c/weight/dequantized, quantsweep/c/bias/dequantized)
      r = Relu(c)
      quantsweep/tensor/r/quantized = QuantizeLinear(r, quantsweep/tensor/r/scale, quantsweep/tensor/r/zero_point)
      quantsweep/tensor/r/dequantized = DequantizeLinear(quantsweep/tensor/r/quantized, quantsweep/tensor/r/scale, quantsweep/tensor/r/zero_point)
      quantsweep/y/weight/dequantized = DequantizeLinear(quantsweep/y/weight/quantized, quantsweep/y/weight/scale, quantsweep/y/weight/zero_point) {axis=0}
      quantsweep/tensor/y/real = Conv(quantsweep/tensor/r/dequantized, quantsweep/y/weight/dequantized)
      quantsweep/tensor/y/quantized = QuantizeLinear(quantsweep/tensor/y/real, quantsweep/tensor/y/scale, quantsweep/tensor/y/zero_point)
      y = DequantizeLinear(quantsweep/tensor/y/quantized, quantsweep/tensor/y/scale, quantsweep/tensor/y/zero_point)"
    `);
  });

  it('stores uint8 levels, int8 weights per output channel, and biases in steps of the products', async () => {
    const model = await written('onnxruntime-cpu', ranges);
    // 2.55 / 255 from -0.55 to 2: level 55 is 0.
    expect(floatsOf(model, own('tensor/x/scale'))).toEqual([Math.fround(2.55 / 255)]);
    expect(integersOf(model, own('tensor/x/zero_point'))).toEqual(['UINT8', [], [55]]);
    expect(integersOf(model, own('tensor/r/zero_point'))).toEqual(['UINT8', [], [0]]);
    // Rows of absmax 1.27 and 2.54: steps of 0.01 and 0.02.
    expect(integersOf(model, own('c/weight/quantized'))).toEqual(['INT8', [2, 2, 1, 1], [127, 50, -127, 5]]);
    expect(integersOf(model, own('c/weight/zero_point'))).toEqual(['INT8', [2], [0, 0]]);
    const scales = [1.27, 2.54].map((amax) => Math.fround(Math.fround(amax) / 127));
    expect(floatsOf(model, own('c/weight/scale'))).toEqual(scales);
    // 0.5 / (0.01 * 0.01) and -0.25 / (0.01 * 0.02).
    expect(integersOf(model, own('c/bias/quantized'))).toEqual(['INT32', [2], [5000, -1250]]);
    expect(integersOf(model, own('c/bias/zero_point'))).toEqual(['INT32', [2], [0, 0]]);
    const step = Math.fround(2.55 / 255);
    expect(floatsOf(model, own('c/bias/scale'))).toEqual(scales.map((scale) => Math.fround(step * scale)));
    expect(model.index.initializers.has(own('y/bias/quantized'))).toBe(false);
  });

  it('writes one scale of a weight per tensor, and one of its bias', async () => {
    const model = await written('onnxruntime-cpu', ranges, chain(), { granularity: 'tensor' });
    expect(integersOf(model, own('c/weight/zero_point'))).toEqual(['INT8', [], [0]]);
    expect(integersOf(model, own('c/bias/zero_point'))).toEqual(['INT32', [], [0]]);
    expect(integersOf(model, own('c/bias/quantized'))).toEqual(['INT32', [2], [2500, -1250]]);
  });

  it('shares scale and zero point among tied tensors', async () => {
    const base = buildModel({
      nodes: [node('MaxPool', ['x'], 'm', [intsAttribute('kernel_shape', [1, 2])]), node('Conv', ['m', 'w'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('w', [1, 2, 1, 1], [1, 2])],
    });
    const model = await written('onnxruntime-cpu', { x: ranges['x']!, m: { ...ranges['x']!, tied: 'x' } }, base);
    const pairs = model.graph.node.filter(({ input }) => input.includes(own('tensor/x/scale')));
    expect(pairs.map(({ opType, output }) => [opType, output[0]])).toEqual([
      ['QuantizeLinear', own('tensor/x/quantized')],
      ['DequantizeLinear', own('tensor/x/dequantized')],
      ['QuantizeLinear', own('tensor/m/quantized')],
      ['DequantizeLinear', own('tensor/m/dequantized')],
    ]);
    expect(model.index.initializers.has(own('tensor/m/scale'))).toBe(false);
  });

  it('divides an input per channel inside its QuantizeLinear', async () => {
    const divisor = Float32Array.of(0.01, 0.02);
    const model = await written('onnxruntime-cpu', { ...ranges, x: { ...ranges['x']!, divisor } });
    const quantize = model.index.producers.get(own('tensor/x/quantized'))!;
    expect(quantize.attribute.map(({ name, i }) => [name, Number(i)])).toEqual([['axis', 1]]);
    expect(floatsOf(model, own('tensor/x/divisor'))).toEqual([...divisor]);
    expect(integersOf(model, own('tensor/x/divisor_zero_point'))).toEqual(['UINT8', [2], [55, 55]]);
    const dequantize = model.index.producers.get(own('tensor/x/dequantized'))!;
    expect(dequantize.input.slice(1)).toEqual([own('tensor/x/scale'), own('tensor/x/zero_point')]);
    expect(dequantize.attribute).toEqual([]);
  });

  it('writes a smoothing convolution as integers 1 with the scales 1/s', async () => {
    const base = buildModel({
      nodes: [node('Conv', ['x', '1/s'], 'd', [intAttribute('group', 2)]), node('Conv', ['d', 'w'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('1/s', [2, 1, 1, 1], [1 / 3, 0.5]), tensor('w', [1, 2, 1, 1], [1, 2])],
    });
    const s = Float32Array.of(3, 2);
    const more = { convolutions: [{ layer: 'y', input: 'x', output: 'd', s }] };
    const model = await written('onnxruntime-cpu', { x: ranges['x']!, d: { range: [-1, 1] } }, base, more);
    expect(integersOf(model, own('tensor/d/weight/quantized'))).toEqual(['INT8', [2, 1, 1, 1], [1, 1]]);
    expect(floatsOf(model, own('tensor/d/weight/scale'))).toEqual([1 / 3, 0.5].map(Math.fround));
    expect(model.index.initializers.has('1/s')).toBe(false);
  });

  it('stores a quantized constant as integers', async () => {
    const base = buildModel({
      nodes: [node('Add', ['x', 'k'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('k', [1, 2, 1, 1], [0.1, 7])],
    });
    const model = await written('onnxruntime-cpu', { x: ranges['x']!, k: { range: [-0.55, 2] } }, base);
    // 55 + 10; beyond the range the highest level.
    expect(integersOf(model, own('tensor/k/quantized'))).toEqual(['UINT8', [1, 2, 1, 1], [65, 255]]);
    expect(model.graph.node.filter(({ opType }) => opType === 'QuantizeLinear')).toHaveLength(1);
  });

  it('takes bias corrections off int32 biases, and adds them behind a MatMul', async () => {
    const biasCorrection = { c: Float32Array.of(0.1, -0.1) };
    const model = await written('onnxruntime-cpu', ranges, chain(), { biasCorrection });
    expect(integersOf(model, own('c/bias/quantized'))[2]).toEqual([4000, -750]);
    const matrix = buildModel({
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('w', [2, 2], [1, 2, 3, 4])],
    });
    const corrected = await written('onnxruntime-cpu', { x: ranges['x']!, y: { range: [-9, 9] } }, matrix, {
      biasCorrection: { y: Float32Array.of(0.5, 1) },
    });
    const add = corrected.graph.node.find(({ opType }) => opType === 'Add')!;
    expect(add.output).toEqual([own('tensor/y/real')]);
    const without = await written('onnxruntime-cpu', { x: ranges['x']! }, matrix);
    const expected = (await runOnX(without, x)).data.map((number, index) => number - (index % 2 === 0 ? 0.5 : 1));
    const step = 18 / 255;
    for (const [index, number] of (await runOnX(corrected, x)).data.entries()) {
      expect(Math.abs(number - expected[index]!)).toBeLessThan(0.51 * step);
    }
  });

  it('leaves readers in float as they are where the quantized tensor is an output', async () => {
    const base = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y'), node('Sin', ['y'], 'z')],
      inputs: [value('x', [1, 2, 1, 2])],
      outputs: ['y', 'z'],
      initializers: [tensor('w', [1, 2, 1, 1], [1, 2])],
    });
    const model = await written('onnxruntime-cpu', { x: ranges['x']!, y: { range: [-5, 5], except: ['z'] } }, base);
    expect(model.index.producers.get('z')!.input).toEqual([own('tensor/y/real')]);
    expect(model.index.producers.get('y')!.opType).toBe('DequantizeLinear');
    const names = model.graph.node.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const { y, z } = await runModel(model, { x });
    const step = 10 / 255;
    for (const number of y!.data) expect(number / step).toBeCloseTo(Math.round(number / step), 3);
    expect([...z!.data]).not.toEqual([...y!.data.map(Math.sin)]);
  });

  it("keeps the name of an output that is not its node's first", async () => {
    const base = buildModel({
      nodes: [node('Split', ['x'], ['s', 'y'], [intAttribute('axis', 3)]), node('Sin', ['s'], 'z')],
      inputs: [value('x', [1, 2, 1, 2])],
      outputs: ['y', 'z'],
    });
    const tied = { ...ranges['x']!, tied: 'x' };
    const model = await written('onnxruntime-cpu', { x: ranges['x']!, s: tied, y: tied }, base);
    expect(model.index.producers.get(own('tensor/y/real'))!.opType).toBe('Split');
    const { y } = await runModel(model, { x });
    expect(y!.data[0]).toBeCloseTo(-0.5, 6);
    expect(y!.data[1]).toBeCloseTo(2, 6);
  });

  it('writes metadata', async () => {
    const prepared = await handPlaced(chain(), 'onnxruntime-cpu', ranges, x);
    const { metadataProps } = decodeModel(encodeModel(placedQdqModel(prepared, { a: 'b' }))).proto;
    expect(metadataProps.map(({ key, value: text }) => [key, text])).toEqual([['a', 'b']]);
  });

  it.each([11, 12])('uses the domain of onnxruntime for scales per channel at opset %i', async (opset) => {
    const model = await written('onnxruntime-cpu', ranges, chain(opset));
    const linear = model.graph.node.filter(({ opType }) => opType.endsWith('Linear'));
    for (const { domain, attribute } of linear) expect(domain).toBe(attribute.length === 0 ? '' : 'com.microsoft');
    expect(await runByDefault(model, x)).toHaveLength(2);
  });
});

describe('placedQdqModel for other targets', () => {
  it('writes int8 without zero points and float biases for TensorRT', async () => {
    const model = await written('tensorrt', signed);
    expect(integersOf(model, own('tensor/x/zero_point'))).toEqual(['INT8', [], [0]]);
    expect(integersOf(model, own('tensor/r/zero_point'))).toEqual(['INT8', [], [0]]);
    expect(model.index.producers.get('c')!.input[2]).toBe('b');
    expect(model.index.producers.get('y')!.opType).toBe('Conv');
    expect(graphText(model)).not.toContain('Clip');
  });

  it('keeps readers in float of a tensor that only some readers take quantized', async () => {
    const base = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'c'), node('Add', ['c', 'x'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('w', [2, 2, 1, 1], [1, 2, 3, 4])],
    });
    const model = await written('tensorrt', { x: { ...signed['x']!, except: ['y'] } }, base);
    expect(model.index.producers.get('y')!.input).toEqual(['c', 'x']);
    expect(model.index.producers.get('c')!.input[0]).toBe(own('tensor/x/dequantized'));
  });

  it('stores levels from 0 less 128 and a bias of zeros for XNNPACK', async () => {
    const model = await written('xnnpack', ranges);
    expect(integersOf(model, own('tensor/x/zero_point'))).toEqual(['INT8', [], [55 - 128]]);
    expect(integersOf(model, own('tensor/r/zero_point'))).toEqual(['INT8', [], [-128]]);
    expect(integersOf(model, own('c/bias/quantized'))).toEqual(['INT32', [2], [5000, -1250]]);
    expect(integersOf(model, own('y/bias/quantized'))).toEqual(['INT32', [1], [0]]);
  });

  it('stores uint8 levels and a bias of zeros for QNN', async () => {
    const model = await written('qnn', ranges);
    expect(integersOf(model, own('tensor/x/zero_point'))).toEqual(['UINT8', [], [55]]);
    expect(integersOf(model, own('y/bias/quantized'))).toEqual(['INT32', [1], [0]]);
  });

  it('stores signed levels as int8 and unsigned ones as uint8 for OpenVINO, biases in float', async () => {
    const model = await written('openvino', { x: signed['x']!, r: { range: [0, 5.1], scheme: 'unsigned' } });
    expect(integersOf(model, own('tensor/x/zero_point'))).toEqual(['INT8', [], [0]]);
    expect(integersOf(model, own('tensor/r/zero_point'))).toEqual(['UINT8', [], [0]]);
    expect(model.index.producers.get('c')!.input[2]).toBe('b');
  });

  it.each(['tensorrt', 'openvino', 'qnn'] as const)(
    'stores the weight of a ConvTranspose with groups in integers of one scale for %s',
    async (target) => {
      for (const outputs of [1, 2]) {
        const base = buildModel({
          nodes: [node('ConvTranspose', ['x', 'w'], 'y', [intAttribute('group', 2)])],
          inputs: [value('x', [1, 2, 1, 2])],
          initializers: [tensor('w', [2, outputs, 1, 1], randomFloats(1, 2 * outputs))],
        });
        const model = placedQdqModel(await preparedForTarget(base, target, x), {});
        const weight = model.index.producers.get(model.index.producers.get(own('tensor/y/real'))?.input[1] ?? '');
        const plain = model.index.producers.get(model.index.producers.get('y')!.input[1] ?? '');
        const dequantize = target === 'qnn' ? weight : plain;
        expect(dequantize?.opType).toBe('DequantizeLinear');
        expect(dequantize?.attribute).toEqual([]);
      }
    },
  );

  it.each(['xnnpack', 'openvino'] as const)('leaves the lowest level of weights out for %s', async (target) => {
    const base = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y')],
      inputs: [value('x', [1, 2, 1, 2])],
      initializers: [tensor('w', [1, 2, 1, 1], [1, -1])],
    });
    const model = await written(target, target === 'xnnpack' ? { x: ranges['x']! } : { x: signed['x']! }, base);
    expect(integersOf(model, own('y/weight/quantized'))[2]).toEqual([127, -127]);
  });

  it.each(['tensorrt', 'openvino', 'qnn', 'xnnpack'] as const)(
    'says that %s needs opset 13 for weights per channel',
    async (target) => {
      const tensors = target === 'tensorrt' || target === 'openvino' ? signed : ranges;
      await expect(written(target, tensors, chain(12))).rejects.toThrow(
        `Expected a model of opset 13 or newer for target ${target}, got opset 12`,
      );
      await expect(written(target, tensors, chain(12), { granularity: 'tensor' })).resolves.toBeDefined();
      await expect(written(target, tensors, chain(9), { granularity: 'tensor' })).rejects.toThrow(
        `Expected a model of opset 10 or newer for target ${target}, got opset 9, which has no QuantizeLinear`,
      );
    },
  );
});

const wide = { data: randomFloats(1, 4 * 64), dims: [1, 4, 8, 8] };
const pads = [intsAttribute('pads', [1, 1, 1, 1])];
const conv = (input: string, output: string): NodeProto => node('Conv', [input, 'w', 'b'], output, pads);

/** Branches, a concatenation, pools, an activation that is no part of a layer, and a Gemm. */
function network(opset: number): OnnxModel {
  return buildModel({
    nodes: [
      ...[conv('x', 'c1'), node('Relu', ['c1'], 'r1'), conv('r1', 'c2'), node('Add', ['c2', 'r1'], 'a')],
      ...[node('Relu', ['a'], 'r2'), conv('r2', 'c3'), node('LeakyRelu', ['c3'], 'l', [floatAttribute('alpha', 0.1)])],
      node('Concat', ['l', 'r2'], 'j', [intAttribute('axis', 1)]),
      node('MaxPool', ['j'], 'm', [intsAttribute('kernel_shape', [2, 2])]),
      ...[node('GlobalAveragePool', ['m'], 'g'), node('Flatten', ['g'], 'f')],
      node('Gemm', ['f', 'matrix', 'five'], 'y', [intAttribute('transB', 1)]),
    ],
    inputs: [value('x', [1, 4, 8, 8])],
    initializers: [
      tensor(
        'w',
        [4, 4, 3, 3],
        randomFloats(2, 144, () => 0.3),
      ),
      tensor('b', [4], [0.1, 0.2, 0.3, -0.1]),
      tensor('matrix', [5, 8], randomFloats(3, 40)),
      tensor('five', [5], randomFloats(4, 5)),
    ],
    opset,
    irVersion: opset > 20 ? 10 : 8,
  });
}

describe.each(Object.keys(targets) as PlacingTargetName[])('an export for %s by its own rules', (target) => {
  it.each([13, 17, 21, 23, 25])('computes nearly what the model does, opset %i', async (opset) => {
    const base = network(opset);
    const model = deployableModel(await preparedForTarget(base, target, wide), 'simulated');
    const expected = (await runOnX(base, wide)).data;
    const { data } = await runOnX(model, wide);
    const absmax = expected.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
    for (const [index, number] of data.entries()) {
      expect(Math.abs(number - expected[index]!) / absmax).toBeLessThan(0.05);
    }
    expect([...data]).not.toEqual([...expected]);
    const zeroPoints = model.graph.node
      .filter(({ opType }) => opType.endsWith('Linear'))
      .map(({ input }) => model.index.initializers.get(input[2]!)!);
    const { storage } = targets[target].activations;
    const types = new Set(zeroPoints.map(({ dataType }) => TensorProto_DataType[dataType]));
    if (storage === 'int8') expect(types).not.toContain('UINT8');
    expect(types.has('INT32')).toBe(targets[target].bias === 'int32');
  });
});
