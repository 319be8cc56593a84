import type { OutcomeRecord } from '../../records/evaluation-record.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import type { StoredFailure } from '../store.js';

/** Those of the given keys whose trial or stage is done; a trial that was stopped early is, too. */
export function readFinished(
  connection: Connection,
  table: 'trial' | 'stage',
  keys: readonly ContentKey[],
): ReadonlySet<ContentKey> {
  const rows = connection.all(
    `SELECT w.key FROM json_each(?) k CROSS JOIN ${table} w ON w.key = k.value WHERE w.status IN ('done', 'stopped')`,
    JSON.stringify(keys),
  ) as readonly { key: string }[];
  return new Set(rows.map(({ key }) => key));
}

/** Those of the given keys whose trial was stopped early. */
export function readStopped(connection: Connection, keys: readonly ContentKey[]): ReadonlySet<ContentKey> {
  const rows = connection.all(
    `SELECT t.key FROM json_each(?) k CROSS JOIN trial t ON t.key = k.value WHERE t.status = 'stopped'`,
    JSON.stringify(keys),
  ) as readonly { key: string }[];
  return new Set(rows.map(({ key }) => key));
}

/** What a complete trial achieved by its primary metric; null for any other trial. */
export function readPrimaryOutcome(connection: Connection, key: ContentKey): OutcomeRecord | null {
  const row = connection.get(
    `SELECT o.metric, o.kind, o.count, o.data FROM trial t JOIN sample_outcome o ON o.trial_id = t.id AND o.metric = t.primary_metric AND o.kind <> 'values'
     WHERE t.key = ? AND t.status = 'done'`,
    key,
  ) as OutcomeRecord | undefined;
  return row ?? null;
}

/** Error of those of the given keys whose trial or stage has failed and was not finished since. */
export function readFailed(
  connection: Connection,
  table: 'trial' | 'stage',
  keys: readonly ContentKey[],
): ReadonlyMap<ContentKey, StoredFailure> {
  const rows = connection.all(
    `SELECT w.key, w.error_class AS errorClass, w.error AS message, w.failed_under AS under
     FROM json_each(?) k CROSS JOIN ${table} w ON w.key = k.value WHERE w.status = 'failed'`,
    JSON.stringify(keys),
  ) as readonly (StoredFailure & { key: string })[];
  return new Map(rows.map(({ key, errorClass, message, under }) => [key, { errorClass, message, under }]));
}

/** Value of the primary metric of each complete trial of the given keys. */
export function readPrimaryValues(
  connection: Connection,
  keys: readonly ContentKey[],
): ReadonlyMap<ContentKey, number> {
  const rows = connection.all(
    `SELECT t.key, a.value FROM json_each(?) k CROSS JOIN trial t ON t.key = k.value
     JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = '' WHERE t.status = 'done'`,
    JSON.stringify(keys),
  ) as readonly { key: string; value: number }[];
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/**
 * The latest attempts that a median looks at: older ones may come from another machine or model.
 */
const recentAttempts = 500;

/**
 * Median milliseconds of work: of a `trial` that came to its end, and of a whole `observe`,
 * `reference` or `search` stage over all its parts.
 */
export function readTypicalDurations(connection: Connection): ReadonlyMap<string, number> {
  const trials = connection.all(
    `SELECT 'trial' AS kind, duration_ms AS ms FROM attempt a WHERE trial_id IS NOT NULL AND status = 'done' AND (SELECT t.status FROM trial t WHERE t.id = a.trial_id) = 'done'
     ORDER BY id DESC LIMIT ?`,
    recentAttempts,
  );
  // Merged databases may have run a part each; a stage takes the time of one of them.
  const stages = connection.all(
    `SELECT kind, ms FROM (
       SELECT kind, sum(ms) AS ms, row_number() OVER (PARTITION BY kind ORDER BY max(last) DESC) AS age
       FROM (SELECT s.id, s.kind, avg(a.duration_ms) AS ms, max(a.id) AS last
             FROM attempt a JOIN stage s ON s.id = a.stage_id WHERE a.status = 'done' AND s.status = 'done' GROUP BY s.id, a.part)
       GROUP BY id) WHERE age <= ?`,
    recentAttempts,
  );
  const byKind = new Map<string, number[]>();
  for (const { kind, ms } of [...trials, ...stages] as readonly { kind: string; ms: number | null }[]) {
    if (ms !== null) byKind.set(kind, [...(byKind.get(kind) ?? []), ms]);
  }
  return new Map([...byKind].map(([kind, durations]) => [kind, median(durations)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return (lower + upper) / 2;
}
