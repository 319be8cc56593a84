import { describe, expect, it } from 'vitest';
import { node, tensor } from '../../onnx/build-model.js';
import { compareTwin, uniform, uniformBatch, type TwinCase, type Uint8 } from './twin-case.js';

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
