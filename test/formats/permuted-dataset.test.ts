import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/formats/dataset.js';
import { permutedDataset, sampleOrder } from '../../src/formats/permuted-dataset.js';

/** Sample i is [i, i + 0.5], of class i. */
function numbered(count: number): Dataset {
  return {
    sampleCount: count,
    sampleShape: [2],
    labels: Int32Array.from({ length: count }, (_, i) => i),
    groundTruth: null,
    read(first, samples, into) {
      for (let i = 0; i < samples; i++) into.set([first + i, first + i + 0.5], 2 * i);
    },
    close: () => undefined,
  };
}

describe('sampleOrder', () => {
  it('is a permutation, the same for a seed, another for another', () => {
    const order = sampleOrder(1000, 7);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(sampleOrder(1000, 7)).toEqual(order);
    expect(sampleOrder(1000, 8)).not.toEqual(order);
  });

  it('puts every sample first about equally often', () => {
    const first = Array.from({ length: 4000 }, (_, seed) => sampleOrder(4, seed)[0]!);
    for (const sample of [0, 1, 2, 3]) {
      const times = first.filter((each) => each === sample).length;
      // 1000 expected, standard deviation 27.
      expect(Math.abs(times - 1000)).toBeLessThan(140);
    }
  });
});

describe('permutedDataset', () => {
  it('reads samples, labels and the order of further inputs alike', async () => {
    const order = sampleOrder(50, 3);
    const permuted = permutedDataset(numbered(50), 3);
    const into = new Float32Array(6);
    await permuted.read(10, 3, into);
    expect([...into]).toEqual([10, 11, 12].flatMap((i) => [order[i]!, order[i]! + 0.5]));
    expect([...permuted.labels!.slice(10, 13)]).toEqual([10, 11, 12].map((i) => order[i]));
    expect(permuted.order).toEqual(order);
  });
});
