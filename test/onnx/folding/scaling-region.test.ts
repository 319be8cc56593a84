import { describe, expect, it } from 'vitest';
import { findScalingRegion, type ScalingRegion } from '../../../src/onnx/folding/scaling-region.js';
import { findLayers } from '../../../src/onnx/layers/layers.js';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../src/onnx/node.js';
import { sortNodes } from '../../../src/onnx/sort-nodes.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import type { NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, node, tensor, value, type ModelSpec } from '../build-model.js';

const ones = (name: string, dims: readonly number[]) =>
  tensor(name, dims, new Array<number>(dims.reduce((a, b) => a * b, 1)).fill(1));

/** The region that a tensor is in. */
function regionOf(spec: ModelSpec, start: string): ScalingRegion | string {
  const model = buildModel(spec);
  const found = new Map(findLayers(model).map((layer) => [layer.outputTensor, layer]));
  return findScalingRegion(model, sortNodes(model.graph.node), found, start).region;
}

/**
 * `x [1, 2, 4, 4] -> Conv "a" -> t`, what stands between `t` and `r`, and a layer "b" that reads
 * `r`.
 */
function between(
  nodes: readonly NodeProto[],
  more: Partial<ModelSpec> & { readonly reader?: 'Conv' | 'Gemm'; readonly channels?: number } = {},
): ScalingRegion | string {
  const { reader = 'Conv', channels = 2, initializers = [], ...rest } = more;
  const shape = reader === 'Conv' ? [1, channels, 1, 1] : [1, channels];
  const attributes = reader === 'Conv' ? [] : [intAttribute('transB', 1)];
  return regionOf(
    {
      nodes: [node('Conv', ['x', 'w'], 't', [], 'a'), ...nodes, node(reader, ['r', 'v'], 'y', attributes, 'b')],
      inputs: [value('x', [1, 2, 4, 4])],
      initializers: [ones('w', [2, 2, 1, 1]), ones('v', shape), ...initializers],
      ...rest,
    },
    'r',
  );
}

/** Classes of the producers' output channels and of the readers' input channels, by name. */
function classesOf(region: ScalingRegion | string): Readonly<Record<string, readonly number[]>> {
  if (typeof region === 'string') throw new Error(region);
  return Object.fromEntries([
    ...region.producers.map(({ node: { name }, classes }) => [`${name} makes`, [...classes]]),
    ...region.readers.map(({ layer: { name }, classes }) => [`${name} reads`, [...classes]]),
  ]) as Readonly<Record<string, readonly number[]>>;
}

const straight = { 'a makes': [0, 1], 'b reads': [0, 1] };

describe('scaling passes', () => {
  it.each<[string, readonly NodeProto[], Partial<ModelSpec>?]>([
    ['Relu', [node('Relu', ['t'], 'r')]],
    ['LeakyRelu', [node('LeakyRelu', ['t'], 'r', [floatAttribute('alpha', 0.1)])]],
    ['PRelu', [node('PRelu', ['t', 'slope'], 'r')], { initializers: [tensor('slope', [2, 1, 1], [0.1, 0.3])] }],
    ['Clip from 0', [node('Clip', ['t', 'zero'], 'r')], { initializers: [tensor('zero', [], [0])] }],
    ['MaxPool', [node('MaxPool', ['t'], 'r', [intsAttribute('kernel_shape', [2, 2])])]],
    ['AveragePool', [node('AveragePool', ['t'], 'r', [intsAttribute('kernel_shape', [2, 2])])]],
    ['GlobalAveragePool', [node('GlobalAveragePool', ['t'], 'r')]],
    ['ReduceMean over positions', [node('ReduceMean', ['t'], 'r', [intsAttribute('axes', [2, 3])])]],
    [
      'Resize of positions',
      [node('Resize', ['t', '', 'scales'], 'r', [stringAttribute('mode', 'linear')])],
      { initializers: [tensor('scales', [4], [1, 1, 2, 2])] },
    ],
    ['Identity and Dropout', [node('Identity', ['t'], 'u'), node('Dropout', ['u'], 'r')]],
    [
      'Pad of positions',
      [node('Pad', ['t', 'p'], 'r')],
      { initializers: [int64Tensor('p', [0, 0, 1, 1, 0, 0, 1, 1])] },
    ],
    ['Mul by a constant', [node('Mul', ['t', 'c'], 'r')], { initializers: [tensor('c', [1, 2, 1, 1], [3, -2])] }],
    [
      'a Shape that is read beside',
      [node('Shape', ['t'], 'shape'), node('Relu', ['t'], 'r')],
      { outputs: ['y', 'shape'] },
    ],
    [
      'two transpositions',
      [
        node('Transpose', ['t'], 'u', [intsAttribute('perm', [0, 2, 3, 1])]),
        node('Transpose', ['u'], 'r', [intsAttribute('perm', [0, 3, 1, 2])]),
      ],
    ],
    [
      'Unsqueeze and Squeeze',
      [node('Unsqueeze', ['t', 'first'], 'u'), node('Squeeze', ['u', 'first'], 'r')],
      { initializers: [int64Tensor('first', [0])] },
    ],
  ])('%s', (_, nodes, more = {}) => {
    expect(classesOf(between(nodes, more))).toEqual(straight);
  });

  it('a residual addition, whose branches have one factor', () => {
    const region = between(
      [node('Relu', ['t'], 'u'), node('Conv', ['u', 'w2'], 'v2', [], 'c'), node('Add', ['v2', 'u'], 'r')],
      {
        initializers: [ones('w2', [2, 2, 1, 1])],
      },
    );
    expect(classesOf(region)).toEqual({ 'a makes': [0, 1], 'c makes': [0, 1], 'c reads': [0, 1], 'b reads': [0, 1] });
  });

  it('a concatenation, each branch with its slice', () => {
    const region = between(
      [node('Conv', ['x', 'w2'], 'u', [], 'c'), node('Concat', ['t', 'u', 't'], 'r', [intAttribute('axis', 1)])],
      {
        channels: 7,
        initializers: [ones('w2', [3, 2, 1, 1])],
      },
    );
    expect(classesOf(region)).toEqual({ 'a makes': [0, 1], 'c makes': [2, 3, 4], 'b reads': [0, 1, 2, 3, 4, 0, 1] });
  });

  it('Split and Slice, which take channels apart', () => {
    const split = between(
      [
        node('Split', ['t', 'one'], ['u', 'u2'], [intAttribute('axis', 1)]),
        node('Concat', ['u2', 'u'], 'r', [intAttribute('axis', 1)]),
      ],
      { initializers: [int64Tensor('one', [1, 1])] },
    );
    expect(classesOf(split)).toEqual({ 'a makes': [0, 1], 'b reads': [1, 0] });
    const slice = between([node('Slice', ['t', 'from', 'to', 'axis'], 'r')], {
      channels: 1,
      initializers: [int64Tensor('from', [1]), int64Tensor('to', [2]), int64Tensor('axis', [1])],
    });
    expect(classesOf(slice)).toEqual({ 'a makes': [0, 1], 'b reads': [1] });
  });

  it('Pad of channels with zeros, which any factor divides', () => {
    const region = between([node('Pad', ['t', 'p'], 'r')], {
      channels: 5,
      initializers: [int64Tensor('p', [0, 1, 0, 0, 0, 2, 0, 0])],
    });
    expect(classesOf(region)).toEqual({ 'a makes': [0, 1], 'b reads': [2, 0, 1, 3, 4] });
  });

  it.each([
    ['Flatten', [node('Flatten', ['t'], 'r')], []],
    ['Reshape to [0, -1]', [node('Reshape', ['t', 'shape'], 'r')], [int64Tensor('shape', [0, -1])]],
  ])('%s, where each position of a channel has its factor', (_, nodes, initializers) => {
    const region = between(nodes, { reader: 'Gemm', channels: 6, initializers });
    expect(classesOf(region)).toEqual({ 'a makes': [0, 1], 'b reads': [0, 0, 0, 1, 1, 1] });
  });

  it('Flatten of channels that are last', () => {
    const nodes = [node('Transpose', ['t'], 'u', [intsAttribute('perm', [0, 2, 3, 1])]), node('Flatten', ['u'], 'r')];
    expect(classesOf(between(nodes, { reader: 'Gemm', channels: 6 }))).toEqual({
      'a makes': [0, 1],
      'b reads': [0, 1, 0, 1, 0, 1],
    });
  });

  it('a Reshape that keeps the number of samples by reading it', () => {
    const nodes = [
      node('MaxPool', ['t'], 'u', [intsAttribute('kernel_shape', [4, 4])]),
      node('Shape', ['t'], 'shape'),
      node('Gather', ['shape', 'zero'], 'samples'),
      node('Unsqueeze', ['samples', 'axes'], 'samples1'),
      node('Concat', ['samples1', 'rest'], 'wanted', [intAttribute('axis', 0)]),
      node('Reshape', ['u', 'wanted'], 'r'),
    ];
    const initializers = [int64Tensor('axes', [0]), int64Tensor('zero', [0]), int64Tensor('rest', [-1])];
    expect(classesOf(between(nodes, { reader: 'Gemm', initializers }))).toEqual(straight);
  });

  it('a MatMul and the bias behind it', () => {
    const region = regionOf(
      {
        nodes: [
          node('MatMul', ['x', 'w'], 't', [], 'a'),
          node('Add', ['t', 'bias'], 'u'),
          node('Relu', ['u'], 'r'),
          node('MatMul', ['r', 'v'], 'y', [], 'b'),
        ],
        inputs: [value('x', [1, 3, 2])],
        initializers: [ones('w', [2, 2]), tensor('bias', [2], [1, 2]), ones('v', [2, 1])],
      },
      'r',
    );
    expect(classesOf(region)).toEqual(straight);
    expect((region as ScalingRegion).constants).toMatchObject([{ index: 1, dims: [2], axis: 0, first: 0 }]);
  });

  it('an added number, which gets a value for each channel', () => {
    const region = between([node('Add', ['c', 't'], 'r')], { initializers: [tensor('c', [], [3])] });
    expect(classesOf(region)).toEqual(straight);
    expect((region as ScalingRegion).constants).toMatchObject([{ index: 0, dims: [2, 1, 1], axis: 0, first: 0 }]);
  });

  it('a joined constant', () => {
    const region = between([node('Concat', ['t', 'c'], 'r', [intAttribute('axis', 1)])], {
      channels: 3,
      initializers: [ones('c', [1, 1, 4, 4])],
    });
    expect(classesOf(region)).toEqual({ 'a makes': [0, 1], 'b reads': [0, 1, 2] });
    expect((region as ScalingRegion).constants).toMatchObject([{ index: 1, dims: [1, 1, 4, 4], axis: 1, first: 2 }]);
  });
});

describe('scaling does not pass', () => {
  const half = tensor('half', [], [0.5]);

  it.each<[string, readonly NodeProto[], string, (Partial<ModelSpec> & { readonly channels?: number })?]>([
    [
      'Clip',
      [node('Clip', ['t', '', 'six'], 'r')],
      'Clip "r" clips at 6, which would be another number for each channel',
      { initializers: [tensor('six', [], [6])] },
    ],
    ['Clip from a number', [node('Clip', ['t', 'half'], 'r')], 'Clip "r" clips at 0.5', { initializers: [half] }],
    ['Sigmoid', [node('Sigmoid', ['t'], 'r')], 'Sigmoid "r" does not commute with scaling channels'],
    ['SiLU', [node('Sigmoid', ['t'], 's'), node('Mul', ['t', 's'], 'r')], 'Mul "r" multiplies two computed tensors'],
    ['an output of the model', [node('Relu', ['t'], 'r')], '"t" is an output of the model', { outputs: ['y', 't'] }],
    [
      'another reader',
      [node('Relu', ['t'], 'r'), node('Tanh', ['t'], 'z')],
      'Tanh "z" does not commute with scaling channels',
      { outputs: ['y', 'z'] },
    ],
    ['an input of the model', [node('Add', ['t', 'x'], 'r')], '"x" is an input of the model'],
    [
      'a Concat with one',
      [node('Concat', ['t', 'x'], 'r', [intAttribute('axis', 1)])],
      '"x" is an input of the model',
      { channels: 4 },
    ],
    [
      'ReduceMean over channels',
      [node('ReduceMean', ['t'], 'r', [intsAttribute('axes', [1, 2])])],
      'ReduceMean "r" averages over the channels or the samples',
    ],
    [
      'Pad with a number',
      [node('Pad', ['t', 'p', 'half'], 'r')],
      'Pad "r" pads with another number than 0',
      { initializers: [int64Tensor('p', [0, 0, 1, 1, 0, 0, 1, 1]), half] },
    ],
    [
      'a Reshape that mixes channels',
      [node('Reshape', ['t', 'shape'], 'r')],
      'Reshape "r" may move numbers from one channel to another',
      { initializers: [int64Tensor('shape', [1, 4, 2, 4])], channels: 4 },
    ],
    [
      'other channels than the reader has',
      [node('Relu', ['t'], 'r')],
      'Conv "b" reads 3 channels, of the 2 of the tensor\'s producer',
      { channels: 3 },
    ],
    [
      'a Resize of channels',
      [node('Resize', ['t', '', 'scales'], 'r')],
      'Resize "r" resizes the axis of the channels',
      { initializers: [tensor('scales', [4], [1, 2, 1, 1])], channels: 4 },
    ],
    [
      'a PRelu whose slope is the tensor',
      [node('PRelu', ['half', 't'], 'r')],
      'PRelu "r" has a computed slope',
      { initializers: [half] },
    ],
  ])('%s', (_, nodes, reason, more = {}) => {
    expect(between(nodes, more)).toBe(reason);
  });

  it('a producer that shares its weight', () => {
    const nodes = [node('Relu', ['t'], 'r'), node('Conv', ['x', 'w'], 'z', [], 'c')];
    expect(between(nodes, { outputs: ['y', 'z'] })).toBe('Conv "a" shares "w" with another reader');
  });

  it('a grouped ConvTranspose, whose weight has no axis of output channels', () => {
    const region = regionOf(
      {
        nodes: [
          node('ConvTranspose', ['x', 'w'], 'r', [intAttribute('group', 2)], 'a'),
          node('Conv', ['r', 'v'], 'y', [], 'b'),
        ],
        inputs: [value('x', [1, 2, 4, 4])],
        initializers: [ones('w', [2, 2, 1, 1]), ones('v', [1, 4, 1, 1])],
      },
      'r',
    );
    expect(region).toBe('ConvTranspose "a" has groups, whose weight has no axis of output channels');
  });

  it('branches whose channels lie differently', () => {
    const nodes = [
      node('Transpose', ['t'], 'u', [intsAttribute('perm', [0, 2, 3, 1])]),
      node('Transpose', ['t'], 'v2', [intsAttribute('perm', [0, 3, 2, 1])]),
      node('Add', ['t', 'u'], 'r'),
      node('Relu', ['v2'], 'z'),
    ];
    expect(between(nodes)).toBe('Add "r" combines tensors whose channels lie differently');
  });
});
