import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createFidelity, finishFidelity } from '../../../src/tasks/fidelity/fidelity.js';
import { mergeFidelityStates } from '../../../src/tasks/fidelity/fidelity-state.js';
import type { MetricContext } from '../../../src/tasks/metric.js';
import { batchOf } from '../../support/sample-batch.js';

const TASK = { kind: 'fidelity', bootstrap: 50 } as const;

function contextOf(sampleCount: number): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount };
}

function evaluate(rows: readonly (readonly number[])[], reference: readonly (readonly number[])[]) {
  const metric = createFidelity(TASK, contextOf(rows.length));
  const output = Float32Array.from(rows.flat());
  metric.add(batchOf(0, rows.length, output, [rows.length, rows[0]!.length], Float32Array.from(reference.flat())));
  return metric.finish().evaluation;
}

describe('fidelity', () => {
  it('is the mean cosine of the samples, at least 0', () => {
    const rows = [
      [3, 4],
      [1, 0],
      [1, 0],
      [0, 0],
      [0, 0],
    ];
    const reference = [
      [4, 3],
      [0, 1],
      [-1, 0],
      [0, 0],
      [1, 0],
    ];
    // 24 / 25, right angle, opposite, both zero, one zero.
    const { primaryMetric, accuracies, outcomes } = evaluate(rows, reference);
    expect(primaryMetric).toBe('cosine');
    expect(accuracies[0]).toMatchObject({ metric: 'cosine', slice: '', ciMethod: 'bootstrap', correct: null });
    // Whole numbers are compared for equality besides.
    expect(accuracies.map(({ metric }) => metric)).toEqual(['cosine', 'equalValues', 'identical']);
    expect(accuracies[0]!.value).toBeCloseTo((0.96 + 0 + 0 + 1 + 0) / 5, 12);
    expect(accuracies[0]!.ciLow).toBeLessThan(accuracies[0]!.value);
    expect(outcomes).toMatchObject([{ metric: 'cosine', kind: 'bootstrap', count: 50 }]);
  });

  it('of FP32 to itself is exactly 1, however large or small the numbers', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 5 }), (rows) => {
        expect(evaluate(rows, rows).accuracies[0]).toMatchObject({ value: 1, ciLow: 1, ciHigh: 1 });
      }),
    );
  });

  it('gives the same from parts as from the whole', () => {
    const rows = Float32Array.of(1, 2, 3, 4, 5, 6);
    const reference = Float32Array.of(1, 1, 3, 5, 5, -6);
    const whole = createFidelity(TASK, contextOf(3));
    whole.add(batchOf(0, 3, rows, [3, 2], reference));
    const parts = [0, 1].map(() => createFidelity(TASK, contextOf(3)));
    parts[0]!.add(batchOf(1, 2, rows.slice(2), [2, 2], reference.slice(2)));
    parts[1]!.add(batchOf(0, 1, rows.slice(0, 2), [1, 2], reference.slice(0, 2)));
    const merged = mergeFidelityStates(parts.map((part) => structuredClone(part.state())));
    expect(finishFidelity(TASK, contextOf(3), merged)).toEqual(whole.finish());
  });

  it('needs the FP32 output, of the same size, and finite numbers on both sides', () => {
    const add = (output: number[], reference?: number[]) => () => {
      const own = reference === undefined ? undefined : Float32Array.from(reference);
      createFidelity(TASK, contextOf(1)).add(batchOf(0, 1, Float32Array.from(output), [1, output.length], own));
    };
    expect(add([1, 2])).toThrow('Expected the FP32 output of the same samples, 2 numbers, got none');
    expect(add([1, 2], [1])).toThrow('got 1 numbers');
    expect(add([1, NaN], [1, 2])).toThrow('(output, sample 0)');
    expect(add([1, 2], [1, Infinity])).toThrow('(FP32 output, sample 0)');
    expect(() => createFidelity(TASK, contextOf(1)).finish()).toThrow('the first missing one is 0');
  });
});
