import { describe, expect, it } from 'vitest';
import { readBack } from '../../../src/engine/session/read-back.js';
import type { SessionSettings } from '../../../src/engine/session/session.js';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { copyNode, intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { copyGraph, withGraph, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import type { NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { floatTensor, readFloatTensor } from '../../../src/onnx/tensor.js';
import { deployableModel } from '../../../src/quantize/graph/deployable-model.js';
import type { PreparedModel } from '../../../src/quantize/prepare-layers.js';
import { integerTensor, storageOf } from '../../../src/quantize/quantizers/integer-tensor.js';
import { buildModel, floatsOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runByDefault } from '../../onnx/run-by-default.js';
import { runOnX } from '../../onnx/run-model.js';
import { handPlaced, type HandPlacement, type HandQuantizer } from './hand-placed.js';
import { preparedForTarget } from './prepared-for-target.js';

const settings: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };
const x = { data: randomFloats(1, 4 * 64), dims: [1, 4, 8, 8] };
const pads = [intsAttribute('pads', [1, 1, 1, 1])];
const conv = (input: string, output: string): NodeProto => node('Conv', [input, 'w', 'b'], output, pads);

function modelOf(nodes: readonly NodeProto[]): OnnxModel {
  return buildModel({
    nodes,
    inputs: [value('x', [1, 4, 8, 8])],
    initializers: [
      tensor(
        'w',
        [4, 4, 3, 3],
        randomFloats(2, 144, () => 0.3),
      ),
      tensor('b', [4], [1, 2, 0.5, -1]),
      tensor('narrow', [3, 4, 1, 1], randomFloats(4, 12)),
      tensor('own scale', [], [0.02]),
      integerTensor('own zero', [], storageOf({ bits: 8, signed: false }), [128]),
      tensor('matrix', [256, 5], randomFloats(3, 1280)),
      tensor('s', [1, 4, 1, 1], [2, 0.5, 3, 1]),
    ],
  });
}

const residual = modelOf([
  conv('x', 'c1'),
  node('Relu', ['c1'], 'r1'),
  conv('r1', 'c2'),
  node('Add', ['c2', 'x'], 'a'),
  node('Relu', ['a'], 'r2'),
  conv('r2', 'y'),
]);

const range = (low: number, high: number): HandQuantizer => ({ range: [low, high] });

/** Of the placement for onnxruntime-cpu unless said otherwise. */
async function written(
  nodes: readonly NodeProto[],
  tensors: Readonly<Record<string, HandQuantizer>>,
  more: HandPlacement = {},
): Promise<OnnxModel> {
  return deployed(await handPlaced(modelOf(nodes), 'onnxruntime-cpu', tensors, x, more));
}

function deployed(prepared: PreparedModel): OnnxModel {
  return deployableModel(prepared, 'simulated');
}

/** First outputs of the base model's nodes that run in float. */
async function inFloat(model: OnnxModel): Promise<readonly string[]> {
  const { operators, failure } = await readBack(model, settings);
  expect(failure).toBeNull();
  return operators.filter(({ runs }) => runs === 'float').map(({ node: name }) => name);
}

/** The model without the Clips that keep layers in float and pairs apart. */
function unguarded(model: OnnxModel): OnnxModel {
  const guards = model.graph.node.filter(({ output }) => output[0]!.startsWith(`${model.ownPrefix}kept/`));
  expect(guards.length).toBeGreaterThan(0);
  return applyEdits(
    model,
    guards.flatMap(({ input, output }) => [
      { kind: 'removeNode' as const, node: output[0]! },
      ...model.index.consumers.get(output[0]!)!.map((reader) => ({
        kind: 'setInput' as const,
        node: reader.node.output[0]!,
        index: reader.index,
        tensor: input[0]!,
      })),
    ]),
  );
}

function changed(model: OnnxModel, change: (own: NodeProto) => NodeProto): OnnxModel {
  return withGraph(model, copyGraph(model.graph, { node: model.graph.node.map(change) }));
}

const plain = [conv('x', 'c'), node('Relu', ['c'], 'r'), conv('r', 'y')];
const plainRanges = { x: range(-1, 1), r: range(0, 6), y: range(-9, 9) };

describe('what onnxruntime does to a model with QuantizeLinear, and what becomes of an exported one', () => {
  it('1: int8 activations at a branch stay in float; uint8 does not', async () => {
    const int8 = deployed(await preparedForTarget(residual, 'xnnpack', x));
    expect(await inFloat(int8)).toEqual(expect.arrayContaining(['a', 'r2']));
    expect(await inFloat(deployed(await preparedForTarget(residual, 'onnxruntime-cpu', x)))).toEqual([]);
  });

  it('2: symmetric activations never fuse with a Relu; the lowest level of an exported one is 0', async () => {
    const signed = { ...plainRanges, r: { ...range(-6, 6), scheme: 'signed' as const } };
    expect(await inFloat(await written(plain, signed))).toEqual(['c', 'r']);
    const prepared = await preparedForTarget(modelOf(plain), 'onnxruntime-cpu', x);
    const behindRelu = prepared.placed!.quantizers.find(({ tensor: name }) => name === 'r')!;
    expect(behindRelu.quantizer).toMatchObject({ zeroPoint: 0, qmin: 0 });
    expect(await inFloat(deployed(prepared))).toEqual([]);
  });

  it('3: a Div between a layer and QuantizeLinear puts the layer in float; smoothing is written without', async () => {
    const divided = [conv('x', 'c'), node('Relu', ['c'], 'r'), node('Div', ['r', 's'], 'd'), conv('d', 'y')];
    const ranges = { x: range(-1, 1), d: range(0, 6), y: range(-9, 9) };
    expect(await inFloat(await written(divided, ranges))).toEqual(['c', 'r', 'd']);
    const smoothing = { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'requantize' } as const;
    const model = deployed(await preparedForTarget(modelOf(plain), 'onnxruntime-cpu', x, [], smoothing));
    expect(model.graph.node.map(({ opType }) => opType)).not.toContain('Div');
    expect(await inFloat(model)).toEqual([]);
  });

  it('4: it quantizes the weight of a layer that was left in float; of an exported one it does not', async () => {
    const nodes = [...plain.slice(0, 2), conv('r', 'd'), node('Relu', ['d'], 'q'), conv('q', 'y')];
    const ranges = { ...plainRanges, q: range(0, 9) };
    const model = await written(nodes, ranges, { float: ['d'] });
    expect(await readBack(unguarded(model), settings)).toMatchObject({ weights: ['d'] });
    expect(await readBack(model, settings)).toMatchObject({ weights: [], biases: [] });
    expect(await inFloat(model)).toEqual(['d', 'q']);
  });

  it('4: it quantizes the input of a matrix whose weight alone is integers; such a weight is float', async () => {
    const flat = [node('Flatten', ['x'], 'f'), node('MatMul', ['f', 'matrix'], 'y')];
    const prepared = await handPlaced(modelOf(flat), 'tensorrt', {}, x, { granularity: 'channel' });
    const trapped = await readBack(deployed(prepared), settings);
    expect(trapped.operators.at(-1)).toMatchObject({ node: 'y', kernel: 'MatMulNBits' });
    const model = await written(flat, {});
    expect((await readBack(model, settings)).operators.at(-1)).toMatchObject({ node: 'y', kernel: 'MatMul' });
    expect(await runByDefault(model, x)).toEqual((await runOnX(model, x)).data);
  });

  it('5: a quantizer per channel behind a layer fuses and then fails to run; at the input it runs', async () => {
    const divisor = Float32Array.of(0.02, 0.04, 0.03, 0.01);
    const nodes = [conv('x', 'c'), conv('c', 'y')];
    const ranges = { x: range(-1, 1), c: range(-4, 4), y: range(-9, 9) };
    const behind = await readBack(await written(nodes, { ...ranges, c: { ...ranges.c, divisor } }), settings);
    expect(behind.operators).toContainEqual({ node: 'c', op: 'Conv', runs: 'integer', kernel: 'QLinearConv' });
    expect(behind.failure).toMatch(/zero point must be a scalar/);
    expect(await inFloat(await written(nodes, { ...ranges, x: { ...ranges.x, divisor } }))).toEqual([]);
  });

  it('5: behind an Add it fails to load', async () => {
    const divisor = Float32Array.of(0.02, 0.04, 0.03, 0.01);
    const nodes = [conv('x', 'c'), node('Add', ['c', 'x'], 'a'), conv('a', 'y')];
    const ranges = { x: range(-1, 1), c: range(-4, 4), a: { ...range(-5, 5), divisor }, y: range(-9, 9) };
    const { failure } = await readBack(await written(nodes, ranges), settings);
    expect(failure).not.toBeNull();
  });

  it('6: weight scales along a wrong axis fuse and then fail to run; those of an exported one do not', async () => {
    const model = await written([node('Conv', ['x', 'narrow'], 'y')], { x: range(-1, 1), y: range(-9, 9) });
    expect((await readBack(model, settings)).failure).toBeNull();
    const prefix = `${model.ownPrefix}y/weight`;
    const initializer = model.graph.initializer.map((own) => {
      if (own.name === `${prefix}/scale`) return floatTensor(own.name, [4], new Float32Array(4).fill(0.01));
      return own.name === `${prefix}/zero_point`
        ? integerTensor(own.name, [4], storageOf({ bits: 8, signed: true }), [0, 0, 0, 0])
        : own;
    });
    const wrong = changed(withGraph(model, copyGraph(model.graph, { initializer })), (own) =>
      own.output[0] === `${prefix}/dequantized` ? copyNode(own, { attribute: [intAttribute('axis', 1)] }) : own,
    );
    const { operators, failure } = await readBack(wrong, settings);
    expect(operators).toContainEqual({ node: 'y', op: 'Conv', runs: 'integer', kernel: 'QLinearConv' });
    expect(failure).toMatch(/Running the model/);
  });

  it('7: a bias in other steps than the products is taken as if it were in theirs; the steps are theirs', async () => {
    const model = await written(plain, plainRanges);
    const scales = `${model.ownPrefix}c/bias/scale`;
    const factor = floatsOf(model, `${model.ownPrefix}tensor/x/scale`)[0]!;
    const weights = floatsOf(model, `${model.ownPrefix}c/weight/scale`);
    expect(floatsOf(model, scales)).toEqual(weights.map((scale) => Math.fround(factor * scale)));
    const stretched = (by: number): OnnxModel => {
      const own = model.index.initializers.get(scales)!;
      const values = readFloatTensor(own).map((scale) => scale * by);
      const initializer = model.graph.initializer.map((t) => (t === own ? floatTensor(scales, [4], values) : t));
      return withGraph(model, copyGraph(model.graph, { initializer }));
    };
    expect(await inFloat(stretched(1.005))).toEqual([]);
    expect(await runByDefault(stretched(1.005), x)).toEqual(await runByDefault(model, x));
    expect(await inFloat(stretched(3))).toEqual(['c', 'r']);
  });

  it('8: it makes one pair of two in a row with another scale; in an exported model it does not', async () => {
    const nodes = [
      node('QuantizeLinear', ['x', 'own scale', 'own zero'], 'q'),
      node('DequantizeLinear', ['q', 'own scale', 'own zero'], 'd'),
      conv('d', 'c'),
      node('Tanh', ['c'], 'y'),
    ];
    const model = await written(nodes, { d: range(-0.7, 0.8) });
    const merged = unguarded(model);
    expect(await readBack(merged, settings)).toMatchObject({ mergedPairs: expect.toSatisfy((n) => n > 0) as number });
    expect(await readBack(model, settings)).toMatchObject({ mergedPairs: 0 });
    const asWritten = (await runOnX(model, x)).data;
    expect(largestDifference(await runByDefault(model, x), asWritten)).toBeLessThan(1e-5);
    expect(largestDifference(await runByDefault(merged, x), asWritten)).toBeGreaterThan(1e-3);
  });

  it('9: without a zero point MaxPool stays in float; it is always written', async () => {
    const nodes = [
      conv('x', 'c'),
      node('MaxPool', ['c'], 'm', [intsAttribute('kernel_shape', [2, 2])]),
      conv('m', 'y'),
    ];
    const own = range(0, 5);
    const model = await written(nodes, { x: range(-1, 1), c: own, m: { ...own, tied: 'c' }, y: range(-9, 9) });
    const isLinear = ({ opType }: NodeProto): boolean => opType.endsWith('Linear');
    expect(model.graph.node.filter(isLinear).every(({ input }) => input.length === 3)).toBe(true);
    expect(await inFloat(model)).toEqual([]);
    const activation = /tensor\/[cm]\/(?:de)?quantized$/;
    const without = changed(model, (linear) =>
      isLinear(linear) && activation.test(linear.output[0]!)
        ? copyNode(linear, { input: linear.input.slice(0, 2) })
        : linear,
    );
    expect(await inFloat(without)).toEqual(['m']);
  });

  it('10: a clean-up that is off by default drops pairs and changes numbers', async () => {
    const nodes = [node('Tanh', ['x'], 't'), node('Sin', ['t'], 'y')];
    const model = await written(nodes, { t: range(-1, 1) });
    const asWritten = (await runOnX(model, x)).data;
    expect(await runByDefault(model, x)).toEqual(asWritten);
    expect(await runByDefault(model, x, { enable_quant_qdq_cleanup: '1' })).not.toEqual(asWritten);
  });

  it('11: the placement of TensorRT at a residual leaves layer and Add in float here; the own one does not', async () => {
    const other = await handPlaced(
      residual,
      'onnxruntime-cpu',
      { x: range(-1, 1), r1: range(0, 6), r2: range(0, 9), y: range(-9, 9) },
      x,
    );
    expect(await inFloat(deployed(other))).toEqual(expect.arrayContaining(['c2', 'a', 'r2']));
    const own = await preparedForTarget(residual, 'onnxruntime-cpu', x);
    expect(own.placed!.placement.quantizers.map(({ tensor: name }) => name)).toContain('c2');
    expect(await inFloat(deployed(own))).toEqual([]);
  });

  it("12: Relu stays in the file, where the runtime's own tool takes it out, and costs nothing", async () => {
    const model = await written(plain, plainRanges);
    expect(model.graph.node.map(({ opType }) => opType)).toContain('Relu');
    const { operators } = await readBack(model, settings);
    expect(operators).toContainEqual({ node: 'r', op: 'Relu', runs: 'integer', kernel: 'QLinearConv' });
  });
});

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, number, index) => Math.max(most, Math.abs(number - b[index]!)), 0);
}
