import { intAttribute } from '../../src/onnx/node.js';
import { node, tensor, value } from '../onnx/build-model.js';
import { checkByHand } from './check-by-hand.js';

/*
 * The numbers are chosen for paper: act * wt = 49 in each channel, so that at alpha 0.5 act / s =
 * wt * s = 7, which is the highest level of 4 bits: scales are 1 where a channel's largest smoothed
 * weight is 7.
 *
 *   channel   act    wt     s
 *   0         14     3.5    2
 *   1         3.5    14     0.5
 *   2         28     1.75   4
 *   3         1.75   28     0.25
 */

checkByHand('Conv', {
  model: {
    nodes: [node('Conv', ['x', 'w', 'b'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2, 1, 2])],
    initializers: [tensor('w', [2, 2, 1, 1], [3.5, 2.6, -0.7, -14]), tensor('b', [2], [0.25, -100])],
  },
  // Divided by s: [7, -1.5], [-7, 2.4]; rounded half to even: [7, -2], [-7, 2].
  x: { dims: [1, 2, 1, 2], values: [14, -3, -3.5, 1.2] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = [7, 1.3], [-1.4, -7].
      weightIntegers: [7, 1, -1, -7],
      weightScales: [1, 1],
      // 7*7 + 1*-7 + 0.25, 7*-2 + 1*2 + 0.25; -1*7 + -7*-7 - 100, -1*-2 + -7*2 - 100.
      output: { tensor: 'y', dims: [1, 2, 1, 2], values: [42.25, -11.75, -58, -112] },
    },
  ],
});

checkByHand('Conv grouped', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [intAttribute('group', 2)], 'layer')],
    inputs: [value('x', ['N', 4, 1, 2])],
    // Outputs 0 and 1 read inputs 0 and 1, outputs 2 and 3 read inputs 2 and 3.
    initializers: [tensor('w', [4, 2, 1, 1], [3.5, 2.6, -0.7, -14, 1.75, 28, 0.875, 6.4])],
  },
  // Divided by s and rounded: [7, -2], [-7, 2], [7, 2.5 -> 2], [4, -7].
  x: { dims: [1, 4, 1, 2], values: [14, -3, -3.5, 1.2, 28, 10, 1, -1.75] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5, 28, 1.75],
      weightAbsmax: [3.5, 14, 1.75, 28],
      s: [2, 0.5, 4, 0.25],
      inputScale: 1,
      // W * s = [7, 1.3], [-1.4, -7], [7, 7], [3.5, 1.6].
      weightIntegers: [7, 1, -1, -7, 7, 7, 7, 3],
      weightScales: [1, 1, 1, 0.5],
      output: {
        tensor: 'y',
        dims: [1, 4, 1, 2],
        // The last row: 0.5 * (7*7 + 3*4), 0.5 * (7*2 + 3*-7).
        values: [42, -12, 42, -12, 77, -35, 30.5, -3.5],
      },
    },
  ],
});

checkByHand('Conv depthwise', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [intAttribute('group', 2)], 'layer')],
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
      // 7*7 + -2*-2; 1*-7 + 7*2.
      output: { tensor: 'y', dims: [1, 2, 1, 1], values: [53, 7] },
    },
  ],
});

checkByHand('Conv with channel multiplier > 1', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [intAttribute('group', 2)], 'layer')],
    inputs: [value('x', ['N', 2, 1, 2])],
    // Outputs 0 and 1 read input 0, outputs 2 and 3 read input 1.
    initializers: [tensor('w', [4, 1, 1, 1], [3.5, -1.7, 2.8, 14])],
  },
  x: { dims: [1, 2, 1, 2], values: [14, -3, -3.5, 1.2] },
  granularity: 'tensor',
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = 7, -3.4, 1.4, 7.
      weightIntegers: [7, -3, 1, 7],
      weightScales: [1],
      output: { tensor: 'y', dims: [1, 4, 1, 2], values: [49, -14, -21, 6, -7, 2, -49, 14] },
    },
  ],
});

checkByHand('Conv of C_in = 1', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 1, 1, 3])],
    initializers: [tensor('w', [2, 1, 1, 2], [3.5, -1.2, 0.875, 0.3])],
  },
  // Divided by s and rounded: 7, -2, 2.1 -> 2.
  x: { dims: [1, 1, 1, 3], values: [14, -3, 4.2] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14],
      weightAbsmax: [3.5],
      s: [2],
      inputScale: 1,
      // W * s = [7, -2.4], [1.75, 0.6].
      weightIntegers: [7, -2, 7, 2],
      weightScales: [1, 0.25],
      // 7*7 + -2*-2, 7*-2 + -2*2; 0.25 * (7*7 + 2*-2), 0.25 * (7*-2 + 2*2).
      output: { tensor: 'y', dims: [1, 2, 1, 2], values: [53, -18, 11.25, -2.5] },
    },
  ],
});

checkByHand('Conv in one dimension', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2, 2])],
    initializers: [tensor('w', [2, 2, 2], [3.5, -1.2, 2.6, 1.1, -1, 0.7, 14, 0.2])],
  },
  x: { dims: [1, 2, 2], values: [14, -3, -3.5, 1.2] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = [7, -2.4], [1.3, 0.55]; [-2, 1.4], [7, 0.1].
      weightIntegers: [7, -2, 1, 1, -2, 1, 7, 0],
      weightScales: [1, 1],
      // 7*7 + -2*-2 + 1*-7 + 1*2; -2*7 + 1*-2 + 7*-7 + 0*2.
      output: { tensor: 'y', dims: [1, 2, 1], values: [48, -65] },
    },
  ],
});

checkByHand('Conv in three dimensions', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', ['N', 2, 2, 1, 2])],
    initializers: [tensor('w', [1, 2, 1, 1, 2], [3.5, -1.2, 14, 2.6])],
  },
  // Divided by s and rounded: [7, -2], [2.1 -> 2, 3.1 -> 3]; [-7, 2], [1.2 -> 1, -3.4 -> -3].
  x: { dims: [1, 2, 2, 1, 2], values: [14, -3, 4.2, 6.2, -3.5, 1.2, 0.6, -1.7] },
  layers: [
    {
      name: 'layer',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [3.5, 14],
      s: [2, 0.5],
      inputScale: 1,
      // W * s = [7, -2.4], [7, 1.3].
      weightIntegers: [7, -2, 7, 1],
      weightScales: [1],
      // 7*7 + -2*-2 + 7*-7 + 1*2; 7*2 + -2*3 + 7*1 + 1*-3.
      output: { tensor: 'y', dims: [1, 1, 2, 1, 1], values: [6, 12] },
    },
  ],
});
