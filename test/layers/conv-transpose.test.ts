import { intAttribute } from '../../src/onnx/node.js';
import { node, tensor, value } from '../onnx/build-model.js';
import { checkByHand } from './check-by-hand.js';

// Numbers as in conv.test.ts; the weight is [I, O/g, kernel].

checkByHand('ConvTranspose', {
  model: {
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2, 1, 2])],
    initializers: [tensor('w', [2, 2, 1, 2], [3.5, 1.2, -1, 0.7, 2.8, 4, 14, -2.6])],
  },
  // Divided by s and rounded: [7, -2], [-7, 2].
  x: { dims: [1, 2, 1, 2], values: [14, -3, -3.5, 1.2] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = [7, 2.4], [-2, 1.4]; [1.4, 2], [7, -1.3].
      weightIntegers: [7, 2, -2, 1, 1, 2, 7, -1],
      weightScales: [1, 1],
      output: {
        tensor: 'y',
        dims: [1, 2, 1, 3],
        // 7*7 + -7*1, (-2*7 + 7*2) + (2*1 + -7*2), -2*2 + 2*2; 7*-2 + -7*7, (-2*-2 + 7*1) + (2*7 +
        // -7*-1), -2*1 + 2*-1.
        values: [42, -12, 0, -63, 32, -4],
      },
    },
  ],
});

checkByHand('ConvTranspose grouped', {
  model: {
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', [intAttribute('group', 2)], 'layer')],
    inputs: [value('x', ['N', 4, 1, 2])],
    // Inputs 0 and 1 feed outputs 0 and 1, inputs 2 and 3 feed outputs 2 and 3.
    initializers: [tensor('w', [4, 2, 1, 1], [3.5, -0.7, 2.6, -14, 1.75, 0.875, 28, 6.4])],
  },
  // Divided by s and rounded: [7, -2], [-7, 2], [7, 2], [4, -7].
  x: { dims: [1, 4, 1, 2], values: [14, -3, -3.5, 1.2, 28, 10, 1, -1.75] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5, 28, 1.75],
      weightAbsmax: [3.5, 14, 1.75, 28],
      s: [2, 0.5, 4, 0.25],
      inputScale: 1,
      // W * s = [7, -1.4], [1.3, -7], [7, 3.5], [7, 1.6]; the last output has the scale 3.5 / 7.
      weightIntegers: [7, -1, 1, -7, 7, 7, 7, 3],
      weightScales: [1, 1, 1, 0.5],
      output: { tensor: 'y', dims: [1, 4, 1, 2], values: [42, -12, 42, -12, 77, -35, 30.5, -3.5] },
    },
  ],
});

checkByHand('ConvTranspose depthwise', {
  model: {
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', [intAttribute('group', 2)], 'layer')],
    inputs: [value('x', ['N', 2, 1, 2])],
    initializers: [tensor('w', [2, 1, 1, 2], [3.5, -1.2, 2.8, 14])],
  },
  x: { dims: [1, 2, 1, 2], values: [14, -3, -3.5, 1.2] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = [7, -2.4], [1.4, 7].
      weightIntegers: [7, -2, 1, 7],
      weightScales: [1, 1],
      // 7*7, 7*-2 + -2*7, -2*-2; -7*1, -7*7 + 2*1, 2*7.
      output: { tensor: 'y', dims: [1, 2, 1, 3], values: [49, -28, 4, -7, -47, 14] },
    },
  ],
});
