import type { PageFigure } from '../figure.js';
import { durationText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { LiveSweep } from '../../facts/live-facts.js';
import { clockText } from '../../time-text.js';

/**
 * Slots of the run that nothing runs on. A slot beyond the first of a device has its number behind
 * a slash.
 */
const idleSlots = `
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, device, NULL, NULL, NULL, NULL, 1
FROM (SELECT CASE instr(place, '/') WHEN 0 THEN place ELSE substr(place, 1, instr(place, '/') - 1) END AS device,
             CASE instr(place, '/') WHEN 0 THEN 1 ELSE CAST(substr(place, instr(place, '/') + 1) AS INTEGER) END AS nth
      FROM v_worker_log) slot
WHERE nth > (SELECT count(*) FROM work WHERE work.device = slot.device AND of_run AND agent IS NULL)`;

/** What each slot works at now; attempts whose run is gone are called cut off. */
export const runningAttempts: PageFigure<LiveSweep> = {
  id: 'live-attempts',
  section: 'live',
  title: ({ run }) => (run.kind === 'none' ? 'Cut off' : 'At work'),
  sql: ({ name, isRun }) => {
    const sweep = sqlText(name);
    return `WITH work AS (
SELECT a.attempt, a.work, a.trial, (SELECT t.label FROM v_trial t WHERE t.sweep = ${sweep} AND t.trial = a.trial) AS label,
       a.stage_kind, a.part, a.number, a.device, a.host, a.agent, a.started_at, a.started_ms,
       coalesce(a.attempt >= (SELECT run_attempt FROM v_sweep WHERE claimed), 0) AS of_run
FROM v_attempt a
WHERE a.status = 'running' AND (a.trial IN (SELECT trial FROM v_trial WHERE sweep = ${sweep})
  OR a.stage IN (SELECT stage FROM v_stage WHERE sweep = ${sweep}))
)
SELECT * FROM (SELECT * FROM work${isRun ? idleSlots : ''})
ORDER BY of_run DESC, length(device), device, attempt IS NULL, attempt`;
  },
  build: (rows, live) => {
    if (rows.length === 0) return { kind: 'absent', note: 'No work of this sweep is running.' };
    const cut = rows.filter((row) => stateOf(row, live) === 'cut off').length;
    return {
      kind: 'table',
      sortable: false,
      caption:
        cut === 0
          ? 'One row per slot: what it works at now. Elapsed: since the attempt started.'
          : 'Cut off: the run that started the attempt was killed, or the machine stopped. Running quantsweep run again continues the work.',
      emphasis: (row) => (stateOf(row, live) === 'cut off' ? 'failed' : null),
      columns: [
        {
          title: 'work',
          field: 'label',
          align: 'left',
          text: workText,
          href: (row) => (row['trial'] === null ? null : live.links.trial(numberOrNull(row, 'trial') ?? -1)),
        },
        { title: 'device', field: 'device', align: 'left', text: deviceText },
        { title: 'try', field: 'number', align: 'right', text: (row) => String(numberOrNull(row, 'number') ?? '–') },
        {
          title: 'since',
          field: 'started_at',
          align: 'left',
          text: (row) => (isIdle(row) ? '–' : clockText(textOf(row, 'started_at'))),
        },
        {
          title: 'elapsed',
          field: 'started_at',
          align: 'right',
          text: (row) => {
            const elapsed = elapsedMs(row, live);
            return elapsed === null ? '–' : durationText(elapsed);
          },
          since: (row) => {
            const elapsed = elapsedMs(row, live);
            return elapsed === null ? null : new Date(live.now.getTime() - elapsed).toISOString();
          },
        },
        { title: 'state', field: 'started_at', align: 'left', text: (row) => stateOf(row, live) },
      ],
    };
  },
};

function isIdle(row: Row): boolean {
  return row['attempt'] === null;
}

/** By the monotonic clock; null where nothing runs, or on another machine. */
function elapsedMs(row: Row, live: LiveSweep): number | null {
  const started = numberOrNull(row, 'started_ms');
  if (started === null || live.nowMs === null || stateOf(row, live) !== 'running') return null;
  return Math.max(0, live.nowMs - started);
}

/** A run ends all earlier attempts when it begins: one from before it can't be alive. */
function stateOf(row: Row, { run }: LiveSweep): string {
  if (isIdle(row)) return 'waiting';
  switch (run.kind) {
    case 'none':
      return 'cut off';
    case 'running':
      return numberOrNull(row, 'of_run') === 1 ? 'running' : 'cut off';
    case 'unknown':
      return `not known (${textOf(row, 'host')})`;
  }
}

/** An agent's device is named with its machine. */
function deviceText(row: Row): string {
  const device = textOf(row, 'device');
  return row['agent'] === null ? device : `${device} on ${textOf(row, 'host')}`;
}

function workText(row: Row): string {
  if (isIdle(row)) return 'no work at the moment';
  const part = textOrNull(row, 'part') ?? '';
  return row['work'] === 'trial'
    ? (textOrNull(row, 'label') ?? 'trial')
    : `${textOrNull(row, 'stage_kind') ?? 'stage'}${part === '' ? '' : ` ${part}`}`;
}
