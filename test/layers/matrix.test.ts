import { intAttribute } from '../../src/onnx/node.js';
import { node, tensor, value } from '../onnx/build-model.js';
import { checkByHand, type LayerByHand } from './check-by-hand.js';

// Numbers as in conv.test.ts; the channels of the input are its last axis. W * s = [7, -2.4, 1.75],
// [1.3, 7, 0.6].
const inputFirst = [3.5, -1.2, 0.875, 2.6, 14, 1.2];
const outputFirst = [3.5, 2.6, -1.2, 14, 0.875, 1.2];

const layer: Omit<LayerByHand, 'weightIntegers' | 'output'> = {
  name: 'layer',
  activationAbsmax: [14, 3.5],
  weightAbsmax: [3.5, 14],
  s: [2, 0.5],
  inputScale: 1,
  weightScales: [1, 1, 0.25],
};

// Divided by s and rounded: [7, -7], [-2, 2].
const x = { dims: [2, 2], values: [14, -3.5, -3, 1.2] };

// 7*7 + 1*-7, -2*7 + 7*-7, 0.25 * (7*7 + 2*-7); 7*-2 + 1*2, -2*-2 + 7*2, 0.25 * (7*-2 + 2*2).
const product = [42, -63, 8.75, -12, 18, -2.5];
const withBias = product.map((sum, i) => sum + [10, 20, 30][i % 3]!);

checkByHand('Gemm (transB 0)', {
  model: {
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2])],
    initializers: [tensor('w', [2, 3], inputFirst), tensor('b', [3], [10, 20, 30])],
  },
  x,
  layers: [{ ...layer, weightIntegers: [7, -2, 7, 1, 7, 2], output: { tensor: 'y', dims: [2, 3], values: withBias } }],
});

checkByHand('Gemm (transB 1)', {
  model: {
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', [intAttribute('transB', 1)], 'layer')],
    inputs: [value('x', ['N', 2])],
    initializers: [tensor('w', [3, 2], outputFirst), tensor('b', [3], [10, 20, 30])],
  },
  x,
  layers: [{ ...layer, weightIntegers: [7, 1, -2, 7, 7, 2], output: { tensor: 'y', dims: [2, 3], values: withBias } }],
});

checkByHand('MatMul', {
  model: {
    nodes: [node('MatMul', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2])],
    initializers: [tensor('w', [2, 3], inputFirst)],
  },
  x,
  layers: [{ ...layer, weightIntegers: [7, -2, 7, 1, 7, 2], output: { tensor: 'y', dims: [2, 3], values: product } }],
});

checkByHand('MatMul of a batched input [N, T, K]', {
  model: {
    nodes: [node('MatMul', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2, 2])],
    initializers: [tensor('w', [2, 3], inputFirst)],
  },
  // The second sample is [0, 0], [1, -2] when divided by s.
  x: { dims: [2, 2, 2], values: [...x.values, 0, 0, 2, -1] },
  layers: [
    {
      ...layer,
      weightIntegers: [7, -2, 7, 1, 7, 2],
      // 7*1 + 1*-2, -2*1 + 7*-2, 0.25 * (7*1 + 2*-2).
      output: { tensor: 'y', dims: [2, 2, 3], values: [...product, 0, 0, 0, 5, -16, 0.75] },
    },
  ],
});
