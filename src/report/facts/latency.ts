import { numberOf, numberOrNull, sqlText, textOf, toRows, type Query, type Row } from '../query.js';

/** How fast the exported model of a trial is against FP32, under one condition on one machine. */
export interface MeasuredLatency {
  /** Number of the comparison in the database. */
  readonly latency: number;
  readonly trial: number;
  readonly label: string;
  /** `cpu`: the CPU provider of `host`; else the name of a device command. */
  readonly device: string;
  readonly batchSize: number;
  /** Of one operator; 0: not known. */
  readonly threads: number;
  readonly rounds: number;
  /** Median of a run. */
  readonly fp32Ms: number;
  readonly quantizedMs: number;
  /** Median of quantized / FP32, with its 95 % interval: below 1 is faster. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Interquartile range of the ratios. */
  readonly spread: number;
  /** `same`: not distinguishable. */
  readonly verdict: 'faster' | 'slower' | 'same';
  /** The same by CPU time; null: not known. */
  readonly cpu: { readonly fp32Ms: number; readonly ratio: number; readonly low: number; readonly high: number } | null;
  readonly host: string;
  readonly cpuModel: string;
  readonly cpuFlags: string;
  /** UTC, ISO 8601. */
  readonly measuredAt: string;
}

/** Operators of one kind in one measured run of the exported model. */
export interface OperatorShare {
  /** Kernel, e.g. `QLinearConv`. */
  readonly op: string;
  readonly kind: 'integer' | 'float' | 'conversion';
  /** They divide the input of a layer by its smoothing factors, and do nothing else. */
  readonly onlySmooths: boolean;
  readonly nodes: number;
  readonly durationUs: number;
  /** Of the time of all operators of the run, 0..1. */
  readonly share: number;
}

/** The query behind {@link readMeasuredLatencies}. */
export function latencySql(sweep: string, trial: number | null): string {
  const ofTrial = trial === null ? '' : ` AND trial = ${trial}`;
  return `SELECT latency, trial, label, device, batch_size, threads, rounds, fp32_ms, quantized_ms, ratio, ratio_low, ratio_high,
       spread, verdict, fp32_cpu_ms, cpu_ratio, cpu_ratio_low, cpu_ratio_high, host, cpu_model, cpu_flags, measured_at
FROM v_latency WHERE sweep = ${sqlText(sweep)}${ofTrial} ORDER BY position, device <> 'cpu', device, host, threads, batch_size`;
}

/** What was measured of the speed of one trial, or of all of a sweep. */
export function readMeasuredLatencies(
  query: Query,
  sweep: string,
  trial: number | null = null,
): readonly MeasuredLatency[] {
  return toRows(query(latencySql(sweep, trial), [])).map((row) => ({
    latency: numberOf(row, 'latency'),
    trial: numberOf(row, 'trial'),
    label: textOf(row, 'label'),
    device: textOf(row, 'device'),
    batchSize: numberOf(row, 'batch_size'),
    threads: numberOf(row, 'threads'),
    rounds: numberOf(row, 'rounds'),
    fp32Ms: numberOf(row, 'fp32_ms'),
    quantizedMs: numberOf(row, 'quantized_ms'),
    ratio: numberOf(row, 'ratio'),
    low: numberOf(row, 'ratio_low'),
    high: numberOf(row, 'ratio_high'),
    spread: numberOf(row, 'spread'),
    verdict: textOf(row, 'verdict') as MeasuredLatency['verdict'],
    cpu: cpuOf(row),
    host: textOf(row, 'host'),
    cpuModel: textOf(row, 'cpu_model'),
    cpuFlags: textOf(row, 'cpu_flags'),
    measuredAt: textOf(row, 'measured_at'),
  }));
}

function cpuOf(row: Row): MeasuredLatency['cpu'] {
  if (numberOrNull(row, 'cpu_ratio') === null) return null;
  return {
    fp32Ms: numberOf(row, 'fp32_cpu_ms'),
    ratio: numberOf(row, 'cpu_ratio'),
    low: numberOf(row, 'cpu_ratio_low'),
    high: numberOf(row, 'cpu_ratio_high'),
  };
}

/** The query behind {@link readOperatorShares}. */
export function operatorSharesSql(
  sweep: string,
  { trial, latency }: Pick<MeasuredLatency, 'trial' | 'latency'>,
): string {
  return `SELECT op, kind, node LIKE 'quantsweep%/smoothed/%' AS only_smooths, count(*) AS nodes, sum(duration_us) AS duration_us, sum(share) AS share
FROM v_operator_time WHERE sweep = ${sqlText(sweep)} AND trial = ${trial} AND latency = ${latency} AND model = 'quantized'
GROUP BY op, kind, only_smooths ORDER BY sum(duration_us) DESC, op`;
}

/** Where the time of the exported model goes, longest first; empty where nobody profiled it. */
export function readOperatorShares(
  query: Query,
  sweep: string,
  measured: Pick<MeasuredLatency, 'trial' | 'latency'>,
): readonly OperatorShare[] {
  return toRows(query(operatorSharesSql(sweep, measured), [])).map((row) => ({
    op: textOf(row, 'op'),
    kind: textOf(row, 'kind') as OperatorShare['kind'],
    onlySmooths: numberOf(row, 'only_smooths') === 1,
    nodes: numberOf(row, 'nodes'),
    durationUs: numberOf(row, 'duration_us'),
    share: numberOrNull(row, 'share') ?? 0,
  }));
}
