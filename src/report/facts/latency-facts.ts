import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, toRows } from '../query.js';

/** What two latencies must share to be compared: where and how they were measured. */
export interface LatencyCondition {
  /** Provider of this machine, or the name of the command that measured. */
  readonly device: string;
  readonly host: string;
  readonly cpuModel: string;
  readonly batchSize: number;
  /** Of one operator; 0: not known. */
  readonly threads: number;
}

/** One comparison of speed of a trial with FP32. */
export interface LatencyFacts extends LatencyCondition {
  readonly latency: number;
  readonly trial: number;
  readonly rounds: number;
  readonly fp32Ms: number;
  readonly quantizedMs: number;
  /** Median over the rounds of quantized / FP32, with its 95 % interval. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly verdict: 'faster' | 'slower' | 'same';
  readonly cpuFlags: string;
}

/**
 * The newest measurement of each trial in each condition.
 *
 * @param trial null: of all trials of the sweep
 */
export function latencySql(sweep: string, trial: number | null = null): string {
  return `SELECT latency, trial, device, host, cpu_model, cpu_flags, batch_size, threads, rounds, fp32_ms, quantized_ms, ratio, ratio_low, ratio_high, verdict
FROM ${latencySource(sweep, trial)}
ORDER BY batch_size, threads, device, host, trial`;
}

/** The same to join with: a subquery with a row for each trial and condition. */
export function latencySource(sweep: string, trial: number | null = null): string {
  return `(SELECT l.id AS latency, l.trial_id AS trial, l.device, l.host, l.cpu_model, l.cpu_flags, l.batch_size, l.threads, l.rounds, l.fp32_ms, l.quantized_ms,
        l.ratio, l.ratio_low, l.ratio_high, l.verdict, max(l.id) AS newest
      FROM sweep s JOIN sweep_trial st ON st.sweep_id = s.id JOIN latency l ON l.trial_id = st.trial_id
      WHERE s.name = ${sqlText(sweep)}${trial === null ? '' : ` AND l.trial_id = ${trial}`}
      GROUP BY l.trial_id, l.device, l.host, l.cpu_model, l.batch_size, l.threads)`;
}

/** In the order of {@link latencySql}. */
export function readLatencies(query: Query, sweep: string): readonly LatencyFacts[] {
  return toRows(query(latencySql(sweep), [])).map(toLatency);
}

/** A row of {@link latencySql}. */
export function toLatency(row: Row): LatencyFacts {
  return {
    latency: numberOf(row, 'latency'),
    trial: numberOf(row, 'trial'),
    device: textOf(row, 'device'),
    host: textOf(row, 'host'),
    cpuModel: textOf(row, 'cpu_model'),
    cpuFlags: textOf(row, 'cpu_flags'),
    batchSize: numberOf(row, 'batch_size'),
    threads: numberOf(row, 'threads'),
    rounds: numberOf(row, 'rounds'),
    fp32Ms: numberOf(row, 'fp32_ms'),
    quantizedMs: numberOf(row, 'quantized_ms'),
    ratio: numberOf(row, 'ratio'),
    ratioLow: numberOf(row, 'ratio_low'),
    ratioHigh: numberOf(row, 'ratio_high'),
    verdict: textOf(row, 'verdict') as LatencyFacts['verdict'],
  };
}

/** The distinct conditions, those of small batches and few threads first. */
export function conditionsOf(latencies: readonly LatencyFacts[]): readonly LatencyCondition[] {
  const found = new Map<string, LatencyCondition>();
  for (const { device, host, cpuModel, batchSize, threads } of latencies) {
    const condition = { device, host, cpuModel, batchSize, threads };
    const key = JSON.stringify(condition);
    if (!found.has(key)) found.set(key, condition);
  }
  return [...found.values()];
}

/** Whether it was measured in that condition. */
export function isIn(latency: LatencyCondition, condition: LatencyCondition): boolean {
  return (['device', 'host', 'cpuModel', 'batchSize', 'threads'] as const).every(
    (part) => latency[part] === condition[part],
  );
}

/**
 * `batch 1, 1 thread`, with the device and the machine where `among` has several.
 */
export function conditionText(
  { device, host, cpuModel, batchSize, threads }: LatencyCondition,
  among: readonly LatencyCondition[] = [],
): string {
  const varies = (part: 'device' | 'host' | 'cpuModel'): boolean => new Set(among.map((one) => one[part])).size > 1;
  return [
    `batch ${batchSize}`,
    ...(threads === 0 ? [] : [threads === 1 ? '1 thread' : `${threads} threads`]),
    ...(varies('device') ? [device.replace('ExecutionProvider', '')] : []),
    ...(varies('host') ? [host] : []),
    ...(varies('cpuModel') ? [cpuModel] : []),
  ].join(', ');
}

/** Of a measured row that may be missing, e.g. of an outer join. */
export function ratioOf(row: Row): { readonly ratio: number; readonly low: number; readonly high: number } | null {
  const ratio = numberOrNull(row, 'ratio');
  return ratio === null ? null : { ratio, low: numberOf(row, 'ratio_low'), high: numberOf(row, 'ratio_high') };
}
