import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOrNull } from '../query.js';
import type { LiveSweep } from './live-facts.js';

/**
 * The rate is that of the last so many finished trials: enough to even out, few enough to follow a
 * change of pace.
 */
const recentTrials = 20;

/** How far a sweep is. */
export interface Progress {
  readonly trials: number;
  readonly done: number;
  readonly failed: number;
  /** Not finished, those that are being worked at among them. */
  readonly pending: number;
  /** Those of `pending` that the run works at now; 0 where none is active. */
  readonly running: number;
  /** Not evaluated to the end, as certainly not the best. */
  readonly stopped: number;
  /** Stages that are not finished, e.g. searches: their time comes on top of the trials'. */
  readonly pendingStages: number;
  /** Whether the process that has the database has begun a sweep. */
  readonly hasBegun: boolean;
  /** Trials that the rate is taken from. */
  readonly recent: number;
  /** Null where too few trials have finished in this run. */
  readonly trialsPerMinute: number | null;
  /**
   * When the pending trials are done at that rate, milliseconds since 1970. Null without a rate or
   * nothing pending.
   */
  readonly endsAt: number | null;
}

/**
 * The query behind {@link readProgress}: counts, and the ends of the latest finished trials of this
 * run.
 */
export function progressSql({ name }: LiveSweep): string {
  const sweep = sqlText(name);
  return `WITH recent AS (
  SELECT started_ms, ended_ms, ended_at FROM v_attempt
  WHERE work = 'trial' AND status = 'done' AND trial IN (SELECT trial FROM v_trial WHERE sweep = ${sweep})
    AND attempt >= (SELECT run_attempt FROM v_sweep WHERE sweep = ${sweep}) AND ended_ms IS NOT NULL
  ORDER BY ended_ms DESC LIMIT ${recentTrials}),
running AS (
  SELECT count(DISTINCT trial) AS trials FROM v_attempt
  WHERE work = 'trial' AND status = 'running' AND trial IN (SELECT trial FROM v_trial WHERE sweep = ${sweep} AND status = 'pending')
    AND attempt >= (SELECT run_attempt FROM v_sweep WHERE sweep = ${sweep}))
SELECT trials, done, failed, pending, stopped, (SELECT trials FROM running) AS running,
       EXISTS (SELECT 1 FROM v_sweep WHERE claimed) AS has_begun,
       (SELECT count(*) FROM v_stage WHERE sweep = ${sweep} AND status = 'pending') AS pending_stages,
       (SELECT count(*) FROM recent) AS recent,
       (SELECT min(started_ms) FROM recent) AS first_start_ms,
       (SELECT min(ended_ms) FROM recent) AS first_end_ms,
       (SELECT max(ended_ms) FROM recent) AS last_end_ms,
       (SELECT ended_at FROM recent ORDER BY ended_ms DESC LIMIT 1) AS last_end
FROM v_sweep WHERE sweep = ${sweep}`;
}

/**
 * The progress that a row of {@link progressSql} tells. Rate: trials that ended after the first of
 * them, over the time from its end to the last one's (of a single trial: one over its duration), on
 * the monotonic clock: neither a clock that is set nor a machine that sleeps changes it. Slots side
 * by side are in it already.
 */
export function readProgress(row: Row, live: LiveSweep): Progress {
  const recent = numberOf(row, 'recent');
  const last = numberOrNull(row, 'last_end_ms') ?? NaN;
  const from = numberOrNull(row, recent > 1 ? 'first_end_ms' : 'first_start_ms') ?? NaN;
  const seconds = (last - from) / 1000;
  const rate = live.isRun && seconds > 0 ? Math.max(1, recent - 1) / seconds : null;
  const pending = numberOrNull(row, 'pending') ?? 0;
  return {
    trials: numberOf(row, 'trials'),
    done: numberOrNull(row, 'done') ?? 0,
    failed: numberOrNull(row, 'failed') ?? 0,
    pending,
    running: live.isRun ? numberOf(row, 'running') : 0,
    hasBegun: numberOf(row, 'has_begun') === 1,
    stopped: numberOrNull(row, 'stopped') ?? 0,
    pendingStages: numberOf(row, 'pending_stages'),
    recent,
    trialsPerMinute: rate === null ? null : 60 * rate,
    endsAt: rate === null || pending === 0 ? null : lastEnd(row, last, live) + 1000 * (pending / rate),
  };
}

/**
 * When the last trial ended, milliseconds since 1970 on this server's clock; on the run's own where
 * that is another's.
 */
function lastEnd(row: Row, lastMs: number, { now, nowMs }: LiveSweep): number {
  return nowMs === null ? Date.parse(textOrNull(row, 'last_end') ?? '') : now.getTime() - (nowMs - lastMs);
}
