import type { CpuLatency, LatencyConditions, LatencyRecord, LatencyVerdict } from '../records/latency-record.js';
import { medianInterval } from '../statistics/median-interval.js';

/** Times of one model, a number a round. */
export interface Series {
  readonly wallMs: readonly number[];
  /** Absent where nobody knows. */
  readonly cpuMs?: readonly number[];
  readonly operators?: LatencyRecord['operators']['fp32'];
}

/**
 * Compares two models that were timed in the same rounds: the median of the ratios of each round,
 * quantized / FP32, with its interval. What slows the machine down for a while is in both of a
 * round.
 *
 * @param fp32 at least one round; `quantized` has as many
 */
export function compareLatency(conditions: LatencyConditions, fp32: Series, quantized: Series): LatencyRecord {
  const ratios = ratiosOf(fp32.wallMs, quantized.wallMs);
  const { median: ratio, low: ratioLow, high: ratioHigh, spread } = medianInterval(ratios);
  return {
    ...conditions,
    rounds: ratios.length,
    fp32Ms: medianInterval(fp32.wallMs).median,
    quantizedMs: medianInterval(quantized.wallMs).median,
    cpu: compareCpu(fp32.cpuMs, quantized.cpuMs),
    ...{ ratio, ratioLow, ratioHigh, spread },
    verdict: verdictOf(ratioLow, ratioHigh),
    operators: { fp32: fp32.operators ?? [], quantized: quantized.operators ?? [] },
  };
}

function compareCpu(fp32: Series['cpuMs'], quantized: Series['cpuMs']): CpuLatency | null {
  // A clock too coarse for the run shows nothing.
  if (fp32 === undefined || quantized === undefined || fp32.includes(0)) return null;
  const { median: ratio, low: ratioLow, high: ratioHigh } = medianInterval(ratiosOf(fp32, quantized));
  return {
    fp32Ms: medianInterval(fp32).median,
    quantizedMs: medianInterval(quantized).median,
    ...{ ratio, ratioLow, ratioHigh },
  };
}

function ratiosOf(fp32: readonly number[], quantized: readonly number[]): readonly number[] {
  return quantized.map((ms, round) => ms / fp32[round]!);
}

function verdictOf(low: number, high: number): LatencyVerdict {
  if (high < 1) return 'faster';
  return low > 1 ? 'slower' : 'same';
}
