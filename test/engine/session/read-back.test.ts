import { describe, expect, it } from 'vitest';
import { floatDespitePlacement } from '../../../src/engine/session/float-despite-placement.js';
import { readBack } from '../../../src/engine/session/read-back.js';
import type { SessionSettings } from '../../../src/engine/session/session.js';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../src/onnx/node.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import type { NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { deployableModel } from '../../../src/quantize/graph/deployable-model.js';
import { buildModel, node, tensor, value, type ModelSpec } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { handPlaced, type HandQuantizer } from '../../quantize/graph/hand-placed.js';
import { preparedForTarget } from '../../quantize/graph/prepared-for-target.js';

const settings: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };
const x = { data: randomFloats(1, 4 * 64), dims: [1, 4, 8, 8] };
const symmetric = [intsAttribute('pads', [1, 1, 1, 1])];

const conv = (input: string, output: string, weight = 'w') => node('Conv', [input, weight, 'b'], output, symmetric);
const pool = (op: string, input: string, output: string) =>
  node(op, [input], output, [intsAttribute('kernel_shape', [2, 2])]);

function modelOf(nodes: readonly NodeProto[], opset = 13, more: Partial<ModelSpec> = {}): OnnxModel {
  return buildModel({
    nodes,
    opset,
    irVersion: opset > 20 ? 10 : 8,
    inputs: [value('x', [1, 4, 8, 8])],
    initializers: [
      tensor('w', [4, 4, 3, 3], randomFloats(2, 144)),
      tensor('w1', [4, 4, 1, 1], randomFloats(9, 16)),
      tensor('depthwise', [4, 1, 3, 3], randomFloats(3, 36)),
      tensor('b', [4], [1, 2, 0.5, -1]),
      tensor('transposed', [4, 4, 3, 3], randomFloats(4, 144)),
      tensor('matrix', [4, 5], randomFloats(5, 20)),
      tensor('square', [5, 5], randomFloats(8, 25)),
      tensor('wide', [256, 5], randomFloats(6, 1280)),
      tensor('five', [5], randomFloats(7, 5)),
      tensor('low', [], [0]),
      tensor('six', [], [6]),
      tensor('factors', [1, 4, 1, 1], [1, 2, 3, 0.5]),
      tensor('roi', [0], []),
      tensor('scales', [4], [1, 1, 2, 2]),
      int64Tensor('rows', [1, -1]),
      int64Tensor('starts', [0, 0]),
      int64Tensor('ends', [1, 2]),
      int64Tensor('padding', [0, 0, 1, 1, 0, 0, 1, 1]),
    ],
    ...more,
  });
}

/** By node: the kernel where it runs on integers, `KERNEL in float` else. */
async function kernelsOf(model: OnnxModel, float: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const prepared = await preparedForTarget(model, 'onnxruntime-cpu', x, float);
  const found = await readBack(deployableModel(prepared, 'simulated'), settings);
  expect(found).toMatchObject({ weights: [], biases: [], mergedPairs: 0, failure: null, ran: true });
  expect(floatDespitePlacement(prepared.placed!.placement, found.operators)).toEqual([]);
  return Object.fromEntries(
    found.operators.map(({ node: name, runs, kernel }) => [name, runs === 'integer' ? kernel : `${kernel} in float`]),
  );
}

interface Case {
  readonly nodes: readonly NodeProto[];
  /** Of each node by its output. */
  readonly kernels: Readonly<Record<string, string>>;
  readonly float?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'Conv with Relu, Add with Relu': {
    nodes: [
      ...[conv('x', 'c1'), node('Relu', ['c1'], 'r1'), conv('r1', 'c2')],
      ...[node('Add', ['c2', 'x'], 'a'), node('Relu', ['a'], 'r2'), conv('r2', 'y')],
    ],
    kernels: {
      ...{ c1: 'QLinearConv', r1: 'QLinearConv', c2: 'QLinearConv' },
      ...{ a: 'QLinearAdd', r2: 'QLinearAdd', y: 'QLinearConv' },
    },
  },
  'Concat between layers': {
    nodes: [
      ...[conv('x', 'c1'), conv('c1', 'c2')],
      node('Concat', ['c1', 'c2'], 'j', [intAttribute('axis', 2)]),
      conv('j', 'y'),
    ],
    kernels: { c1: 'QLinearConv', c2: 'QLinearConv', j: 'QLinearConcat', y: 'QLinearConv' },
  },
  'a depthwise convolution and Clip': {
    nodes: [
      node('Conv', ['x', 'depthwise'], 'd', [intAttribute('group', 4)]),
      node('Clip', ['d', 'low', 'six'], 'k'),
      conv('k', 'y', 'w1'),
    ],
    kernels: { d: 'QLinearConv', k: 'QLinearConv', y: 'QLinearConv' },
  },
  LeakyRelu: {
    nodes: [conv('x', 'c'), node('LeakyRelu', ['c'], 'l', [floatAttribute('alpha', 0.1)]), conv('l', 'y')],
    kernels: { c: 'QLinearConv', l: 'QLinearLeakyRelu', y: 'QLinearConv' },
  },
  SiLU: {
    nodes: [conv('x', 'c'), node('Sigmoid', ['c'], 's'), node('Mul', ['c', 's'], 'm'), conv('m', 'y')],
    kernels: { c: 'QLinearConv', s: 'QLinearSigmoid', m: 'QLinearMul', y: 'QLinearConv' },
  },
  'pools, Flatten and Gemm': {
    nodes: [
      ...[conv('x', 'c'), pool('MaxPool', 'c', 'm'), conv('m', 'd'), pool('AveragePool', 'd', 'a'), conv('a', 'e')],
      node('GlobalAveragePool', ['e'], 'g'),
      node('Flatten', ['g'], 'f'),
      node('Gemm', ['f', 'matrix', 'five'], 'y'),
    ],
    kernels: {
      ...{ c: 'QLinearConv', m: 'MaxPool', d: 'QLinearConv', a: 'QLinearAveragePool', e: 'QLinearConv' },
      ...{ g: 'QLinearGlobalAveragePool', f: 'Flatten', y: 'QGemm' },
    },
  },
  'Softmax between Gemms': {
    nodes: [
      node('Flatten', ['x'], 'f'),
      node('Gemm', ['f', 'wide', 'five'], 'g'),
      node('Softmax', ['g'], 's'),
      node('Gemm', ['s', 'square'], 'y'),
    ],
    kernels: { f: 'Flatten', g: 'QGemm', s: 'QLinearSoftmax', y: 'QGemm' },
  },
  'Resize to the nearest': {
    nodes: [
      conv('x', 'c'),
      node('Resize', ['c', 'roi', 'scales'], 'u', [stringAttribute('mode', 'nearest')]),
      conv('u', 'y'),
    ],
    kernels: { c: 'QLinearConv', u: 'Resize', y: 'QLinearConv' },
  },
  'Transpose, Reshape and MatMul': {
    nodes: [
      conv('x', 'c'),
      node('Transpose', ['c'], 't', [intsAttribute('perm', [0, 2, 3, 1])]),
      node('Reshape', ['t', 'rows'], 'r'),
      node('MatMul', ['r', 'wide'], 'y'),
    ],
    kernels: { c: 'QLinearConv', t: 'Transpose', r: 'Reshape', y: 'MatMulIntegerToFloat' },
  },
  Slice: {
    nodes: [
      conv('x', 'c'),
      node('Slice', ['c', 'starts', 'ends'], 's'),
      node('Concat', ['s', 's'], 'j', [intAttribute('axis', 1)]),
      conv('j', 'y'),
    ],
    kernels: { c: 'QLinearConv', s: 'Slice', j: 'QLinearConcat', y: 'QLinearConv' },
  },
  'squeeze and excite': {
    nodes: [
      ...[conv('x', 'c'), node('GlobalAveragePool', ['c'], 'g'), node('Conv', ['g', 'w1', 'b'], 'f')],
      ...[node('Sigmoid', ['f'], 's'), node('Mul', ['c', 's'], 'm'), conv('m', 'y')],
    ],
    kernels: {
      ...{ c: 'QLinearConv', g: 'QLinearGlobalAveragePool', f: 'QLinearConv' },
      ...{ s: 'QLinearSigmoid', m: 'QLinearMul', y: 'QLinearConv' },
    },
  },
  'a layer that is kept in float between two others': {
    nodes: [conv('x', 'c'), node('Relu', ['c'], 'r'), conv('r', 'd'), node('Relu', ['d'], 's'), conv('s', 'y')],
    float: ['d'],
    kernels: {
      ...{ c: 'QLinearConv', r: 'QLinearConv', d: 'Conv in float' },
      ...{ s: 'QuantizeLinear in float', y: 'QLinearConv' },
    },
  },
  'operators without an integer form': {
    nodes: [
      ...[conv('x', 'c'), node('Tanh', ['c'], 't'), conv('t', 'd'), node('Mul', ['d', 'factors'], 'm'), conv('m', 'e')],
      ...[node('Pad', ['e', 'padding'], 'p'), node('ConvTranspose', ['p', 'transposed', 'b'], 'u'), conv('u', 'y')],
    ],
    kernels: {
      ...{ c: 'QLinearConv', t: 'Tanh in float', d: 'QLinearConv', m: 'Mul in float', e: 'QLinearConv' },
      ...{ p: 'Pad in float', u: 'ConvTranspose in float', y: 'QLinearConv' },
    },
  },
};

describe('readBack', () => {
  describe.each([13, 21])('says what the runtime makes of every operator, opset %i', (opset) => {
    it.each(Object.entries(cases))('%s', async (_name, { nodes, kernels, float = [] }) => {
      expect(await kernelsOf(modelOf(nodes, opset), float)).toEqual(kernels);
    });
  });

  it.each([10, 11, 17, 19, 23, 25])('finds convolutions and additions on integers at opset %i', async (opset) => {
    const nodes = [conv('x', 'c'), node('Relu', ['c'], 'r'), node('Add', ['r', 'x'], 'a'), conv('a', 'y')];
    expect(await kernelsOf(modelOf(nodes, opset), [])).toEqual({
      ...{ c: 'QLinearConv', r: 'QLinearConv', a: 'QLinearAdd', y: 'QLinearConv' },
    });
  });

  it('knows a node whose quantized output is one of the model', async () => {
    const nodes = [
      conv('x', 'c'),
      node('Split', ['c'], ['s1', 's2'], [intAttribute('axis', 1)]),
      node('Concat', ['s2', 's1'], 'j', [intAttribute('axis', 1)]),
      conv('j', 'y'),
    ];
    const model = modelOf(nodes, 13, { outputs: ['y', 's1', 's2'] });
    expect(await kernelsOf(model, [])).toMatchObject({ c: 'QLinearConv', s1: 'Split', j: 'QLinearConcat' });
  });

  it('lists convolutions that only smooth', async () => {
    const nodes = [conv('x', 'c'), node('Sigmoid', ['c'], 's'), conv('s', 'y')];
    const smoothing = { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'requantize' } as const;
    const prepared = await preparedForTarget(modelOf(nodes), 'onnxruntime-cpu', x, [], smoothing);
    const { operators } = await readBack(deployableModel(prepared, 'simulated'), settings);
    const [convolution] = prepared.placed!.convolutions;
    expect(operators).toContainEqual({
      ...{ node: convolution!.output, op: 'Conv', runs: 'integer', kernel: 'QLinearConv' },
    });
    expect(operators.map(({ op }) => op)).toEqual(['Conv', 'Sigmoid', 'Conv', 'Conv']);
  });

  it('lists what the runtime leaves in float although it was placed', async () => {
    const wide: HandQuantizer = { range: [0, 6.5] };
    const base = modelOf([conv('x', 'c'), node('Clip', ['c', 'low', 'six'], 'k'), conv('k', 'y')]);
    const prepared = await handPlaced(
      base,
      'onnxruntime-cpu',
      { x: { range: [-1, 1] }, k: wide, y: { range: [-9, 9] } },
      x,
    );
    const { operators } = await readBack(deployableModel(prepared, 'simulated'), settings);
    const nodes = ['c', 'k', 'y'].map((name) => ({ node: name, op: '', runs: 'quantize' as const, reason: null }));
    // A Clip below the range of its quantizer is no part of it.
    expect(floatDespitePlacement({ nodes }, operators).map(({ node: name }) => name)).toEqual(['c', 'k']);
  });

  it('does not run a model whose shape it does not know, and says so', async () => {
    const base = modelOf([conv('x', 'y')], 13, { inputs: [value('x', [1, 4, 'H', 8])] });
    const prepared = await preparedForTarget(base, 'onnxruntime-cpu', x);
    expect(await readBack(deployableModel(prepared, 'simulated'), settings)).toMatchObject({
      failure: null,
      ran: false,
    });
  });
});
