import { CHANNEL_BINS } from '../../src/calibrate/histograms/bin-width.js';
import { ChannelCounter } from '../../src/calibrate/histograms/channel-counter.js';
import type { ChannelHistograms } from '../../src/records/channel-histograms.js';
import { calibrationDetail, type HistogramDetail } from '../../src/calibrate/histograms/histogram-detail.js';
import { CountReader } from '../../src/calibrate/histograms/packed-counts.js';
import type { InputStatistics } from '../../src/records/observation-record.js';

/** Counts `[C, 4096]` of one side. */
export function unpack(histograms: ChannelHistograms, side: 'positive' | 'negative'): Float64Array[] {
  const bytes = histograms[side];
  const reader = bytes === null ? null : new CountReader(bytes);
  return Array.from(histograms.binWidth, () => {
    const counts = new Float64Array(CHANNEL_BINS);
    reader?.addTo(counts);
    return counts;
  });
}

/**
 * Statistics with histograms of the values of each channel, as an observation of one sample a value
 * gathers them.
 */
export function statisticsOfChannels(
  channels: readonly (readonly number[])[],
  detail: HistogramDetail = calibrationDetail(channels.length),
): InputStatistics {
  const float32 = channels.map((values) => Float32Array.from(values));
  const min = Float64Array.from(float32, (values) => values.reduce((a, b) => Math.min(a, b), Infinity));
  const max = Float64Array.from(float32, (values) => values.reduce((a, b) => Math.max(a, b), -Infinity));
  const counter = new ChannelCounter(min, max, detail);
  const length = Math.max(...channels.map((values) => values.length));
  const rows = new Float32Array(length * channels.length);
  for (const [c, values] of float32.entries()) {
    if (values.length !== length) throw new Error('Expected channels of one length.');
    for (const [row, value] of values.entries()) rows[row * channels.length + c] = value;
  }
  counter.add(rows, 1);
  const absmax = max.map((high, c) => Math.max(Math.abs(high), Math.abs(min[c]!)));
  return { layer: 'layer', min, max, absmax, absmaxView: null, histograms: counter.snapshot() };
}

/**
 * numpy's histogram of |x| over [0, high] in equal bins, the last of which holds its upper edge.
 */
export function histogramDirectly(values: readonly number[], high: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((Math.abs(value) / high) * bins))]! += 1;
  return counts;
}
