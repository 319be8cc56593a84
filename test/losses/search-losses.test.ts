import { describe, expect, it } from 'vitest';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import type { SearchGraph } from '../../src/losses/search-graph.js';
import { SearchLosses } from '../../src/losses/search-losses.js';
import type { SearchObjective } from '../../src/experiment/sections/settings.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';

/** A Gemm of three outputs, whose rows are the samples. */
const model = buildModel({
  nodes: [node('Gemm', ['x', 'w'], 'y', [], 'only')],
  inputs: [value('x', ['N', 1])],
  initializers: [tensor('w', [1, 3], [1, 1, 1])],
});
const [layer] = layersOf(model);

function graph(objective: SearchObjective): SearchGraph {
  const candidates = [{ layer: layer!, alpha: 0.5, error: 'e' }];
  return { model, objective, candidates, references: new Map([['only', 'r']]) };
}

function finish(objective: SearchObjective, errors: readonly number[][], references: readonly number[][]) {
  const losses = new SearchLosses(graph(objective));
  for (const [i, own] of errors.entries()) {
    const rows = own.length / (objective === 'channelMse' ? 3 : 1);
    const row = (data: readonly number[]) => ({ data: Float32Array.from(data), dims: [rows, data.length / rows] });
    losses.add({ e: row(own), r: row(references[i]!) }, { samples: rows, fed: rows });
  }
  return losses.finish()[0]!;
}

describe('SearchLosses', () => {
  it('averages l1 over samples of batches of any size', () => {
    expect(finish('l1', [[1, 3], [8]], [[10, 10], [4]])).toMatchObject({ loss: 4, relL1: 0.5, sweep: 0, alpha: 0.5 });
  });

  it('averages mse alike', () => {
    expect(finish('mse', [[1, 3], [8]], [[1, 1], [1]])).toMatchObject({ loss: 4, relL1: null });
  });

  it('adds up each channel over all samples before channelMse divides', () => {
    // Errors 1+3, 2+2, 6+0 over powers 8+8, 1+1, 30+30: (4/16 + 4/2 + 6/60) / 3.
    const { loss } = finish(
      'channelMse',
      [
        [1, 2, 6],
        [3, 2, 0],
      ],
      [
        [8, 1, 30],
        [8, 1, 30],
      ],
    );
    expect(loss).toBeCloseTo((0.25 + 2 + 0.1) / 3, 12);
  });

  it('leaves channels without power out of channelMse', () => {
    expect(finish('channelMse', [[1, 2, 6]], [[4, 0, 1e-14]]).loss).toBe(0.25);
    expect(finish('channelMse', [[1, 2, 6]], [[0, 0, 0]]).loss).toBe(0);
  });

  it('counts a sample that fills several rows of a batch once', () => {
    const losses = new SearchLosses(graph('channelMse'));
    const data = (rows: number, value: number) => ({ data: new Float32Array(3 * rows).fill(value), dims: [rows, 3] });
    losses.add({ e: data(2, 1), r: data(2, 4) }, { samples: 2, fed: 2 });
    losses.add({ e: data(2, 7), r: data(2, 4) }, { samples: 1, fed: 2 });
    expect(losses.finish()[0]!.loss).toBe((1 + 1 + 7) / (4 + 4 + 4));
  });

  it('names the layer and alpha whose loss is not finite', () => {
    expect(() => finish('l1', [[Number.NaN]], [[1]])).toThrow(
      new NonFiniteError('the output of layer "only" in the search at alpha 0.5'),
    );
  });
});
