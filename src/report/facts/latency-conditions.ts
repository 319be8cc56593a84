import { sqlText } from '../query.js';
import type { MeasuredLatency } from './latency.js';

/** What two latencies must share to be compared: where and how they were measured. */
export type LatencyCondition = Pick<MeasuredLatency, 'device' | 'host' | 'cpuModel' | 'batchSize' | 'threads'>;

const parts = ['device', 'host', 'cpuModel', 'batchSize', 'threads'] as const;

/**
 * The newest measurement of each trial in each condition: a subquery with the columns of
 * v_latency.
 */
export function latencySource(sweep: string, trial: number | null = null): string {
  return `(SELECT *, max(latency) AS newest FROM v_latency WHERE sweep = ${sqlText(sweep)}${trial === null ? '' : ` AND trial = ${trial}`}
    GROUP BY trial, device, host, cpu_model, batch_size, threads)`;
}

/** The same of what was read. */
export function newestOf(latencies: readonly MeasuredLatency[]): readonly MeasuredLatency[] {
  return latencies.filter(
    (one) => !latencies.some((other) => other.trial === one.trial && isIn(other, one) && other.latency > one.latency),
  );
}

/** The distinct conditions: this machine first, then those of few threads and small batches. */
export function conditionsOf(latencies: readonly MeasuredLatency[]): readonly LatencyCondition[] {
  const found = new Map<string, LatencyCondition>();
  for (const { device, host, cpuModel, batchSize, threads } of latencies) {
    const condition = { device, host, cpuModel, batchSize, threads };
    const key = JSON.stringify(condition);
    if (!found.has(key)) found.set(key, condition);
  }
  return [...found.values()].sort(
    (a, b) =>
      Number(a.device !== 'cpu') - Number(b.device !== 'cpu') || a.threads - b.threads || a.batchSize - b.batchSize,
  );
}

/** Whether it was measured in that condition. */
export function isIn(latency: LatencyCondition, condition: LatencyCondition): boolean {
  return parts.every((part) => latency[part] === condition[part]);
}

/** SQL that a row of v_latency, as `l`, is of that condition. */
export function conditionSql({ device, host, cpuModel, batchSize, threads }: LatencyCondition): string {
  return `l.device = ${sqlText(device)} AND l.host = ${sqlText(host)} AND l.cpu_model = ${sqlText(cpuModel)} AND l.batch_size = ${batchSize} AND l.threads = ${threads}`;
}

/** `batch 1, 1 thread`, with what else differs between the conditions of `among`. */
export function conditionText(
  { device, host, cpuModel, batchSize, threads }: LatencyCondition,
  among: readonly LatencyCondition[] = [],
): string {
  const varies = (part: 'host' | 'cpuModel'): boolean => new Set(among.map((one) => one[part])).size > 1;
  return [
    `batch ${batchSize}`,
    ...(threads === 0 ? [] : [threads === 1 ? '1 thread' : `${threads} threads`]),
    ...(device === 'cpu' ? [] : [`on ${device}`]),
    ...(varies('host') ? [host] : []),
    ...(varies('cpuModel') ? [cpuModel] : []),
  ].join(', ');
}
