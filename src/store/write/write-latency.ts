import type { LatencyRecord } from '../../records/latency-record.js';
import type { EnvironmentRecord } from '../../records/machine-record.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { StoreError } from '../store-error.js';
import { RowNumbers } from './row-numbers.js';

/** Of which trial a comparison of speed is, and on which machine it was made. */
export interface LatencySubject {
  readonly trial: ContentKey;
  /** The FP32 trial of the same model and data; it need not be in the store. */
  readonly fp32: ContentKey;
  readonly environment: EnvironmentRecord;
}

/**
 * Writes a comparison of speed. It takes the place of an earlier one of the same trial under the
 * same conditions on the same machine, with the same onnxruntime.
 */
export function writeLatency(connection: Connection, subject: LatencySubject, record: LatencyRecord): void {
  const trial = idOf(connection, subject.trial);
  if (trial === null) {
    throw new StoreError('unknown', `Expected the key of a complete trial, got ${subject.trial}.`);
  }
  const { host, cpuModel, cpuFlags, onnxruntimeVersion, quantsweepVersion } = subject.environment;
  const { device, batchSize, threads, cpu } = record;
  const same = `SELECT id FROM latency WHERE trial_id = ? AND device = ? AND batch_size = ? AND threads = ?
    AND host = ? AND (device <> 'cpu' OR (cpu_model = ? AND onnxruntime_version = ?))`;
  const identity = [trial, device, batchSize, threads, host, cpuModel, onnxruntimeVersion] as const;
  connection.run(`DELETE FROM operator_time WHERE latency_id IN (${same})`, ...identity);
  connection.run(`DELETE FROM latency WHERE id IN (${same})`, ...identity);
  const numbers = new RowNumbers('latency');
  const { id } = connection.run(
    `INSERT INTO latency (trial_id, fp32_trial_id, device, batch_size, threads, rounds, fp32_ms, quantized_ms,
       ratio, ratio_low, ratio_high, spread, fp32_cpu_ms, quantized_cpu_ms, cpu_ratio, cpu_ratio_low, cpu_ratio_high,
       verdict, host, cpu_model, cpu_flags,
       onnxruntime_version, quantsweep_version, measured_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    idOf(connection, subject.fp32),
    device,
    batchSize,
    threads,
    record.rounds,
    numbers.finite('fp32_ms', record.fp32Ms),
    numbers.finite('quantized_ms', record.quantizedMs),
    numbers.finite('ratio', record.ratio),
    numbers.finite('ratio_low', record.ratioLow),
    numbers.finite('ratio_high', record.ratioHigh),
    numbers.finite('spread', record.spread),
    numbers.finiteOrNull('fp32_cpu_ms', cpu?.fp32Ms ?? null),
    numbers.finiteOrNull('quantized_cpu_ms', cpu?.quantizedMs ?? null),
    numbers.finiteOrNull('cpu_ratio', cpu?.ratio ?? null),
    numbers.finiteOrNull('cpu_ratio_low', cpu?.ratioLow ?? null),
    numbers.finiteOrNull('cpu_ratio_high', cpu?.ratioHigh ?? null),
    record.verdict,
    host,
    cpuModel,
    cpuFlags,
    onnxruntimeVersion,
    quantsweepVersion,
    new Date().toISOString(),
  );
  writeOperators(connection, id, 'fp32', record.operators.fp32);
  writeOperators(connection, id, 'quantized', record.operators.quantized);
}

function writeOperators(
  connection: Connection,
  latency: number,
  model: 'fp32' | 'quantized',
  operators: LatencyRecord['operators']['fp32'],
): void {
  const numbers = new RowNumbers('operator_time');
  for (const [position, { node, op, kind, durationUs }] of operators.entries()) {
    connection.run(
      'INSERT INTO operator_time (latency_id, model, position, node, op, kind, duration_us) VALUES (?, ?, ?, ?, ?, ?, ?)',
      latency,
      model,
      position,
      node,
      op,
      kind,
      numbers.finite('duration_us', durationUs),
    );
  }
}

function idOf(connection: Connection, key: ContentKey): number | null {
  const row = connection.get(`SELECT id FROM trial WHERE key = ? AND status = 'done'`, key) as
    { readonly id: number } | undefined;
  return row?.id ?? null;
}
