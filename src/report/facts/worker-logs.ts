import type { Row } from '../query.js';
import { sqlText, textOf } from '../query.js';

/** What a worker process of the sweep wrote last. All of its text is foreign. */
export interface WorkerLog {
  /** Its slot, e.g. `cpu:0`. */
  readonly place: string;
  /** Empty: it wrote nothing. */
  readonly text: string;
  /** UTC, ISO 8601. */
  readonly writtenAt: string;
}

/** The query behind {@link workerLogsOf}: rows only of the sweep that ran last. */
export function workerLogsSql(sweep: string): string {
  return `SELECT place, text, written_at FROM v_worker_log
WHERE (SELECT sweep FROM v_sweep ORDER BY last_run DESC LIMIT 1) = ${sqlText(sweep)}
ORDER BY length(place), place`;
}

/** The logs in the query's rows. */
export function workerLogsOf(rows: readonly Row[]): readonly WorkerLog[] {
  return rows.map((row) => ({
    place: textOf(row, 'place'),
    text: textOf(row, 'text'),
    writtenAt: textOf(row, 'written_at'),
  }));
}
