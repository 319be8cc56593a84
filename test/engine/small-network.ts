import { floatAttribute, intsAttribute } from '../../src/onnx/node.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

/** Conv with BatchNormalization, Relu, Conv, pooling, Gemm: 10 classes of `[3, 6, 6]` samples. */
export function smallNetwork(batch: number | string): ModelSpec {
  return {
    nodes: [
      node('Conv', ['x', 'w1'], 'c1', [intsAttribute('pads', [1, 1, 1, 1])], 'first'),
      node('BatchNormalization', ['c1', 'gamma', 'beta', 'mean', 'variance'], 'n', [floatAttribute('epsilon', 1e-5)]),
      node('Relu', ['n'], 'r1'),
      node('Conv', ['r1', 'w2', 'b2'], 'c2', [], 'second'),
      node('Relu', ['c2'], 'r2'),
      node('GlobalAveragePool', ['r2'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('Gemm', ['flat', 'w3'], 'y', [], 'classifier'),
    ],
    inputs: [value('x', [batch, 3, 6, 6])],
    initializers: [
      tensor('w1', [4, 3, 3, 3], randomFloats(1, 108)),
      tensor('gamma', [4], [1, 20, 0.3, 2]),
      tensor('beta', [4], [0.1, -1, 0.2, 0]),
      tensor('mean', [4], [0.3, 0, -0.2, 0.5]),
      tensor('variance', [4], [1, 2, 0.5, 3]),
      tensor('w2', [5, 4, 3, 3], randomFloats(2, 180)),
      tensor('b2', [5], randomFloats(3, 5)),
      tensor('w3', [5, 10], randomFloats(4, 50)),
    ],
  };
}
