import { expect, it } from 'vitest';
import { coarseHistograms } from '../../../src/calibrate/histograms/coarse-histograms.js';
import { countedValues } from '../../../src/calibrate/histograms/channel-histogram.js';
import { BINS_ALONE } from '../../../src/calibrate/histograms/histogram-detail.js';
import { statisticsOfChannels, unpack } from '../count-directly.js';

it('merges each eight bins of every channel and side', () => {
  // Absmax 4 and 2: bins of 2^-9 and 2^-10, so coarse ones of 2^-6 and 2^-7.
  const channels = [
    [0, 4, -4, 2 ** -6, 2 ** -6 - 2 ** -9],
    [2, 1, -1, -0.5, 0],
  ];
  const { histograms } = statisticsOfChannels(channels, BINS_ALONE);
  const coarse = coarseHistograms(histograms!);
  expect(coarse.binWidth).toEqual(Float64Array.of(2 ** -6, 2 ** -7));
  const filled = (side: 'positive' | 'negative') =>
    unpack(coarse, side).map((counts) => [...counts.entries()].filter(([, count]) => count > 0));
  const [first, second] = [filled('positive'), filled('negative')];
  expect(first).toEqual([
    [
      [0, 2],
      [1, 1],
      [256, 1],
    ],
    [
      [0, 1],
      [128, 1],
      [256, 1],
    ],
  ]);
  expect(second).toEqual([
    [[256, 1]],
    [
      [64, 1],
      [128, 1],
    ],
  ]);
  expect(countedValues(coarse)).toBe(10);
});
