import type { WorkerLogRecord } from '../../records/worker-log-record.js';
import type { Connection } from '../file/connection.js';

/** Puts these logs in place of what was told before of the same places. */
export function writeWorkerLogs(connection: Connection, logs: readonly WorkerLogRecord[]): void {
  const now = new Date().toISOString();
  for (const { place, text } of logs) {
    connection.run(
      `INSERT INTO worker_log (place, text, written_at) VALUES (?, ?, ?)
       ON CONFLICT (place) DO UPDATE SET text = excluded.text, written_at = excluded.written_at`,
      ...[place, text, now],
    );
  }
}
