import type { LatencyConditions } from '../../records/latency-record.js';
import type { EnvironmentRecord } from '../../records/machine-record.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';

/** What was measured of the speed of a trial. */
export interface StoredLatency extends LatencyConditions {
  readonly trial: ContentKey;
  readonly rounds: number;
}

/**
 * What identifies the machine of a measurement: another runtime is another measurement. Of what a
 * device command measured only the host that ran the command counts.
 */
export type LatencyMachine = Pick<EnvironmentRecord, 'host' | 'cpuModel' | 'onnxruntimeVersion'>;

/** The measurements of these trials on one machine. */
export function readLatencies(
  connection: Connection,
  trials: readonly ContentKey[],
  { host, cpuModel, onnxruntimeVersion }: LatencyMachine,
): readonly StoredLatency[] {
  return connection.all(
    `SELECT t.key AS trial, l.device, l.batch_size AS batchSize, l.threads, l.rounds
     FROM json_each(?) k CROSS JOIN trial t ON t.key = k.value JOIN latency l ON l.trial_id = t.id
     WHERE l.host = ? AND (l.device <> 'cpu' OR (l.cpu_model = ? AND l.onnxruntime_version = ?))`,
    JSON.stringify(trials),
    host,
    cpuModel,
    onnxruntimeVersion,
  ) as readonly StoredLatency[];
}
