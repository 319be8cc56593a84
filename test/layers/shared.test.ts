import { describe, expect, it } from 'vitest';
import { prepareModel } from '../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, floatsOf, layersOf, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { preparation } from '../quantize/preparations.js';
import { checkByHand, type LayerByHand } from './check-by-hand.js';

const x = { dims: [1, 2, 1, 2], values: [14, -3, -3.5, 1.2] };

/**
 * As in conv.test.ts: the input divided by s and rounded is [7, -2], [-7, 2], W * s = [7, 1.3],
 * [-1.4, -7].
 */
const weight = tensor('w', [2, 2, 1, 1], [3.5, 2.6, -0.7, -14]);
const first: LayerByHand = {
  name: 'first',
  activationAbsmax: [14, 3.5],
  weightAbsmax: [3.5, 14],
  s: [2, 0.5],
  inputScale: 1,
  weightIntegers: [7, 1, -1, -7],
  weightScales: [1, 1],
  output: { tensor: 'a', dims: [1, 2, 1, 2], values: [42, -12, 42, -12] },
};

checkByHand('shared input: each layer has its own s', {
  model: {
    nodes: [node('Conv', ['x', 'w'], 'a', [], 'first'), node('Conv', ['x', 'w2'], 'b', [], 'second')],
    inputs: [value('x', ['N', 2, 1, 2])],
    outputs: ['a', 'b'],
    initializers: [weight, tensor('w2', [2, 2, 1, 1], [0.875, 1.1, -0.3, 3.5])],
  },
  x,
  layers: [
    first,
    {
      name: 'second',
      activationAbsmax: [14, 3.5],
      weightAbsmax: [0.875, 3.5],
      // The input divided by s is [3.5, -0.75], [-3.5, 1.2]; in steps of 0.5: [7, -1.5 -> -2], [-7,
      // 2.4 -> 2].
      s: [4, 1],
      inputScale: 0.5,
      // W * s = [3.5, 1.1], [-1.2, 3.5]; in steps of 0.5: [7, 2.2], [-2.4, 7].
      weightIntegers: [7, 2, -2, 7],
      weightScales: [0.5, 0.5],
      // 0.25 * (7*7 + 2*-7), 0.25 * (7*-2 + 2*2); 0.25 * (-2*7 + 7*-7), 0.25 * (-2*-2 + 7*2).
      output: { tensor: 'b', dims: [1, 2, 1, 2], values: [8.75, -2.5, -15.75, 4.5] },
    },
  ],
});

const sharedWeight: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'w'], 'a', [], 'first'),
    node('Mul', ['x', 'ranges'], 'other'),
    node('Conv', ['other', 'w'], 'b', [], 'second'),
  ],
  inputs: [value('x', ['N', 2, 1, 2])],
  outputs: ['a', 'b'],
  initializers: [weight, tensor('ranges', [2, 1, 1], [0.25, 4])],
};

checkByHand('shared weight: each layer has its own copy', {
  model: sharedWeight,
  x,
  layers: [
    first,
    {
      name: 'second',
      // The second input is [3.5, -0.75], [-14, 4.8]; in steps of 2: [1.75 -> 2, -0.375 -> 0], [-7,
      // 2.4 -> 2].
      activationAbsmax: [3.5, 14],
      weightAbsmax: [3.5, 14],
      s: [1, 1],
      inputScale: 2,
      // In steps of 0.5: [7, 5.2]; in steps of 2: [-0.35, -7].
      weightIntegers: [7, 5, 0, -7],
      weightScales: [0.5, 2],
      // 1 * (7*2 + 5*-7), 1 * (7*0 + 5*2); 4 * (0*2 + -7*-7), 4 * (0*0 + -7*2).
      output: { tensor: 'b', dims: [1, 2, 1, 2], values: [-21, 10, 196, -56] },
    },
  ],
});

describe('shared weight', () => {
  const model = buildModel(sharedWeight);
  const layers = layersOf(model);
  const quantized = async (selected: typeof layers) => {
    const statistics = await observeDirectly(model, layers, { dims: x.dims, data: Float32Array.from(x.values) });
    const prepared = prepareModel(model, selected, statistics, preparation(4, 0.5));
    return quantizedModel(prepared.base, prepared.layers);
  };

  it('stays as it was for a layer that is not quantized', async () => {
    const result = await quantized(layers.slice(0, 1));
    expect(floatsOf(result, 'w')).toEqual([3.5, 2.6, -0.7, -14].map(Math.fround));
    expect(result.index.producers.get('b')!.input).toEqual(['other', 'w']);
  });

  it('is gone when both layers have copies', async () => {
    const result = await quantized(layers);
    expect(result.index.initializers.has('w')).toBe(false);
  });
});
