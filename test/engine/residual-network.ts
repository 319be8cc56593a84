import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

/**
 * A block with a residual branch, of depthwise and pointwise convolutions, behind a convolution
 * with BatchNormalization; a second layer reads what the depthwise one reads. Samples are
 * `[3, 6, 6]`, outputs 10 classes.
 */
export function residualNetwork(batch: number | string): ModelSpec {
  const around = intsAttribute('pads', [1, 1, 1, 1]);
  return {
    nodes: [
      node('Conv', ['x', 'w1'], 'c1', [around], 'stem'),
      node('BatchNormalization', ['c1', 'gamma', 'beta', 'mean', 'variance'], 'n1', [floatAttribute('epsilon', 1e-5)]),
      node('Relu', ['n1'], 'r1'),
      node('Conv', ['r1', 'w2', 'b2'], 'c2', [around, intAttribute('group', 4)], 'depthwise'),
      node('Relu', ['c2'], 'r2'),
      node('Conv', ['r2', 'w3'], 'c3', [], 'pointwise'),
      node('Conv', ['r1', 'w4', 'b4'], 'c4', [], 'side'),
      node('Add', ['c3', 'r1'], 'a1'),
      node('Add', ['a1', 'c4'], 'a2'),
      node('Relu', ['a2'], 'r3'),
      node('Conv', ['r3', 'w5', 'b5'], 'c5', [around, intsAttribute('strides', [2, 2])], 'strided'),
      node('Relu', ['c5'], 'r5'),
      node('GlobalAveragePool', ['r5'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('Gemm', ['flat', 'w6', 'b6'], 'y', [], 'classifier'),
    ],
    inputs: [value('x', [batch, 3, 6, 6])],
    initializers: [
      tensor('w1', [4, 3, 3, 3], randomFloats(1, 108)),
      tensor('gamma', [4], [1, 2, 0.7, 1.5]),
      tensor('beta', [4], [0.5, 0.3, 0.4, 0.1]),
      tensor('mean', [4], [0.3, 0, -0.2, 0.5]),
      tensor('variance', [4], [1, 2, 0.5, 3]),
      tensor('w2', [4, 1, 3, 3], randomFloats(2, 36)),
      tensor('b2', [4], [0.4, 0.2, 0.3, 0.5]),
      tensor('w3', [4, 4, 1, 1], randomFloats(3, 16)),
      tensor('w4', [4, 4, 1, 1], randomFloats(4, 16)),
      tensor('b4', [4], randomFloats(5, 4)),
      tensor('w5', [5, 4, 3, 3], randomFloats(6, 180)),
      tensor('b5', [5], [0.5, 0.6, 0.2, 0.7, 0.3]),
      tensor('w6', [5, 10], randomFloats(8, 50)),
      tensor('b6', [10], randomFloats(9, 10)),
    ],
  };
}
