import { describe, expect, it } from 'vitest';
import { SearchLosses } from '../../src/losses/search-losses.js';
import { searchGraph } from '../../src/losses/search-graph.js';
import type { SearchObjective } from '../../src/experiment/sections/settings.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { prepareModel, type PreparedModel } from '../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { activations, observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, type Floats } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';

/** Conv -> Relu -> Conv -> global mean -> MatMul. */
const untouched = buildModel({
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
    node('Relu', ['c1'], 'r'),
    node('Conv', ['r', 'w2'], 'c2', [], 'second'),
    node('GlobalAveragePool', ['c2'], 'mean'),
    node('Flatten', ['mean'], 'flat'),
    node('MatMul', ['flat', 'w3'], 'y', [], 'third'),
  ],
  inputs: [value('x', ['N', 2, 2, 3])],
  initializers: [
    tensor('w1', [3, 2, 1, 1], randomFloats(1, 6)),
    tensor('b1', [3], [0.3, -0.2, 0.1]),
    tensor('w2', [2, 3, 1, 1], randomFloats(2, 6)),
    tensor('w3', [2, 2], [1, -2, 0.5, 3]),
  ],
});
const layers = layersOf(untouched);
const x: Floats = { data: randomFloats(3, 48, (i) => (i % 12 < 6 ? 1 : 20)), dims: [4, 2, 2, 3] };
const statistics = await observeDirectly(untouched, layers, x);
const at = (alpha: number): PreparedModel => prepareModel(untouched, layers, statistics, preparation(4, alpha));

async function losses(objective: SearchObjective, alphas: readonly number[], predecessors: OnnxModel | null = null) {
  const graph = searchGraph(untouched, new Map(alphas.map((alpha) => [alpha, at(alpha)])), objective, predecessors);
  const sums = new SearchLosses(graph);
  sums.add(await runModel(graph.model, { x }), { samples: 4, fed: 4 });
  return sums.finish();
}

describe('searchGraph', () => {
  it('measures every layer at every candidate, with losses of their own', async () => {
    const points = await losses('l1', [0, 0.3, 1]);
    expect(points.map(({ layer, alpha }) => `${layer} ${alpha}`)).toEqual(
      [0, 0.3, 1].flatMap((alpha) => ['first', 'second', 'third'].map((name) => `${name} ${alpha}`)),
    );
    expect(new Set(points.map(({ loss }) => loss)).size).toBe(9);
  });

  it('feeds candidates what quantized predecessors make of the input, in place of the FP32 tensors', async () => {
    const predecessors = quantizedModel(untouched, [at(1).layers[0]!]);
    const [first, second] = await losses('mse', [0.5], predecessors);
    const [isolatedFirst, isolatedSecond] = await losses('mse', [0.5]);
    expect(first!.loss).toBe(isolatedFirst!.loss);
    const expected = (await activations(untouched, ['c2'], x))['c2']!.data;
    const both = quantizedModel(untouched, [at(1).layers[0]!, at(0.5).layers[1]!]);
    const actual = (await activations(both, ['c2'], x))['c2']!.data;
    const mse = expected.reduce((sum, y, i) => sum + (actual[i]! - y) ** 2, 0) / expected.length;
    expect(second!.loss / mse).toBeCloseTo(1, 5);
    expect(second!.loss).not.toBeCloseTo(isolatedSecond!.loss, 4);
  });

  it('takes the last axis of matrices as the channel', async () => {
    const third = (await losses('channelMse', [0.5]))[2]!;
    const expected = (await activations(untouched, ['y'], x))['y']!.data;
    const alone = quantizedModel(untouched, [at(0.5).layers[2]!]);
    const actual = (await activations(alone, ['y'], x))['y']!.data;
    const ratios = [0, 1].map((channel) => {
      const rows = [0, 1, 2, 3].map((row) => 2 * row + channel);
      const error = rows.reduce((sum, i) => sum + (actual[i]! - expected[i]!) ** 2, 0);
      return error / rows.reduce((sum, i) => sum + expected[i]! ** 2, 0);
    });
    expect(third.loss / ((ratios[0]! + ratios[1]!) / 2)).toBeCloseTo(1, 5);
  });

  it('holds of the FP32 model only what its candidates need', () => {
    const first = new Map([[0.5, prepareModel(untouched, [layers[0]!], statistics, preparation(4, 0.5))]]);
    const { model } = searchGraph(untouched, first, 'mse', quantizedModel(untouched, []));
    expect(model.graph.node.filter(({ opType }) => opType === 'Conv')).toHaveLength(2);
    expect(model.graph.node.filter(({ opType }) => opType === 'MatMul')).toHaveLength(0);
  });
});
