import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { NodeProto, TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { findFoldRegions } from '../../src/smooth/fold-regions.js';
import { buildModel, graphAttribute, layersOf, node, subgraph, tensor, type ModelSpec } from '../onnx/build-model.js';

const ones = (name: string, dims: readonly number[]): TensorProto =>
  tensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1));

const producer = node('Conv', ['x', 'w', 'b'], 't', [], 'producer');
const reader = (input = 't'): NodeProto => node('Conv', [input, 'v'], 'y', [], 'reader');
const constants = [ones('w', [2, 2, 1, 1]), ones('b', [2]), ones('v', [3, 2, 1, 1])];

/** What happens to layer `reader`: `producer -> readers`, or the reason why nothing folds. */
function outcome(nodes: readonly NodeProto[], more: Partial<ModelSpec> = {}, without: readonly string[] = []): string {
  const model = buildModel({ nodes, ...more, initializers: [...constants, ...(more.initializers ?? [])] });
  const layers = layersOf(model).filter(({ name }) => !without.includes(name));
  const { regions, reasons } = findFoldRegions(model, layers);
  const own = regions.find((region) => region.readers.some(({ name }) => name === 'reader'));
  if (own === undefined) return reasons.get('reader')!;
  expect(reasons.has('reader')).toBe(false);
  return `${own.producer.node.output[0]!} -> ${own.readers.map(({ name }) => name).join(', ')}`;
}

/** The producer, one node between, and the reader. */
const through = (between: NodeProto, more: Partial<ModelSpec> = {}): string =>
  outcome([producer, between, reader('u')], more);

describe('smoothing folds', () => {
  it('into the layer that makes the tensor', () => {
    expect(outcome([producer, reader()])).toBe('t -> reader');
  });

  it.each([
    ['ConvTranspose', node('ConvTranspose', ['x', 'w', 'b'], 't')],
    ['Conv without bias', node('Conv', ['x', 'w'], 't')],
    ['grouped Conv', node('Conv', ['x', 'g'], 't', [intAttribute('group', 2)])],
    ['BatchNormalization', node('BatchNormalization', ['x', 'b', 'b2', 'm', 's'], 't')],
  ])('into a %s', (_, made) => {
    const initializers = [ones('g', [2, 1, 1, 1]), ones('b2', [2]), ones('m', [2]), ones('s', [2])];
    expect(outcome([made, reader()], { initializers })).toBe('t -> reader');
  });

  it.each([
    ['none', ['x', 'gw']],
    ['[O]', ['x', 'gw', 'b']],
    ['[1, O]', ['x', 'gw', 'b12']],
  ])('into a Gemm with a bias of shape %s', (_, inputs) => {
    const gemm = node('Gemm', inputs, 't', [], 'producer');
    const initializers = [ones('gw', [2, 2]), ones('b12', [1, 2]), ones('mw', [2, 3])];
    expect(outcome([gemm, node('MatMul', ['t', 'mw'], 'y', [], 'reader')], { initializers })).toBe('t -> reader');
  });

  it.each([
    ['Relu', node('Relu', ['t'], 'u')],
    ['LeakyRelu', node('LeakyRelu', ['t'], 'u', [floatAttribute('alpha', 0.1)])],
    ['PRelu', node('PRelu', ['t', 'slope'], 'u')],
    ['MaxPool', node('MaxPool', ['t'], 'u', [intsAttribute('kernel_shape', [2, 2])])],
    ['AveragePool', node('AveragePool', ['t'], 'u', [intsAttribute('kernel_shape', [2, 2])])],
    ['GlobalAveragePool', node('GlobalAveragePool', ['t'], 'u')],
    ['ReduceMean over positions', node('ReduceMean', ['t'], 'u', [intsAttribute('axes', [-1, -2])])],
    ['Pad with nothing said', node('Pad', ['t', 'pads'], 'u')],
    ['Pad with 0', node('Pad', ['t', 'pads', 'zero'], 'u')],
    ['Identity', node('Identity', ['t'], 'u')],
    ['Dropout', node('Dropout', ['t'], 'u')],
  ])('through %s', (_, between) => {
    const initializers = [
      ones('slope', [2, 1, 1]),
      tensor('zero', [], [0]),
      int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
    ];
    expect(through(between, { initializers })).toBe('t -> reader');
  });

  it.each([
    ['Flatten', [node('Flatten', ['p'], 'f')]],
    ['Reshape to [0, -1]', [node('Reshape', ['p', 'rows'], 'f')]],
    [
      'ReduceMean without the axes',
      [node('ReduceMean', ['p'], 'f', [intsAttribute('axes', [2, 3]), intAttribute('keepdims', 0)])],
    ],
  ])('through pooling and %s into a classifier', (_, flat) => {
    const initializers = [ones('gw', [2, 5]), int64Tensor('rows', [0, -1])];
    for (const op of ['Gemm', 'MatMul']) {
      const nodes = [
        producer,
        node('GlobalAveragePool', ['t'], 'p'),
        ...flat,
        node(op, ['f', 'gw'], 'y', [], 'reader'),
      ];
      expect(outcome(nodes, { initializers }), op).toBe('t -> reader');
    }
  });

  it('for all readers of a tensor at once, also behind different operators', () => {
    const nodes = [
      producer,
      node('Relu', ['t'], 'r'),
      node('MaxPool', ['t'], 'm', [intsAttribute('kernel_shape', [1, 1])]),
      node('Conv', ['r', 'o'], 'other', [], 'other'),
      node('Conv', ['m', 'v'], 'read', [], 'reader'),
      node('Add', ['other', 'read'], 'y'),
    ];
    expect(outcome(nodes, { initializers: [ones('o', [3, 2, 1, 1])] })).toBe('t -> other, reader');
  });
});

describe('smoothing does not fold, and says so,', () => {
  it.each([
    ['Clip', node('Clip', ['t', 'low'], 'u')],
    ['Sigmoid', node('Sigmoid', ['t'], 'u')],
    ['HardSwish', node('HardSwish', ['t'], 'u')],
    ['Mul', node('Mul', ['t', 't'], 'u')],
    ['Add', node('Add', ['t', 't'], 'u')],
    ['Concat', node('Concat', ['t'], 'u', [intAttribute('axis', 1)])],
  ])('through %s', (op, between) => {
    expect(through(between, { opset: 14, initializers: [tensor('low', [], [0])] })).toBe(
      `${op} "u" does not commute with scaling channels`,
    );
  });

  it.each([
    ['Pad with another number', node('Pad', ['t', 'pads', 'one'], 'u'), 'Pad "u" pads with another number than 0'],
    ['Pad with a computed number', node('Pad', ['t', 'pads', 'x'], 'u'), 'Pad "u" pads with a computed number'],
    ['Dropout that drops', node('Dropout', ['t', '', 'one'], 'u'), 'Dropout "u" may drop numbers (training_mode)'],
    [
      'mean over channels',
      node('ReduceMean', ['t'], 'u', [intsAttribute('axes', [1])]),
      'ReduceMean "u" averages over other axes than positions',
    ],
    [
      'Reshape that mixes',
      node('Reshape', ['t', 'mix'], 'u'),
      'Reshape "u" may move numbers from one channel to another',
    ],
    [
      'Flatten elsewhere',
      node('Flatten', ['t'], 'u', [intAttribute('axis', 2)]),
      'Flatten "u" flattens at another axis than 1',
    ],
    [
      'the second output',
      node('MaxPool', ['t'], ['other', 'u'], [], 'pool'),
      '"u" is not the first output of MaxPool "pool"',
    ],
  ])('through %s', (_, between, reason) => {
    const initializers = [
      ones('one', []),
      int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
      int64Tensor('mix', [-1, 2, 1, 1]),
    ];
    expect(through(between, { initializers })).toBe(reason);
  });

  it('before opset 11, through a Pad whose attribute is not 0', () => {
    const pad = node('Pad', ['t'], 'u', [intsAttribute('pads', [0, 0, 1, 1, 0, 0, 1, 1]), floatAttribute('value', 2)]);
    expect(through(pad, { opset: 10 })).toBe('Pad "u" pads with another number than 0');
  });

  it('where the model is fed', () => {
    expect(outcome([reader('x')])).toBe('"x" is made by no operator');
  });

  it('where the tensor leaves the model', () => {
    expect(outcome([producer, reader()], { outputs: ['y', 't'] })).toBe('"t" is an output of the model');
  });

  it('where something else reads the tensor', () => {
    const sum = [producer, reader(), node('Sigmoid', ['t'], 'other')];
    expect(outcome(sum)).toBe('Sigmoid "other" does not commute with scaling channels');
    const slope = [producer, reader(), node('PRelu', ['x', 't'], 'other')];
    expect(outcome(slope)).toBe('PRelu "other" reads "t" too');
  });

  it('where a subgraph reads the tensor', () => {
    const branch = graphAttribute('then_branch', subgraph([node('Relu', ['t'], 'inner')], ['inner']));
    const other = graphAttribute('else_branch', subgraph([node('Relu', ['x'], 'inner2')], ['inner2']));
    const nodes = [producer, reader(), node('If', ['condition'], 'z', [branch, other], 'if')];
    expect(outcome(nodes, { initializers: [ones('condition', [])] })).toBe('If "if" reads "t" too');
  });

  it('where another layer reads the tensor that is not smoothed', () => {
    const nodes = [producer, reader(), node('Conv', ['t', 'o'], 'z', [], 'other')];
    const initializers = [ones('o', [3, 2, 1, 1])];
    expect(outcome(nodes, { initializers }, ['other'])).toBe('Conv "other" reads the tensor too and is not smoothed');
    expect(outcome(nodes, { initializers }, ['producer'])).toBe('t -> reader, other');
  });

  it('where weight or bias of the producer have another reader', () => {
    const twice = [producer, reader(), node('Conv', ['x', 'w'], 'z', [], 'twin')];
    expect(outcome(twice)).toBe('Conv "producer" shares "w" with another reader');
    const bias = [producer, reader(), node('Conv', ['x', 'o', 'b'], 'z', [], 'twin')];
    expect(outcome(bias, { initializers: [ones('o', [2, 2, 1, 1])] })).toBe(
      'Conv "producer" shares "b" with another reader',
    );
    const copied = [
      node('Identity', ['w'], 'w2'),
      node('Conv', ['x', 'w2'], 't', [], 'producer'),
      reader(),
      node('Conv', ['x', 'w'], 'z'),
    ];
    expect(outcome(copied)).toBe('Conv "producer" shares "w" with another reader');
  });

  it('where the bias of the producer is computed or of another shape', () => {
    const computed = [node('Relu', ['b'], 'rb'), node('Conv', ['x', 'w', 'rb'], 't', [], 'producer'), reader()];
    const reason = 'the bias of Conv "producer" is computed, or not one number per output channel';
    expect(outcome(computed)).toBe(reason);
    const gemm = [
      node('Gemm', ['x', 'gw', 'column'], 't', [], 'producer'),
      node('MatMul', ['t', 'gw2'], 'y', [], 'reader'),
    ];
    const initializers = [ones('gw', [2, 2]), ones('gw2', [2, 2]), ones('column', [2, 1])];
    expect(outcome(gemm, { initializers })).toBe(reason.replace('Conv', 'Gemm'));
  });

  it('where the producer can not be rescaled', () => {
    const initializers = [ones('gw', [2, 2]), ones('gw2', [2, 2]), ones('m', [2]), ones('s', [2])];
    const scaled = node('Gemm', ['x', 'gw'], 't', [floatAttribute('alpha', 2)], 'producer');
    const last = node('MatMul', ['t', 'gw2'], 'y', [], 'reader');
    expect(outcome([scaled, last], { initializers })).toBe(
      `Gemm "producer" can't take it: it scales its product (alpha, beta)`,
    );
    const matrix = node('MatMul', ['x', 'gw'], 't', [], 'producer');
    expect(outcome([matrix, last], { initializers })).toBe('MatMul "producer" has no channel axis 1 and no bias');
    const training = node(
      'BatchNormalization',
      ['x', 'b', 'b2', 'm', 's'],
      't',
      [intAttribute('training_mode', 1)],
      'norm',
    );
    const norms = [...initializers, ones('b2', [2])];
    expect(outcome([training, reader()], { initializers: norms })).toBe(
      'BatchNormalization "norm" is in training mode',
    );
    const computed = [
      node('Relu', ['b'], 'rb'),
      node('BatchNormalization', ['x', 'rb', 'b2', 'm', 's'], 't', [], 'norm'),
    ];
    expect(outcome([...computed, reader()], { initializers: norms })).toBe(
      'the parameters of BatchNormalization "norm" are computed',
    );
  });

  it('where positions become columns, or channels are the last axis', () => {
    const flat = [producer, node('Flatten', ['t'], 'f'), node('Gemm', ['f', 'gw'], 'y', [], 'reader')];
    expect(outcome(flat, { initializers: [ones('gw', [8, 5])] })).toBe(
      `Gemm "reader" reads 8 channels, of the 2 of the tensor's producer`,
    );
    const last = [producer, node('MatMul', ['t', 'mw'], 'y', [], 'reader')];
    expect(outcome(last, { initializers: [ones('mw', [2, 3])] })).toBe(
      'MatMul "reader" has its channels on the last axis',
    );
  });
});
