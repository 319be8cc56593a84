import type { PageFigure } from '../figure.js';
import { durationText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { LiveSweep } from '../../facts/live-facts.js';
import { clockText } from '../../time-text.js';

/** What the children work at now; attempts whose run is gone are called cut off. */
export const runningAttempts: PageFigure<LiveSweep> = {
  id: 'live-attempts',
  section: 'live',
  title: () => 'At work',
  sql: ({ name }) => {
    const sweep = sqlText(name);
    return `SELECT a.attempt, a.work, a.trial, (SELECT t.label FROM v_trial t WHERE t.sweep = ${sweep} AND t.trial = a.trial) AS label,
       a.stage_kind, a.part, a.number, a.device, a.host, a.agent, a.started_at, a.started_ms,
       coalesce(a.attempt >= (SELECT run_attempt FROM v_sweep WHERE claimed), 0) AS of_run
FROM v_attempt a
WHERE a.status = 'running' AND (a.trial IN (SELECT trial FROM v_trial WHERE sweep = ${sweep})
  OR a.stage IN (SELECT stage FROM v_stage WHERE sweep = ${sweep}))
ORDER BY a.attempt`;
  },
  build: (rows, live) => {
    if (rows.length === 0) return { kind: 'absent', note: 'No work of this sweep is running.' };
    const cut = rows.filter((row) => stateOf(row, live) === 'cut off').length;
    return {
      kind: 'table',
      sortable: false,
      caption:
        cut === 0
          ? 'One row per worker. Elapsed: since the attempt started.'
          : 'Cut off: the run that started the attempt was killed, or the machine stopped. quantsweep run again continues the work.',
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
        { title: 'try', field: 'number', align: 'right', text: (row) => String(numberOrNull(row, 'number') ?? 1) },
        { title: 'since', field: 'started_at', align: 'left', text: (row) => clockText(textOf(row, 'started_at')) },
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

/** By the monotonic clock; null where nothing runs, or on another machine. */
function elapsedMs(row: Row, live: LiveSweep): number | null {
  const started = numberOrNull(row, 'started_ms');
  if (started === null || live.nowMs === null || stateOf(row, live) !== 'running') return null;
  return Math.max(0, live.nowMs - started);
}

/** A run ends all earlier attempts when it begins: one from before it can't be alive. */
function stateOf(row: Row, { run }: LiveSweep): string {
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
  const part = textOrNull(row, 'part') ?? '';
  return row['work'] === 'trial'
    ? (textOrNull(row, 'label') ?? 'trial')
    : `${textOrNull(row, 'stage_kind') ?? 'stage'}${part === '' ? '' : ` ${part}`}`;
}
