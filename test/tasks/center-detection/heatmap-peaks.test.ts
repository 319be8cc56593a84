import { describe, expect, it } from 'vitest';

import { findPeaks } from '../../../src/tasks/center-detection/heatmap-peaks.js';
import { matchCenters } from '../../../src/tasks/center-detection/match-centers.js';

function peaksOf(rows: readonly (readonly number[])[], height: number, minScore = 0.01, maxPeaks = 100) {
  const width = rows[0]!.length;
  const peaks = findPeaks(Float32Array.from(rows.flat()), height, width, { minScore, maxPeaks, scene: 7 });
  return { cells: [...peaks.cell], peaks };
}

describe('peaks of a heatmap', () => {
  it('are cells that no neighbour exceeds, diagonal ones included, by falling score', () => {
    const rows = [
      [0.5, 0.1, 0.0, 0.9],
      [0.1, 0.6, 0.0, 0.0],
      [0.2, 0.0, 0.0, 0.3],
    ];
    expect(peaksOf(rows, 3).cells).toEqual([3, 5, 11]);
  });

  it('are all cells of a plateau, in the order of their flat index', () => {
    const rows = [
      [0.5, 0.5, 0.0],
      [0.0, 0.0, 0.0],
    ];
    expect(peaksOf(rows, 2).cells).toEqual([0, 1]);
  });

  it('do not see the neighbouring row or class beyond the edge', () => {
    // Two classes of 2 x 2: the 0.4 at the start of class 1 lies after the 0.8 of class 0 in memory
    // only.
    const rows = [
      [0.1, 0.2],
      [0.3, 0.8],
      [0.4, 0.1],
      [0.1, 0.1],
    ];
    expect(peaksOf(rows, 2).cells).toEqual([3, 4]);
    expect(
      peaksOf(
        [
          [0, 0, 0.9],
          [0.5, 0, 0],
        ],
        2,
      ).cells,
    ).toEqual([2, 3]);
  });

  it('reach the lowest score, which counts as float32, and are cut over all classes together', () => {
    const rows = [[0.01], [0.3], [0.2], [0.3], [0.009]];
    expect(peaksOf(rows, 1).cells).toEqual([1, 3, 2, 0]);
    expect(peaksOf(rows, 1, 0.01, 2).cells).toEqual([1, 3]);
  });

  it('are not looked for among numbers that are none', () => {
    expect(() => peaksOf([[0.1], [Number.NaN]], 1)).toThrow('got NaN (output, sample 7, class 1)');
  });
});

describe('matching peaks with objects', () => {
  // One class on 1 x 8 cells; peaks at cells 2 (0.9) and 4 (0.8): centres 2.5 and 4.5.
  const { peaks } = peaksOf([[0, 0, 0.9, 0, 0.8, 0, 0, 0]], 1);
  const at = (x: number, classIndex = 0) => ({ class: classIndex, x, y: 0.5 });

  it('lets the better peak take the nearest object, so that the other may find none', () => {
    expect([...matchCenters(peaks, [at(3.4)], [0.5, 1, 4], 1, 8)]).toEqual([0b110, 0]);
  });

  it('lets the other peak have the object where the better one is too far from it', () => {
    expect([...matchCenters(peaks, [at(4)], [1, 2], 1, 8)]).toEqual([0b10, 0b01]);
  });

  it('needs a distance below the threshold, not equal to it', () => {
    expect([...matchCenters(peaks, [at(3.5)], [1], 1, 8)]).toEqual([0, 0]);
  });

  it('takes the earlier of equally near objects', () => {
    // The better peak is 1 from both; it takes the first, 1.5, so the other peak gets 3.5 within
    // 1.5. Reversed, it gets none.
    expect([...matchCenters(peaks, [at(1.5), at(3.5)], [1.5], 1, 8)]).toEqual([1, 1]);
    expect([...matchCenters(peaks, [at(3.5), at(1.5)], [1.5], 1, 8)]).toEqual([1, 0]);
  });

  it('leaves objects of other classes alone', () => {
    expect([...matchCenters(peaks, [at(2.5, 1)], [4], 1, 8)]).toEqual([0, 0]);
  });

  it('has room for 32 thresholds', () => {
    const thresholds = Array.from({ length: 32 }, (_, index) => index + 1);
    expect(matchCenters(peaks, [at(2.5)], thresholds, 1, 8)[0]).toBe(0xffffffff);
  });
});
