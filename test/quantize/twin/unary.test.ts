import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../src/onnx/node.js';
import type { AttributeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { node, tensor } from '../../onnx/build-model.js';
import { compareTwin, uniform, uniformBatch, type TwinCase, type Uint8 } from './twin-case.js';

interface UnaryCase {
  readonly op: string;
  readonly attributes?: readonly AttributeProto[];
  /** Of the operator's input. */
  readonly a?: Uint8;
  readonly y?: Uint8;
  readonly shape?: readonly number[];
  /** Further inputs. */
  readonly rest?: TwinCase['initializers'];
  readonly opset?: number;
  /** Of the operator; absent: it has none. */
  readonly kernel?: string;
}

/** A 1x1 convolution, the operator, and a convolution that reads it. */
function unaryCase({
  op,
  attributes = [],
  a = [0.02, 121],
  y = [0.02, 121],
  rest = [],
  ...given
}: UnaryCase): TwinCase {
  const shape = given.shape ?? [2, 8, 17, 13];
  return {
    nodes: [
      node('Conv', ['x', 'w1'], 'a'),
      node(op, ['a', ...rest.map(({ name }) => name)], 'p', attributes),
      node('Conv', ['p', 'w2'], 'y'),
    ],
    inputShape: shape,
    initializers: [
      tensor('w1', [8, 8, 1, 1], uniform(64, -1, 1, 1)),
      tensor('w2', [8, 8, 1, 1], uniform(64, -1, 1, 2)),
      ...rest,
    ],
    quantizers: { x: [0.01, 128], a, p: y, y: [0.013, 128] },
    outputs: ['y', 'p'],
    ...(given.opset === undefined ? {} : { opset: given.opset }),
  };
}

const kernel = (...values: number[]) => intsAttribute('kernel_shape', values);
const strides = (...values: number[]) => intsAttribute('strides', values);
const pads = (...values: number[]) => intsAttribute('pads', values);

const cases: Readonly<Record<string, UnaryCase>> = {
  LeakyRelu: {
    op: 'LeakyRelu',
    kernel: 'QLinearLeakyRelu',
    attributes: [floatAttribute('alpha', 0.1)],
    y: [0.017, 33],
  },
  Sigmoid: { op: 'Sigmoid', kernel: 'QLinearSigmoid', y: [1 / 255, 0] },
  'Softmax over channels': {
    op: 'Softmax',
    kernel: 'QLinearSoftmax',
    attributes: [intAttribute('axis', 1)],
    y: [1 / 255, 0],
  },
  'Softmax over the last axis': {
    op: 'Softmax',
    kernel: 'QLinearSoftmax',
    attributes: [intAttribute('axis', -1)],
    y: [1 / 256, 0],
    a: [0.02, 200],
  },
  'AveragePool 2x2': { op: 'AveragePool', kernel: 'QLinearAveragePool', attributes: [kernel(2, 2), strides(2, 2)] },
  'AveragePool 2x2, odd zero point': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(2, 2), strides(2, 2)],
    y: [0.02, 120],
  },
  'AveragePool 2x2, another scale': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(2, 2), strides(2, 2)],
    y: [0.015, 126],
  },
  'AveragePool 3x3 with pads': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(3, 3), pads(1, 1, 1, 1)],
    y: [0.01, 126],
  },
  'AveragePool 3x3 that counts pads': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(3, 3), pads(1, 1, 1, 1), intAttribute('count_include_pad', 1)],
    y: [0.01, 126],
  },
  'AveragePool 5x4 with strides': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(5, 4), strides(2, 3), pads(2, 1, 1, 2)],
    y: [0.01, 126],
  },
  'AveragePool with ceil_mode': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(3, 3), strides(2, 2), intAttribute('ceil_mode', 1)],
    y: [0.01, 126],
    shape: [2, 8, 16, 14],
  },
  'AveragePool with auto_pad': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(3, 3), strides(2, 2), stringAttribute('auto_pad', 'SAME_UPPER')],
    y: [0.01, 126],
  },
  'AveragePool with auto_pad, more in front': {
    op: 'AveragePool',
    kernel: 'QLinearAveragePool',
    attributes: [kernel(4, 3), strides(3, 2), stringAttribute('auto_pad', 'SAME_LOWER')],
    y: [0.01, 126],
  },
  'AveragePool 7x7': { op: 'AveragePool', kernel: 'QLinearAveragePool', attributes: [kernel(7, 7)], y: [0.01, 126] },
  GlobalAveragePool: { op: 'GlobalAveragePool', kernel: 'QLinearGlobalAveragePool', y: [0.003, 126] },
  'GlobalAveragePool, powers of two': {
    op: 'GlobalAveragePool',
    kernel: 'QLinearGlobalAveragePool',
    a: [2 ** -6, 121],
    y: [2 ** -9, 126],
    shape: [64, 8, 8, 8],
  },
  'GlobalAveragePool of opset 11': {
    op: 'GlobalAveragePool',
    kernel: 'QLinearGlobalAveragePool',
    y: [0.003, 126],
    opset: 11,
  },
  'MaxPool 3x3': { op: 'MaxPool', attributes: [kernel(3, 3), strides(2, 2), pads(1, 1, 1, 1)] },
  'MaxPool of opset 11': { op: 'MaxPool', attributes: [kernel(2, 2)], opset: 11 },
  Transpose: { op: 'Transpose', attributes: [intsAttribute('perm', [0, 1, 3, 2])] },
  Slice: {
    op: 'Slice',
    rest: [int64Tensor('starts', [1, 2]), int64Tensor('ends', [9, 11]), int64Tensor('axes', [2, 3])],
  },
  'Resize to the nearest': {
    op: 'Resize',
    attributes: [stringAttribute('mode', 'nearest')],
    rest: [tensor('roi', [0], []), tensor('scales', [4], [1, 1, 2, 2])],
  },
  'Resize, linear': {
    op: 'Resize',
    attributes: [stringAttribute('mode', 'linear')],
    rest: [tensor('roi', [0], []), tensor('scales', [4], [1, 1, 2, 2])],
  },
  HardSwish: { op: 'HardSwish', y: [0.02, 30], opset: 14 },
  Tanh: { op: 'Tanh', y: [0.008, 127] },
};

describe('the twin of operators with one input', () => {
  it.each(Object.entries(cases))('equals the runtime: %s', async (_name, given) => {
    const shape = given.shape ?? [2, 8, 17, 13];
    const compared = await compareTwin(unaryCase(given), uniformBatch(shape, -1.3, 1.3));
    expect(compared.distinct).toBeGreaterThan(20);
    const { QLinearConv: convolutions, ...kernels } = compared.kernels;
    expect(convolutions).toBe(2);
    expect(kernels).toEqual(given.kernel === undefined ? {} : { [given.kernel]: 1 });
    expect(compared.differing).toBe(0);
  });
});
