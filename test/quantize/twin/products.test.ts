import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { node, tensor } from '../../onnx/build-model.js';
import { compareTwin, uniform, uniformBatch, type TwinCase, type Uint8 } from './twin-case.js';

interface ConvCase {
  readonly input: readonly number[];
  readonly weight: readonly number[];
  readonly attributes?: Parameters<typeof node>[3];
  readonly x?: Uint8;
  readonly y?: Uint8;
  readonly activation?: 'Relu';
  readonly bias?: 'none' | 'large';
  readonly granularity?: 'channel' | 'tensor';
  /** What the deployed model runs instead; default: QLinearConv. */
  readonly kernels?: Readonly<Record<string, number>>;
}

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

function convCase(given: ConvCase): TwinCase {
  const { input, weight, attributes = [], bias } = given;
  const outputs = weight[0]!;
  const fan = size(weight.slice(1));
  const initializers = [tensor('w', weight, uniform(size(weight), -1, 1, 7))];
  const inputs = ['x', 'w'];
  if (bias !== 'none') {
    const reach = bias === 'large' ? 30 : 2;
    initializers.push(tensor('b', [outputs], uniform(outputs, -reach, reach, 8)));
    inputs.push('b');
  }
  const isActivated = given.activation !== undefined;
  const { y = isActivated ? [Math.sqrt(fan) / 60, 0] : [Math.sqrt(fan) / 50, 117] } = given;
  return {
    nodes: [
      node('Conv', inputs, isActivated ? 'c' : 'y', attributes),
      ...(isActivated ? [node(given.activation, ['c'], 'y')] : []),
    ],
    inputShape: input,
    initializers,
    quantizers: { x: given.x ?? [0.011, 101], y },
    ...(given.granularity === undefined ? {} : { granularity: given.granularity }),
  };
}

const pads = (...values: number[]) => intsAttribute('pads', values);
const strides = (...values: number[]) => intsAttribute('strides', values);
const dilations = (...values: number[]) => intsAttribute('dilations', values);
const group = (value: number) => intAttribute('group', value);

const convs: Readonly<Record<string, ConvCase>> = {
  '3x3': { input: [2, 16, 19, 17], weight: [24, 16, 3, 3], attributes: [pads(1, 1, 1, 1)] },
  '1x1': { input: [1, 32, 14, 14], weight: [16, 32, 1, 1] },
  'three input channels, stride 2': {
    input: [1, 3, 31, 31],
    weight: [32, 3, 7, 7],
    attributes: [pads(3, 3, 3, 3), strides(2, 2)],
  },
  'uneven pads and strides': {
    input: [1, 5, 13, 17],
    weight: [7, 5, 3, 2],
    attributes: [pads(0, 1, 2, 1), strides(1, 2)],
  },
  dilations: { input: [1, 8, 20, 20], weight: [8, 8, 3, 3], attributes: [pads(2, 2, 2, 2), dilations(2, 2)] },
  groups: { input: [1, 12, 16, 16], weight: [18, 4, 3, 3], attributes: [group(3), pads(1, 1, 1, 1)] },
  depthwise: { input: [1, 24, 18, 18], weight: [24, 1, 3, 3], attributes: [group(24), pads(1, 1, 1, 1)] },
  'depthwise with a multiplier': {
    input: [1, 6, 18, 18],
    weight: [12, 1, 3, 3],
    attributes: [group(6), pads(1, 1, 1, 1)],
  },
  'weights per tensor': {
    input: [1, 16, 19, 17],
    weight: [24, 16, 3, 3],
    attributes: [pads(1, 1, 1, 1)],
    granularity: 'tensor',
  },
  'no bias': { input: [1, 16, 9, 9], weight: [8, 16, 3, 3], bias: 'none' },
  'scales that are powers of two': {
    input: [1, 16, 19, 17],
    weight: [24, 16, 3, 3],
    x: [2 ** -7, 100],
    y: [2 ** -4, 131],
  },
  'zero point 0': { input: [1, 16, 19, 17], weight: [24, 16, 3, 3], x: [0.02, 0], y: [0.1, 128] },
  'zero point 255': { input: [1, 16, 19, 17], weight: [24, 16, 3, 3], x: [0.02, 255], y: [0.1, 3] },
  Relu: { input: [2, 16, 19, 17], weight: [24, 16, 3, 3], activation: 'Relu' },
  'Relu and a zero point that keeps it': {
    input: [1, 16, 19, 17],
    weight: [24, 16, 3, 3],
    activation: 'Relu',
    y: [0.1, 5],
    kernels: {},
  },
  'one dimension': { input: [1, 16, 40], weight: [8, 16, 5], attributes: [pads(2, 2)] },
  'three dimensions': { input: [1, 4, 7, 8, 9], weight: [6, 4, 3, 3, 3], attributes: [pads(1, 1, 1, 1, 1, 1)] },
  'sums above 2^24': { input: [1, 512, 6, 6], weight: [20, 512, 3, 3], x: [0.01, 0] },
  'sums far above 2^24': { input: [1, 1600, 4, 4], weight: [25, 1600, 3, 3], x: [0.01, 3] },
  'grouped sums above 2^24': { input: [1, 1024, 5, 5], weight: [4, 512, 3, 3], attributes: [group(2)], x: [0.01, 0] },
  'a bias above 2^24': { input: [1, 16, 9, 9], x: [0.0001, 10], bias: 'large', y: [0.25, 128], weight: [64, 16, 3, 3] },
};

describe('the twin of QLinearConv', () => {
  it.each(Object.entries(convs))('equals the runtime: %s', async (_name, given) => {
    const [scale, zeroPoint] = given.x ?? [0.011, 101];
    const batch = uniformBatch(given.input, (-zeroPoint - 10) * scale, (265 - zeroPoint) * scale);
    const compared = await compareTwin(convCase(given), batch);
    expect(compared.kernels).toEqual(given.kernels ?? { QLinearConv: 1 });
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });
});

interface MatrixCase {
  readonly input: readonly number[];
  /** `[I, O]`, of transB `[O, I]`. */
  readonly weight: readonly [number, number];
  readonly op: 'Gemm' | 'MatMul';
  readonly transB?: boolean;
  readonly bias?: boolean;
  readonly x: Uint8;
  /** Null: the output is float. */
  readonly y: Uint8 | null;
  readonly granularity?: 'channel' | 'tensor';
  /** Of the weight; default: -1. */
  readonly low?: number;
  readonly kernels: Readonly<Record<string, number>>;
}

function matrixCase(given: MatrixCase): TwinCase {
  const { op, weight, input, transB = false, low = -1 } = given;
  const outputs = transB ? weight[0] : weight[1];
  const initializers = [tensor('w', weight, uniform(size(weight), low, 1, 7))];
  if (given.bias === true) initializers.push(tensor('b', [outputs], uniform(outputs, -3, 3, 8)));
  return {
    nodes: [
      node(op, ['x', 'w', ...(given.bias === true ? ['b'] : [])], 'y', transB ? [intAttribute('transB', 1)] : []),
    ],
    inputShape: input,
    initializers,
    quantizers: { x: given.x, ...(given.y === null ? {} : { y: given.y }) },
    ...(given.granularity === undefined ? {} : { granularity: given.granularity }),
  };
}

const x: Uint8 = [0.02, 77];
const y: Uint8 = [0.2, 129];

const matrices: Readonly<Record<string, MatrixCase>> = {
  Gemm: { op: 'Gemm', input: [33, 64], weight: [64, 40], bias: true, x, y, kernels: { QGemm: 1 } },
  'Gemm, transposed weight': {
    op: 'Gemm',
    input: [33, 64],
    weight: [40, 64],
    transB: true,
    bias: true,
    x,
    y,
    kernels: { QGemm: 1 },
  },
  'Gemm, per tensor': {
    op: 'Gemm',
    input: [33, 64],
    weight: [64, 40],
    bias: true,
    x,
    y,
    granularity: 'tensor',
    kernels: { QGemm: 1 },
  },
  'Gemm without bias': { op: 'Gemm', input: [33, 64], weight: [64, 40], x, y, kernels: { QGemm: 1 } },
  'Gemm to float': { op: 'Gemm', input: [33, 64], weight: [64, 40], bias: true, x, y: null, kernels: { QGemm: 1 } },
  'Gemm to float, sums above 2^24': {
    op: 'Gemm',
    input: [9, 2000],
    weight: [2000, 40],
    bias: true,
    x: [0.01, 0],
    y: null,
    low: 0.2,
    kernels: { QGemm: 1 },
  },
  'Gemm to float, sums far above 2^24': {
    op: 'Gemm',
    input: [9, 9000],
    weight: [10, 9000],
    transB: true,
    bias: true,
    x: [0.01, 0],
    y: null,
    low: 0.2,
    kernels: { QGemm: 1 },
  },
  'Gemm to float, bias above 2^24': {
    op: 'Gemm',
    input: [33, 64],
    weight: [64, 40],
    bias: true,
    x: [0.00001, 77],
    y: null,
    kernels: { QGemm: 1 },
  },
  MatMul: { op: 'MatMul', input: [33, 64], weight: [64, 40], x, y, kernels: { QLinearMatMul: 1 } },
  'MatMul of three dimensions': {
    op: 'MatMul',
    input: [2, 33, 64],
    weight: [64, 40],
    x,
    y,
    kernels: { QLinearMatMul: 1 },
  },
  'MatMul, per tensor': {
    op: 'MatMul',
    input: [2, 33, 64],
    weight: [64, 40],
    x,
    y,
    granularity: 'tensor',
    kernels: { QLinearMatMul: 1 },
  },
  'MatMul to float': {
    op: 'MatMul',
    input: [2, 33, 64],
    weight: [64, 40],
    x,
    y: null,
    kernels: { MatMulIntegerToFloat: 1 },
  },
  'MatMul to float, sums above 2^24': {
    op: 'MatMul',
    input: [2, 3, 2500],
    weight: [2500, 40],
    x: [0.01, 1],
    y: null,
    low: 0.2,
    kernels: { MatMulIntegerToFloat: 1 },
  },
};

describe('the twin of QGemm, QLinearMatMul and MatMulIntegerToFloat', () => {
  it.each(Object.entries(matrices))('equals the runtime: %s', async (_name, given) => {
    const [scale, zeroPoint] = given.x;
    const batch = uniformBatch(given.input, (-zeroPoint - 10) * scale, (265 - zeroPoint) * scale);
    const compared = await compareTwin(matrixCase(given), batch);
    expect(compared.kernels).toEqual(given.kernels);
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });
});
