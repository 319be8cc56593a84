import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { node, tensor } from '../../onnx/build-model.js';
import {
  comparePrepared,
  compareTwin,
  prepareCase,
  uniform,
  uniformBatch,
  type TwinCase,
  type Uint8,
} from './twin-case.js';

const shape = [2, 8, 17, 13];
const depthwise = (seed: number) => tensor(`w${seed}`, [8, 8, 1, 1], uniform(64, -1, 1, seed));

/** Two convolutions of x that an operator joins. */
function joined(op: string, a: Uint8, b: Uint8, y: Uint8, activation: 'Relu' | null = null): TwinCase {
  return {
    nodes: [
      node('Conv', ['x', 'w1'], 'a'),
      node('Conv', ['x', 'w2'], 'b'),
      node(op, ['a', 'b'], activation === null ? 'y' : 'c'),
      ...(activation === null ? [] : [node(activation, ['c'], 'y')]),
    ],
    inputShape: shape,
    initializers: [depthwise(1), depthwise(2)],
    quantizers: { x: [0.01, 128], a, b, y },
  };
}

describe('the twin of QLinearAdd', () => {
  it.each<[string, Uint8, Uint8, Uint8, 'Relu' | null]>([
    ['free scales', [0.0173, 121], [0.0191, 130], [0.0257, 127], null],
    ['powers of two, odd zero point', [2 ** -6, 121], [2 ** -7, 130], [2 ** -5, 127], null],
    ['powers of two, even zero point', [2 ** -6, 121], [2 ** -7, 130], [2 ** -5, 126], null],
    ['powers of two, zero point 0', [2 ** -6, 121], [2 ** -7, 130], [2 ** -6, 0], 'Relu'],
    ['a Relu', [0.0173, 121], [0.0191, 130], [0.0157, 0], 'Relu'],
    ['clipping', [0.0173, 121], [0.0191, 130], [0.003, 127], null],
    ['equal scales', [0.02, 120], [0.02, 120], [0.02, 120], null],
    ['far scales', [0.02, 120], [0.00002, 120], [0.02, 121], null],
  ])('equals the runtime: %s', async (_name, a, b, y, activation) => {
    const compared = await compareTwin(joined('Add', a, b, y, activation), uniformBatch(shape, -1.3, 1.3));
    expect(compared.kernels).toEqual({ QLinearConv: 2, QLinearAdd: 1 });
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });
});

describe('the twin of QLinearMul', () => {
  it.each<[string, Uint8, Uint8, Uint8, 'Relu' | null]>([
    ['free scales', [0.0173, 121], [0.0191, 130], [0.0257, 127], null],
    ['ties, odd zero point', [2 ** -6, 121], [2 ** -7, 130], [2 ** -8, 127], null],
    ['ties, even zero point', [2 ** -6, 121], [2 ** -7, 130], [2 ** -8, 126], null],
    ['a Relu', [0.0173, 121], [0.0191, 130], [0.0157, 0], 'Relu'],
    ['round scales', [0.02, 121], [0.03, 130], [0.008, 99], null],
  ])('equals the runtime: %s', async (_name, a, b, y, activation) => {
    const compared = await compareTwin(joined('Mul', a, b, y, activation), uniformBatch(shape, -1.3, 1.3));
    expect(compared.kernels).toEqual({ QLinearConv: 2, QLinearMul: 1 });
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });

  it('equals the runtime behind a Sigmoid: SiLU', async () => {
    const compared = await compareTwin(
      {
        nodes: [node('Conv', ['x', 'w1'], 'a'), node('Sigmoid', ['a'], 's'), node('Mul', ['a', 's'], 'y')],
        inputShape: shape,
        initializers: [depthwise(1)],
        quantizers: { x: [0.01, 128], a: [0.02, 120], s: [1 / 255, 0], y: [0.013, 21] },
      },
      uniformBatch(shape, -1.3, 1.3),
    );
    expect(compared.kernels).toEqual({ QLinearConv: 1, QLinearSigmoid: 1, QLinearMul: 1 });
    expect(compared.differing).toBe(0);
  });
});

/** Means over the places of one convolution, joined with another. */
function overPlaces(op: string, order: 'small first' | 'small last'): TwinCase {
  return {
    nodes: [
      node('Conv', ['x', 'w1'], 'a'),
      node('GlobalAveragePool', ['a'], 'g'),
      node('Conv', ['x', 'w2'], 'b'),
      node(op, order === 'small first' ? ['g', 'b'] : ['b', 'g'], 'y'),
    ],
    inputShape: [2, 8, 33, 31],
    initializers: [depthwise(1), depthwise(2)],
    quantizers: { x: [0.01, 128], a: [0.0173, 121], g: [0.0173, 121], b: [0.0191, 130], y: [0.003, 127] },
  };
}

describe('the twin of operators that repeat a number over all places', () => {
  it.each([
    ['Add', 'small first'],
    ['Add', 'small last'],
    ['Mul', 'small first'],
    ['Mul', 'small last'],
  ] as const)('equals the runtime: %s, %s', async (op, order) => {
    const compared = await compareTwin(overPlaces(op, order), uniformBatch([2, 8, 33, 31], -1.3, 1.3));
    expect(compared.kernels).toEqual({ QLinearConv: 2, QLinearGlobalAveragePool: 1, [`QLinear${op}`]: 1 });
    expect(compared.differing).toBe(0);
  });
});

describe('the twin of QLinearConcat', () => {
  it('equals the runtime: free scales', async () => {
    const compared = await compareTwin(
      {
        nodes: [
          node('Conv', ['x', 'w1'], 'a'),
          node('Conv', ['x', 'w2'], 'b'),
          node('Concat', ['a', 'b'], 'y', [intAttribute('axis', 1)]),
        ],
        inputShape: shape,
        initializers: [depthwise(1), depthwise(2)],
        quantizers: { x: [0.01, 128], a: [0.02, 121], b: [0.03, 130], y: [0.025, 127] },
      },
      uniformBatch(shape, -1.3, 1.3),
    );
    expect(compared.kernels).toEqual({ QLinearConv: 2, QLinearConcat: 1 });
    expect(compared.differing).toBe(0);
  });
});

describe('the twin of a product of two activations', () => {
  it.each([
    ['QLinearMatMul', [0.05, 119] as const],
    ['MatMulIntegerToFloat', null],
  ] as const)('equals the runtime: %s', async (kernel, y) => {
    const compared = await compareTwin(
      {
        nodes: [
          node('MatMul', ['x', 'w1'], 'a'),
          node('MatMul', ['x', 'w2'], 'b'),
          node('Transpose', ['b'], 't', [intsAttribute('perm', [0, 2, 1])]),
          node('MatMul', ['a', 't'], 'y'),
        ],
        inputShape: [2, 9, 300],
        initializers: [
          tensor('w1', [300, 600], uniform(180000, -1, 1, 3)),
          tensor('w2', [300, 600], uniform(180000, -1, 1, 4)),
        ],
        quantizers: {
          x: [0.01, 90],
          a: [0.1, 100],
          b: [0.1, 7],
          t: [0.1, 7],
          ...(y === null ? {} : { y: [2.5, 100] }),
        },
      },
      uniformBatch([2, 9, 300], -1, 1.6),
    );
    expect(compared.kernels[kernel]).toBeGreaterThan(0);
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });
});

describe('the twin of smoothing', () => {
  it('equals the runtime: a scale for each channel of an input', async () => {
    const compared = await compareTwin(
      {
        nodes: [node('Conv', ['x', 'w1'], 'y')],
        inputShape: shape,
        initializers: [depthwise(1)],
        quantizers: { x: [0.01, 128], y: [0.02, 121] },
        divisors: { x: [0.01, 0.02, 0.004, 0.013, 0.01, 0.007, 0.1, 0.01] },
      },
      uniformBatch(shape, -1.3, 1.3),
    );
    expect(compared.kernels).toEqual({ QLinearConv: 1 });
    expect(compared.differing).toBe(0);
  });

  it('equals the runtime: a convolution that divides', async () => {
    const s = Float32Array.of(1, 2, 3, 0.7, 0.1, 5, 1.1, 9);
    const given: TwinCase = {
      nodes: [
        node('Conv', ['x', 'w1'], 'a'),
        node('Conv', ['a', 'd'], 'b', [intAttribute('group', 8)]),
        node('Conv', ['b', 'w2'], 'y'),
      ],
      inputShape: shape,
      initializers: [
        depthwise(1),
        depthwise(2),
        tensor(
          'd',
          [8, 1, 1, 1],
          s.map((factor) => 1 / factor),
        ),
      ],
      quantizers: { x: [0.01, 128], a: [0.02, 121], b: [0.011, 130], y: [0.02, 121] },
    };
    const prepared = prepareCase(given);
    const placed = prepared.placed!;
    const compared = await comparePrepared(
      {
        ...prepared,
        layers: prepared.layers.filter(({ layer }) => layer.outputTensor !== 'b'),
        placed: { ...placed, convolutions: [{ layer: 'y', input: 'a', output: 'b', s }] },
      },
      uniformBatch(shape, -1.3, 1.3),
    );
    expect(compared.kernels).toEqual({ QLinearConv: 3 });
    expect(compared.differing).toBe(0);
  });
});

describe('the twin of operators that pass integers on', () => {
  it('equals the runtime: MaxPool, Flatten and Gemm behind it', async () => {
    const compared = await compareTwin(
      {
        nodes: [
          node('Conv', ['x', 'w1'], 'c'),
          node('Relu', ['c'], 'r'),
          node('GlobalMaxPool', ['r'], 'm'),
          node('Flatten', ['m'], 'f'),
          node('Gemm', ['f', 'w'], 'y'),
        ],
        inputShape: shape,
        initializers: [depthwise(1), tensor('w', [8, 10], uniform(80, -1, 1, 5))],
        quantizers: { x: [0.01, 128], r: [0.02, 0], m: [0.02, 0], f: [0.02, 0] },
      },
      uniformBatch(shape, -1.3, 1.3),
    );
    expect(compared.differing).toBe(0);
  });
});
