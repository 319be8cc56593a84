import { drawnLimits } from '../drawn-limits.js';
import type { Figure, TableColumn } from '../figure.js';
import { durationText } from '../number-text.js';
import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOrNull } from '../query.js';

/** Attempts of a sweep: v_attempt has no sweep column, since work is shared between sweeps. */
function attemptsOf(sweep: string): string {
  const name = sqlText(sweep);
  return `(trial IN (SELECT trial FROM v_trial WHERE sweep = ${name}) OR stage IN (SELECT stage FROM v_stage WHERE sweep = ${name}))`;
}

/** What ran the work: host, device, provider and versions, with the number of attempts. */
export const environments: Figure = {
  id: 'environment',
  section: 'provenance',
  title: () => 'What ran it',
  sql: ({ sweep }) =>
    `SELECT host, device, provider, cpu_model, cpu_flags LIKE '%vnni%' AS vnni, gpu, onnxruntime_version, quantsweep_version, count(*) AS attempts,
       min(started_at) AS first_start, max(ended_at) AS last_end
FROM v_attempt WHERE ${attemptsOf(sweep.name)} AND status = 'done'
GROUP BY host, device, provider, cpu_model, vnni, gpu, onnxruntime_version, quantsweep_version ORDER BY attempts DESC, device, provider`,
  build: (rows) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'No attempt is recorded: every trial was found finished in another sweep of the database, or none ran.',
        }
      : {
          kind: 'table',
          sortable: false,
          caption: 'One row for each device and provider that finished work.',
          columns: [
            text('host', 'host'),
            text('device', 'device'),
            text('provider', 'provider'),
            text('CPU', 'cpu_model'),
            { title: 'VNNI', field: 'vnni', align: 'left', text: vnniText },
            text('GPU', 'gpu'),
            text('onnxruntime', 'onnxruntime_version'),
            text('quantsweep', 'quantsweep_version'),
            number('attempts', 'attempts'),
            text('first start', 'first_start'),
            text('last end', 'last_end'),
          ],
        },
};

/** Where the time went: shared stages by kind, and the trials' own evaluation. */
export const times: Figure = {
  id: 'times',
  section: 'provenance',
  title: () => 'Where the time went',
  sql: ({ sweep }) =>
    `SELECT kind AS work, count(*) AS pieces, sum(status = 'done') AS done, sum(attempts) AS attempts, sum(duration_ms) AS duration_ms
FROM v_stage WHERE sweep = ${sqlText(sweep.name)} GROUP BY kind
UNION ALL
SELECT 'trial', count(*), sum(status = 'done'), NULL, sum(duration_ms) FROM v_trial WHERE sweep = ${sqlText(sweep.name)}`,
  build: () => ({
    kind: 'table',
    sortable: false,
    caption:
      'Work done, added up over its parts; parts that ran side by side count each. Stages serve all trials that need them.',
    columns: [
      text('work', 'work'),
      number('pieces', 'pieces'),
      number('done', 'done'),
      number('attempts', 'attempts'),
      {
        title: 'time',
        field: 'duration_ms',
        align: 'right',
        text: (row) => durationText(numberOrNull(row, 'duration_ms')),
      },
    ],
  }),
};

/** Attempts that failed or were cut short, with the error's text. */
export const failedAttempts: Figure = {
  id: 'failed-attempts',
  section: 'provenance',
  title: () => 'Attempts that failed',
  sql: ({ sweep }) =>
    `SELECT * FROM (
  SELECT attempt, work, trial, stage_kind, part, number, status, started_at, duration_ms, host, device, error_class, error, count(*) OVER () AS of_all
  FROM v_attempt WHERE ${attemptsOf(sweep.name)} AND status IN ('failed', 'interrupted') ORDER BY attempt DESC LIMIT ${drawnLimits.tableRows})
ORDER BY attempt`,
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No attempt failed or was interrupted.' }
      : {
          kind: 'table',
          sortable: false,
          caption: `A failed attempt is tried again where the failure may pass; a trial counts as failed only when none succeeded.${latestText(rows)}`,
          columns: [
            number('attempt', 'attempt'),
            { title: 'work', field: 'work', align: 'left', text: workText },
            number('try', 'number'),
            text('status', 'status'),
            text('started', 'started_at'),
            text('device', 'device'),
            text('error', 'error_class'),
            {
              title: 'message',
              field: 'error',
              align: 'left',
              text: (row) => (textOrNull(row, 'error') ?? '–').slice(0, 2000),
            },
          ],
        },
};

function latestText(rows: readonly Row[]): string {
  const all = numberOf(rows[0]!, 'of_all');
  return all === rows.length
    ? ''
    : ` Listed: the latest ${rows.length} of ${all}; the SQL without its LIMIT gives all.`;
}

function workText(row: Row): string {
  const part = textOrNull(row, 'part') ?? '';
  return row['work'] === 'trial'
    ? `trial ${numberOrNull(row, 'trial') ?? ''}`
    : `${textOrNull(row, 'stage_kind') ?? 'stage'}${part === '' ? '' : ` ${part}`}`;
}

/** Without VNNI integer kernels may saturate, see docs/EXPORT.md. */
function vnniText(row: Row): string {
  return row['vnni'] === null ? '–' : row['vnni'] === 1 ? 'yes' : 'no';
}

function text(title: string, field: string): TableColumn {
  return { title, field, align: 'left', text: (row) => textOrNull(row, field) ?? '–' };
}

function number(title: string, field: string): TableColumn {
  return { title, field, align: 'right', text: (row) => numberOrNull(row, field)?.toString() ?? '–' };
}
