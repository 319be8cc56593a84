import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { averagePrecisions } from '../../../src/tasks/center-detection/average-precision.js';

/** One detection: its scene and whether it is a true positive. */
type Detection = readonly [scene: number, match: boolean];

function measure(detections: readonly Detection[], objects: number, weight: readonly number[]): number {
  const scene = Int32Array.from(detections, ([index]) => index);
  const matches = Uint32Array.from(detections, ([, match]) => (match ? 0b10 : 0));
  return averagePrecisions({ scene, matches }, 2, objects, Uint16Array.from(weight))[1]!;
}

/** The definition written down plainly: cumulative sums, numpy.interp with right = 0, mean. */
function byDefinition(flags: readonly boolean[], objects: number): number {
  if (!flags.includes(true)) return 0;
  let truePositives = 0;
  const precision: number[] = [];
  const recall: number[] = [];
  for (const [index, flag] of flags.entries()) {
    if (flag) truePositives += 1;
    precision.push(truePositives / (index + 1));
    recall.push(truePositives / objects);
  }
  let sum = 0;
  for (let step = 11; step <= 100; step += 1) {
    const r = step === 100 ? 1 : step * 0.01;
    sum += Math.max(interpolate(r, recall, precision) - 0.1, 0);
  }
  return sum / 90 / 0.9;
}

function interpolate(r: number, recall: readonly number[], precision: readonly number[]): number {
  if (r > recall.at(-1)!) return 0;
  if (r < recall[0]!) return precision[0]!;
  const j = recall.findLastIndex((value) => value <= r);
  if (j === recall.length - 1) return precision[j]!;
  return precision[j]! + ((precision[j + 1]! - precision[j]!) / (recall[j + 1]! - recall[j]!)) * (r - recall[j]!);
}

describe('average precision', () => {
  it('of a perfect ranking is 1', () => {
    expect(
      measure(
        [
          [0, true],
          [0, true],
        ],
        2,
        [1],
      ),
    ).toBeCloseTo(1, 14);
  });

  it('of one hit among two objects counts precision 1 up to recall 0.5', () => {
    // Recall 0.11 .. 0.50 are 40 of the 90 grid points, each (1 - 0.1) / 0.9 = 1.
    expect(measure([[0, true]], 2, [1])).toBeCloseTo(40 / 90, 14);
  });

  it('interpolates from a leading miss, whose precision is 0', () => {
    // Points (recall, precision) (0, 0), (1, 1/2): precision is r / 2; mean of max(r / 2 - 0.1, 0)
    // over r = 0.11 .. 1.
    let sum = 0;
    for (let step = 21; step <= 100; step += 1) sum += step / 200 - 0.1;
    const detections: Detection[] = [
      [0, false],
      [0, true],
    ];
    expect(measure(detections, 1, [1])).toBeCloseTo(sum / 90 / 0.9, 12);
  });

  it('takes the precision after trailing misses where the largest recall is a grid point', () => {
    // Recall ends at 1 with precision 1/2 there; before it the first precision, 1, holds.
    const detections: Detection[] = [
      [0, true],
      [0, false],
    ];
    expect(measure(detections, 1, [1])).toBeCloseTo((89 * 0.9 + 0.4) / 90 / 0.9, 12);
  });

  it('without a true positive or without objects is 0', () => {
    expect(measure([[0, false]], 3, [1])).toBe(0);
    expect(measure([], 3, [1])).toBe(0);
    expect(measure([[0, false]], 0, [1])).toBe(0);
  });

  it('with scenes counted several times is that of the scenes written out so often', () => {
    const weights = fc.array(fc.nat(3), { minLength: 4, maxLength: 4 });
    const detections = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(weights, detections, fc.nat(20), (weight, ranked, missed) => {
        const flags = ranked.flatMap(([scene, match]) => new Array<boolean>(weight[scene]!).fill(match));
        const objects = flags.filter((flag) => flag).length + missed;
        expect(measure(ranked, objects, weight)).toBeCloseTo(byDefinition(flags, objects), 12);
      }),
      { numRuns: 300 },
    );
  });
});
