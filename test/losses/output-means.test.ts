import { describe, expect, it } from 'vitest';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import { OutputMeans, outputMeansGraph } from '../../src/losses/output-means.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { runModel } from '../onnx/run-model.js';

const model = buildModel({
  nodes: [
    node('Conv', ['x', 'w'], 'c', [], 'conv'),
    node('GlobalAveragePool', ['c'], 'p'),
    node('Flatten', ['p'], 'f'),
    node('Gemm', ['f', 'm'], 'y', [], 'gemm'),
  ],
  inputs: [value('x', ['N', 1, 1, 2])],
  initializers: [tensor('w', [2, 1, 1, 1], [1, -10]), tensor('m', [2, 1], [1, 1])],
});
const layers = layersOf(model);

describe('OutputMeans', () => {
  it('averages over samples and positions, a sample that fills several rows once', async () => {
    const graph = outputMeansGraph(model, layers);
    const means = new OutputMeans(graph, layers);
    // Samples of mean 2, 4, and 0 in two rows.
    means.add(await runModel(graph.model, { x: { data: Float32Array.of(1, 3, 4, 4), dims: [2, 1, 1, 2] } }), {
      samples: 2,
      fed: 2,
    });
    means.add(await runModel(graph.model, { x: { data: Float32Array.of(-1, 1, -1, 1), dims: [2, 1, 1, 2] } }), {
      samples: 1,
      fed: 2,
    });
    expect(means.finish()).toEqual(
      new Map([
        ['conv', Float64Array.of(2, -20)],
        ['gemm', Float64Array.of(-18)],
      ]),
    );
  });

  it('names the layer whose output is not finite', () => {
    const means = new OutputMeans(outputMeansGraph(model, layers.slice(0, 1)), layers.slice(0, 1));
    means.add({ 'quantsweep/mean/0': { data: Float32Array.of(1, NaN), dims: [1, 2] } }, { samples: 1, fed: 1 });
    expect(() => means.finish()).toThrow(new NonFiniteError('the output of layer "conv"'));
  });

  it('needs only the part of the model in front of the layers', () => {
    expect(outputMeansGraph(model, layers.slice(0, 1)).model.graph.node.map((n) => n.opType)).toEqual([
      'Conv',
      'Reshape',
      'Gather',
      'ReduceMean',
      'Gather',
    ]);
  });
});
