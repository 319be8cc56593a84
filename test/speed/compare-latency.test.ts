import { describe, expect, it } from 'vitest';
import { compareLatency } from '../../src/speed/compare-latency.js';

const conditions = { device: 'cpu', batchSize: 2, threads: 1 };
const tens = Array.from({ length: 10 }, () => 10);

describe('compareLatency', () => {
  it('takes the ratio of each round, so that what slows both down does not show', () => {
    // Medians 10 and 8.25; ratios 0.75 and 0.8.
    const fp32 = [10, 20, 10, 40, 10, 10, 10, 10, 10, 20];
    const quantized = [7.5, 15, 7.5, 30, 8, 8, 8, 8, 8, 16];
    expect(compareLatency(conditions, { wallMs: fp32 }, { wallMs: quantized })).toEqual({
      ...conditions,
      rounds: 10,
      fp32Ms: 10,
      quantizedMs: 8,
      cpu: null,
      ratio: 0.8,
      ratioLow: 0.75,
      ratioHigh: 0.8,
      spread: expect.closeTo(0.05, 12) as number,
      verdict: 'faster',
      operators: { fp32: [], quantized: [] },
    });
  });

  it.each([
    ['faster', [9, 9, 9, 9, 9, 9, 9, 9, 9, 30]],
    ['slower', [11, 11, 11, 11, 11, 11, 11, 11, 11, 1]],
    // Ranks 2 and 9: the second smallest and the second largest.
    ['same', [9, 9, 9, 9, 9, 11, 11, 11, 11, 11]],
    ['same', [10, 10, 10, 10, 10, 10, 10, 10, 10, 10]],
  ])('is %s where the whole interval says so', (verdict, quantized) => {
    const record = compareLatency(conditions, { wallMs: tens }, { wallMs: quantized });
    expect(record.verdict).toBe(verdict);
  });

  it('has the ratio of CPU time beside it, but for a clock too coarse for it', () => {
    const fp32 = { wallMs: tens, cpuMs: tens.map(() => 4) };
    const quantized = { wallMs: tens, cpuMs: tens.map(() => 3) };
    const cpu = { fp32Ms: 4, quantizedMs: 3, ratio: 0.75, ratioLow: 0.75, ratioHigh: 0.75 };
    expect(compareLatency(conditions, fp32, quantized)).toMatchObject({ verdict: 'same', cpu });
    expect(compareLatency(conditions, { ...fp32, cpuMs: [0, ...tens.slice(1)] }, quantized).cpu).toBeNull();
  });
});
