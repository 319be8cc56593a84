import { describe, expect, it } from 'vitest';
import { inputSizes, inputSizesGraph } from '../../../src/calibrate/moments/input-sizes.js';
import { layerReading } from '../../../src/calibrate/moments/layer-reading.js';
import { momentsOfSums } from '../../../src/calibrate/moments/moment-sums.js';
import { windowSteps } from '../../../src/calibrate/moments/window-steps.js';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';
import { layersOf } from '../../onnx/build-model.js';
import { runModel, runOnX } from '../../onnx/run-model.js';
import { literalMoments, literalUnfolding } from './literal-moments.js';
import type { MomentKind } from './moment-kinds.js';
import { inputOfMomentKind, modelOfMomentKind, momentSums } from './run-moments.js';

const conv = (weightShape: readonly number[], dims: readonly number[], groups = 1, stride = 1): MomentKind => {
  const pad = (weightShape[2]! - 1) / 2;
  const attributes = [
    intAttribute('group', groups),
    intsAttribute('pads', [pad, pad, pad, pad]),
    intsAttribute('strides', [stride, stride]),
  ];
  return { title: '', op: 'Conv', weightShape, dims, attributes, window: { padsBefore: [pad, pad] } };
};

const stepsOf = (kind: MomentKind, size?: readonly number[]): readonly number[] => {
  const model = modelOfMomentKind(kind);
  const [layer] = layersOf(model) as [Layer];
  return windowSteps(layerReading(layer, model.graph.node[0]!), layer.layout, size);
};

describe('steps of windows', () => {
  it('are 1 where moments cost no more than twice the layer, or nothing is known of the image', () => {
    // 13 products of 16 x 16 for 9 of the layer.
    expect(stepsOf(conv([16, 16, 3, 3], [1, 16, 64, 64]), [64, 64])).toEqual([1, 1]);
    expect(stepsOf(conv([2, 16, 1, 1], [1, 16, 64, 64]))).toEqual([1, 1]);
    expect(stepsOf({ title: '', op: 'Gemm', weightShape: [4, 3], dims: [2, 4] }, [])).toEqual([]);
  });

  it('grow until they do, and leave a window of every sample for each column at least', () => {
    // 16 of 16 x 16 for one of 16 x 2: every second of both axes is twice.
    expect(stepsOf(conv([2, 16, 1, 1], [1, 16, 64, 64]), [64, 64])).toEqual([2, 2]);
    // 8 windows an axis at least.
    expect(stepsOf(conv([1, 64, 1, 1], [1, 64, 64, 64]), [24, 64])).toEqual([3, 8]);
    expect(stepsOf(conv([1, 64, 1, 1], [1, 64, 4, 4]), [4, 4])).toEqual([1, 1]);
  });

  it('of a depthwise layer leave eight windows an axis', () => {
    expect(stepsOf(conv([4, 1, 3, 3], [1, 4, 32, 32], 4), [32, 32])).toEqual([4, 4]);
    expect(stepsOf(conv([4, 1, 3, 3], [1, 4, 32, 32], 4, 2), [32, 32])).toEqual([2, 2]);
  });
});

it.each([
  ['depthwise', conv([3, 1, 3, 3], [2, 3, 17, 32], 3)],
  ['1x1', conv([1, 6, 1, 1], [2, 6, 17, 33])],
  ['3x3', conv([1, 2, 3, 3], [2, 2, 33, 33])],
] as const)('moments of every so many windows equal those of plain loops: %s', async (_, kind) => {
  const model = modelOfMomentKind(kind);
  const [layer] = layersOf(model) as [Layer];
  const x = inputOfMomentKind(kind);
  const graph = inputSizesGraph(model, [layer]);
  const sizes = inputSizes(graph, await runModel(graph.model, { x }));
  expect([...sizes]).toEqual([['x', kind.dims.slice(2)]]);
  const steps = stepsOf(kind, kind.dims.slice(2));
  expect(Math.max(...steps)).toBeGreaterThan(1);
  const { dims } = await runOnX(model, x);
  const outputSize = dims.slice(2).map((size, axis) => Math.ceil(size / steps[axis]!));
  const unfolded = literalUnfolding(layer, x, { ...kind.window, strides: steps, outputSize });
  const expected = literalMoments(layer, unfolded, x);
  const [actual] = momentsOfSums(await momentSums(model, x, undefined, { sizes })).layers;
  const worst = (a: Float64Array, b: Float64Array): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  expect(worst(actual!.products, expected.products)).toBeLessThan(2e-5);
  expect(worst(actual!.means, expected.means)).toBeLessThan(2e-6);
  expect(actual!.nonZeroShares).toEqual(expected.nonZeroShares);
});
