import { describe, expect, it } from 'vitest';
import type { WeightLayout } from '../../src/onnx/layers/weight-layout.js';
import { perInputChannelAbsmax, viewAbsmax } from '../../src/smooth/weight-absmax.js';
import { intAttribute } from '../../src/onnx/node.js';
import { buildModel, layersOf, node, tensor } from '../onnx/build-model.js';

/** The layout as `findLayers` reads it from a node and a weight's shape. */
function layoutOf(op: string, shape: readonly number[], attribute?: [name: string, value: number]): WeightLayout {
  const count = shape.reduce((a, b) => a * b, 1);
  const model = buildModel({
    nodes: [node(op, ['x', 'w'], 'y', attribute === undefined ? [] : [intAttribute(...attribute)])],
    initializers: [tensor('w', shape, new Float32Array(count))],
  });
  return layersOf(model)[0]!.layout;
}

describe('perInputChannelAbsmax', () => {
  it.each<[string, WeightLayout, number[], number[]]>([
    // Rows are output channels; columns [input 0 | input 1], two kernel positions each.
    ['Conv', layoutOf('Conv', [2, 2, 1, 2]), [1, -2, 3, 4, -9, 0, 5, -6], [9, 6]],
    // Outputs 0 and 1 read inputs 0 and 1, outputs 2 and 3 read inputs 2 and 3.
    ['grouped Conv', layoutOf('Conv', [4, 2, 1, 1], ['group', 2]), [1, -2, 3, 4, 5, -6, 7, 8], [3, 4, 7, 8]],
    ['depthwise Conv', layoutOf('Conv', [3, 1, 1, 2], ['group', 3]), [1, -2, -4, 3, 5, 6], [2, 4, 6]],
    // Input 0 is read by outputs 0 and 1, input 1 by 2 and 3.
    ['depthwise Conv with channel multiplier 2', layoutOf('Conv', [4, 1, 1, 1], ['group', 2]), [1, -7, 3, 2], [7, 3]],
    ['Conv of one input channel', layoutOf('Conv', [3, 1, 1, 1]), [1, -7, 3], [7]],
    ['1-D Conv', layoutOf('Conv', [2, 2, 2]), [1, -2, 3, 4, -9, 0, 5, -6], [9, 6]],
    ['3-D Conv', layoutOf('Conv', [1, 2, 1, 2, 2]), [1, 2, 3, -4, 5, 6, -8, 7], [4, 8]],
    // Rows are input channels.
    ['ConvTranspose', layoutOf('ConvTranspose', [2, 2, 1, 2]), [1, -2, 3, 4, -9, 0, 5, -6], [4, 9]],
    [
      'grouped ConvTranspose',
      layoutOf('ConvTranspose', [4, 2, 1, 1], ['group', 2]),
      [1, -2, 3, 4, 5, -6, 7, 8],
      [2, 4, 6, 8],
    ],
    ['Gemm', layoutOf('Gemm', [2, 3]), [1, 2, -3, 4, -5, 6], [3, 6]],
    ['Gemm with transB', layoutOf('Gemm', [2, 3], ['transB', 1]), [1, 2, -3, 4, -5, 6], [4, 5, 6]],
    ['MatMul', layoutOf('MatMul', [2, 3]), [1, 2, -3, 4, -5, 6], [3, 6]],
  ])('of a %s is that of every number that reads the input channel', (_, layout, weight, expected) => {
    expect([...perInputChannelAbsmax(Float32Array.from(weight), layout)]).toEqual(expected);
  });

  it('is NaN where the channel holds NaN, wherever it stands', () => {
    const layout = layoutOf('Conv', [2, 2, 1, 1]);
    expect([...perInputChannelAbsmax(Float32Array.of(NaN, 1, 3, 2), layout)]).toEqual([NaN, 2]);
    expect([...perInputChannelAbsmax(Float32Array.of(3, 1, NaN, 2), layout)]).toEqual([NaN, 2]);
  });
});

describe('viewAbsmax', () => {
  it('takes every (I/g)-th number of a Conv, mixing channels', () => {
    // Columns [1, 3, -9, 5] and [-2, 4, 0, -6] of weight.view(-1, 2).
    const layout = layoutOf('Conv', [2, 2, 1, 2]);
    expect([...viewAbsmax(Float32Array.of(1, -2, 3, 4, -9, 0, 5, -6), layout)]).toEqual([9, 6]);
  });

  it('differs from the true absmax where kernel positions and channels mix', () => {
    const layout = layoutOf('Conv', [1, 2, 1, 3]);
    const weight = Float32Array.of(1, 2, 3, 40, 50, 60);
    expect([...perInputChannelAbsmax(weight, layout)]).toEqual([3, 60]);
    // Columns [1, 3, 50] and [2, 40, 60].
    expect([...viewAbsmax(weight, layout)]).toEqual([50, 60]);
  });

  it('repeats its columns for every group', () => {
    const layout = layoutOf('Conv', [4, 2, 1, 1], ['group', 2]);
    expect([...viewAbsmax(Float32Array.of(1, -2, 3, 4, 5, -6, 7, 8), layout)]).toEqual([7, 8, 7, 8]);
  });

  it('is one number for a depthwise Conv', () => {
    expect([...viewAbsmax(Float32Array.of(1, -9, 3), layoutOf('Conv', [3, 1, 1, 1], ['group', 3]))]).toEqual([9, 9, 9]);
  });
});
