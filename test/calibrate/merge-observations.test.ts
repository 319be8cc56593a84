import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxAmax } from '../../src/calibrate/calibrators/max-calibrator.js';
import { mergeObservations } from '../../src/calibrate/merge-observations.js';
import type { ObservationRecord } from '../../src/records/observation-record.js';

const CHANNELS = 3;

/** Prefix snapshots after each of the batches `first .. end - 1`, from those batches only. */
function observe(batches: readonly (readonly number[])[], first: number, end: number): ObservationRecord[] {
  const snapshots: ObservationRecord[] = [];
  for (let until = first + 1; until <= end; until++) {
    const seen = batches.slice(first, until);
    const fold = (f: (...values: number[]) => number, of: (v: number) => number): Float64Array =>
      Float64Array.from({ length: CHANNELS }, (_, c) => f(...seen.map((b) => of(b[c]!))));
    const absmax = fold(Math.max, Math.abs);
    const inputs = [
      {
        layer: 'a',
        min: fold(Math.min, (v) => v),
        max: fold(Math.max, (v) => v),
        absmax,
        absmaxView: absmax,
        histograms: null,
      },
    ];
    snapshots.push({ batches: until, samples: until * 4, inputs });
  }
  return snapshots;
}

describe('mergeObservations', () => {
  it('equals one pass for any split', () => {
    const batch = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
      minLength: CHANNELS,
      maxLength: CHANNELS,
    });
    const split = fc
      .array(batch, { minLength: 1, maxLength: 8 })
      .chain((batches) =>
        fc.tuple(
          fc.constant(batches),
          fc.subarray(batches.map((_, i) => i).slice(1)),
          fc.subarray(batches.map((_, i) => i + 1)),
        ),
      );
    fc.assert(
      fc.property(split, ([batches, cuts, wanted]) => {
        const ends = [...cuts, batches.length];
        const parts = ends.map((end, i) => observe(batches, ends[i - 1] ?? 0, end));
        const expected = observe(batches, 0, batches.length).filter((o) => wanted.includes(o.batches));
        expect(mergeObservations(parts, wanted)).toEqual(expected);
      }),
    );
  });

  it('keeps a view that was not gathered null', () => {
    const strip = (o: ObservationRecord): ObservationRecord => ({
      ...o,
      inputs: o.inputs.map((i) => ({ ...i, absmaxView: null })),
    });
    const batches = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const merged = mergeObservations([observe(batches, 0, 1).map(strip), observe(batches, 1, 2).map(strip)], [2]);
    expect(merged[0]!.inputs[0]!.absmaxView).toBeNull();
    expect([...merged[0]!.inputs[0]!.absmax]).toEqual([4, 5, 6]);
  });
});

describe('maxAmax', () => {
  it('is the largest smoothed absmax', () => {
    expect(maxAmax(Float64Array.of(16, 9, 1), Float32Array.of(4, 1, 0.5))).toBe(9);
  });

  it('equals a second pass over the smoothed data', () => {
    const sample = fc.tuple(
      fc.float({ min: -100, max: 100, noNaN: true }),
      fc.float({ min: -100, max: 100, noNaN: true }),
    );
    const factor = fc.float({ min: Math.fround(0.01), max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), factor, factor, (samples, s0, s1) => {
        const absmax = Float64Array.of(
          Math.max(...samples.map(([a]) => Math.abs(a))),
          Math.max(...samples.map(([, b]) => Math.abs(b))),
        );
        const direct = Math.max(...samples.map(([a, b]) => Math.max(Math.abs(a / s0), Math.abs(b / s1))));
        expect(maxAmax(absmax, Float32Array.of(s0, s1))).toBe(direct);
      }),
    );
  });

  it('keeps a NaN', () => {
    expect(maxAmax(Float64Array.of(1, NaN, 2), Float32Array.of(1, 1, 1))).toBeNaN();
  });
});
