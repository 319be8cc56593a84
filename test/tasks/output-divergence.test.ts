import { describe, expect, it } from 'vitest';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import { outputDivergence as divergenceOf } from '../../src/tasks/output-divergence.js';
import type { TaskKind } from '../../src/tasks/registry.js';
import { toTask, type FileTask } from '../../src/tasks/task-settings.js';

/** Of one output. */
function outputDivergence(kind: TaskKind, reference: Float32Array, output: Float32Array, samples: number): number {
  const of = (data: Float32Array) => [{ name: 'output', data, dims: [samples, data.length / samples] }];
  return divergenceOf(toTask({ kind } as FileTask, '/'), of(reference), of(output), samples);
}

const of = (...values: number[]): Float32Array => Float32Array.from(values);

describe('outputDivergence', () => {
  it('of classification is the KL divergence of the softmax, FP32 first, mean over samples', () => {
    // Softmax of [ln 3, 0] is 3/4, 1/4; of [0, 0] it is 1/2, 1/2.
    const uneven = of(Math.log(3), 0);
    const expected = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    expect(outputDivergence('classification', uneven, of(0, 0), 1)).toBeCloseTo(expected, 6);
    const reversed = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
    expect(outputDivergence('classification', of(0, 0), uneven, 1)).toBeCloseTo(reversed, 6);
    const both = outputDivergence('classification', of(...uneven, 0, 0), of(0, 0, ...uneven), 2);
    expect(both).toBeCloseTo((expected + reversed) / 2, 6);
  });

  it('of classification does not change when a number is added to all logits, and holds large ones', () => {
    expect(outputDivergence('classification', of(1, 2, 3), of(101, 102, 103), 1)).toBeCloseTo(0, 9);
    // All but certain of the first against all but certain of the second class: log of the odds.
    expect(outputDivergence('classification', of(1000, 0), of(0, 1000), 1)).toBeCloseTo(1000, 3);
  });

  it('of a heatmap is the mean over cells of the KL divergence of the score as a probability', () => {
    const expected = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
    expect(outputDivergence('centerDetection', of(0.5, 0.2), of(0.25, 0.2), 1)).toBeCloseTo(expected / 2, 6);
    // A certain cell that turns over costs log 1e7, not infinity.
    expect(outputDivergence('centerDetection', of(1), of(0), 1)).toBeCloseTo(Math.log(1e7), 3);
  });

  it('of other tasks is the squared error relative to the squared FP32 output', () => {
    expect(outputDivergence('fidelity', of(3, 4), of(3, 3), 1)).toBeCloseTo(1 / 25, 9);
    expect(outputDivergence('fidelity', of(0, 0), of(0, 2), 1)).toBe(4);
  });

  it('of several outputs is their mean, without those of integers', () => {
    const task = toTask({ kind: 'module', path: 'm.mjs' } as FileTask, '/');
    const output = (name: string, isInteger: boolean, ...numbers: readonly number[]) => ({
      ...{ name, data: of(...numbers), dims: [1, numbers.length] },
      ...(isInteger ? { isInteger } : {}),
    });
    const reference = [output('a', false, 3, 4), output('b', false, 1), output('label', true, 1, 2)];
    const actual = [output('a', false, 3, 3), output('b', false, 1.5), output('label', true, 1, 9)];
    expect(divergenceOf(task, reference, actual, 1)).toBeCloseTo((1 / 25 + 0.25) / 2, 9);
    // Where there are no others, the share of numbers that differ.
    expect(divergenceOf(task, [reference[2]!], [actual[2]!], 1)).toBe(0.5);
    // Another number of rows is as far as zeros are.
    expect(divergenceOf(task, [reference[0]!], [output('a', false, 3)], 1)).toBe(1);
    expect(divergenceOf(task, [output('a', false)], [output('a', false)], 1)).toBe(0);
  });

  it('is 0 for equal outputs and fails on NaN', () => {
    for (const task of ['classification', 'centerDetection', 'fidelity'] as const) {
      expect(outputDivergence(task, of(0.1, 0.7), of(0.1, 0.7), 1)).toBe(0);
      expect(() => outputDivergence(task, of(0.1, 0.7), of(0.1, NaN), 1)).toThrow(NonFiniteError);
    }
  });
});
