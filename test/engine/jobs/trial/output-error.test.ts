import { describe, expect, it } from 'vitest';
import { largestDifferences, worstOutputError } from '../../../../src/engine/jobs/trial/output-error.js';
import type { ModelOutput } from '../../../../src/onnx/evaluated-outputs.js';
import { TensorProto_DataType } from '../../../../src/onnx/proto/onnx_pb.js';
import type { SampleOutputs } from '../../../../src/tasks/output-divergence.js';

const { FLOAT, INT64 } = TensorProto_DataType;
const output = (name: string, elemType: number = FLOAT): ModelOutput => ({ name, elemType, shape: null });

/** Batches of one sample each. */
function batches(...samples: readonly Readonly<Record<string, readonly number[]>>[]): readonly SampleOutputs[] {
  return samples.map((outputs) => ({
    samples: 1,
    outputs: Object.entries(outputs).map(([name, numbers]) => ({
      name,
      data: Float32Array.from(numbers),
      dims: [1, numbers.length],
    })),
  }));
}

describe('the output that is furthest from FP32', () => {
  it('is found relative to its own absmax over all samples', () => {
    const expected = batches({ large: [100, -400], small: [0.5, 1] }, { large: [0, 4], small: [2, 0] });
    const actual = batches({ large: [101, -400], small: [0.5, 1] }, { large: [0, 4], small: [2.25, 0] });
    const outputs = [output('large'), output('small')];
    expect(worstOutputError(outputs, expected, actual)).toEqual({ output: 'small', relativeError: 0.125 });
    expect(worstOutputError([output('large')], expected, actual)).toEqual({ output: 'large', relativeError: 0.0025 });
    expect([...largestDifferences(outputs, expected, actual)]).toEqual([
      ['large', 1],
      ['small', 0.25],
    ]);
  });

  it('is one that is no number, wherever it stands', () => {
    const expected = batches({ a: [1], b: [1] });
    for (const [a, b] of [
      [NaN, 1.5],
      [1.5, NaN],
    ] as const) {
      const found = worstOutputError([output('a'), output('b')], expected, batches({ a: [a], b: [b] }));
      expect(found).toEqual({ output: Number.isNaN(a) ? 'a' : 'b', relativeError: NaN });
    }
  });

  it('is infinitely far where it has another number of rows', () => {
    const [expected, actual] = [batches({ rows: [1, 2] }, { rows: [3] }), batches({ rows: [1] }, { rows: [3, 3] })];
    expect(worstOutputError([output('rows')], expected, actual).relativeError).toBe(Infinity);
  });

  it('is none of integers, unless all are: then the share of numbers that differ tells', () => {
    const expected = batches({ label: [1, 2, 3, 4], score: [1] });
    const actual = batches({ label: [1, 2, 9, 4], score: [1] });
    const label = output('label', INT64);
    expect(worstOutputError([label, output('score')], expected, actual)).toEqual({ output: 'score', relativeError: 0 });
    expect(worstOutputError([label], expected, actual)).toEqual({ output: 'label', relativeError: 0.25 });
    const none = batches({ label: [] });
    expect(worstOutputError([label], none, none).relativeError).toBe(0);
  });
});
