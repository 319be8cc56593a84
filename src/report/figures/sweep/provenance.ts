import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Figure, TableColumn } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';

/** Attempts of a sweep: v_attempt has no sweep column, since work is shared between sweeps. */
function attemptsOf(sweep: string, of = ''): string {
  const name = sqlText(sweep);
  return `(${of}trial IN (SELECT trial FROM v_trial WHERE sweep = ${name}) OR ${of}stage IN (SELECT stage FROM v_stage WHERE sweep = ${name}))`;
}

/**
 * What ran the work: device, provider and versions, with the number of attempts. Reads the tables
 * attempt and environment for what no view tells: system, memory and the commit of the code that
 * ran.
 */
export const environments: Figure = {
  id: 'environment',
  section: 'provenance',
  name: 'what ran it',
  title: () => 'What ran it',
  sql: ({ sweep }) =>
    `SELECT group_concat(DISTINCT v.device) AS devices, v.provider, v.cpu_model, v.cpu_flags LIKE '%vnni%' AS vnni, e.cpu_cores, e.memory_mb,
       v.gpu, e.gpu_driver, e.os, e.node_version, v.onnxruntime_version, v.quantsweep_version, e.git_commit,
       v.numerics_class, count(DISTINCT e.host) AS machines, count(*) AS attempts, min(v.started_at) AS first_start, max(v.ended_at) AS last_end
FROM v_attempt v JOIN attempt a ON a.id = v.attempt LEFT JOIN environment e ON e.id = a.environment_id
WHERE ${attemptsOf(sweep.name, 'v.')} AND v.status = 'done'
GROUP BY v.provider, v.numerics_class, v.cpu_model, v.cpu_flags, e.cpu_cores, e.memory_mb, v.gpu, e.gpu_driver, e.os, e.node_version,
  v.onnxruntime_version, v.quantsweep_version, e.git_commit
ORDER BY attempts DESC, v.provider, v.numerics_class, min(v.attempt)`,
  build: (rows) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'No attempt is recorded: every trial was cached from another sweep of the database, or none ran.',
          brief: 'no attempt recorded',
        }
      : {
          kind: 'table',
          sortable: false,
          caption: 'Machines, providers and versions that finished work, equal ones together.',
          details:
            'v_attempt has the machines’ names. VNNI: instructions for 8-bit integers. Machines of one numerics class compute the same bits.',
          columns: [
            {
              title: 'devices',
              field: 'devices',
              align: 'left',
              text: (row) => cutMiddle(joined(row, ['devices'], ': ').replaceAll(',', ', '), 80),
            },
            { title: 'provider', field: 'provider', align: 'left', text: providerText },
            text('numerics class', 'numerics_class'),
            { title: 'CPU', field: 'cpu_model', align: 'left', text: cpuText },
            { title: 'memory', field: 'memory_mb', align: 'right', text: memoryText },
            {
              title: 'GPU',
              field: 'gpu',
              align: 'left',
              text: (row) => joined(row, ['gpu', 'gpu_driver'], ', driver '),
            },
            text('system', 'os'),
            { title: 'software', field: 'quantsweep_version', align: 'left', text: softwareText },
            ...(rows.some((row) => numberOf(row, 'machines') > 1) ? [number('machines', 'machines')] : []),
            number('attempts', 'attempts'),
            time('first start', 'first_start'),
            time('last end', 'last_end'),
          ],
        },
};

/** Attempts that failed or were cut short, with the error's text: those alike in one line. */
export const failedAttempts: Figure = {
  id: 'failed-attempts',
  section: 'provenance',
  name: 'failed attempts',
  title: () => 'Attempts that failed',
  sql: ({ sweep }) =>
    `SELECT count(*) AS attempts, work, stage_kind, count(DISTINCT trial) AS trials, json_group_array(DISTINCT trial) AS which, status,
       min(started_at) AS first_start, max(started_at) AS last_start, group_concat(DISTINCT device) AS devices, error_class, error,
       max(attempt) AS latest, count(*) OVER () AS of_all
FROM v_attempt WHERE ${attemptsOf(sweep.name)} AND status IN ('failed', 'interrupted')
GROUP BY work, stage_kind, status, error_class, error ORDER BY latest DESC LIMIT ${drawnLimits.tableRows}`,
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No attempt failed or was interrupted.', brief: 'none' }
      : {
          kind: 'table',
          sortable: false,
          caption: `Equal failures in one line, the latest first. What may be temporary is tried again; a trial fails only if no attempt succeeds.${latestText(rows)}`,
          columns: [
            number('attempts', 'attempts'),
            { title: 'work', field: 'work', align: 'left', text: workText },
            text('status', 'status'),
            time('first', 'first_start'),
            time('last', 'last_start'),
            { title: 'devices', field: 'devices', align: 'left', text: devicesText },
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

/** Trials that a line names before it only counts the rest. */
const mostTrials = 5;

function latestText(rows: readonly Row[]): string {
  const all = numberOf(rows[0]!, 'of_all');
  return all === rows.length ? '' : ` Listed: the latest ${rows.length} of ${all}.`;
}

/** `trials 3, 4, 5 and 9 more`, or a stage's kind. */
function workText(row: Row): string {
  if (row['work'] !== 'trial') return textOrNull(row, 'stage_kind') ?? 'stage';
  const trials = JSON.parse(textOf(row, 'which')) as readonly number[];
  const more = trials.length > mostTrials ? ` and ${trials.length - mostTrials} more` : '';
  return `trial${trials.length === 1 ? '' : 's'} ${trials.slice(0, mostTrials).join(', ')}${more}`;
}

function devicesText(row: Row): string {
  return cutMiddle((textOrNull(row, 'devices') ?? '–').replaceAll(',', ', '), 80);
}

/** The columns that are there, joined; an en dash where none is. */
function joined(row: Row, fields: readonly string[], separator: string): string {
  const parts = fields.map((field) => textOrNull(row, field)).filter((part) => part !== null && part !== '');
  return parts.length === 0 ? '–' : parts.join(separator);
}

function providerText(row: Row): string {
  return textOrNull(row, 'provider')?.replace('ExecutionProvider', '') ?? '–';
}

/** Without VNNI integer kernels may saturate, see docs/EXPORT.md. */
function cpuText(row: Row): string {
  const cores = numberOrNull(row, 'cpu_cores');
  const vnni = row['vnni'] === null ? [] : [row['vnni'] === 1 ? 'VNNI' : 'no VNNI'];
  return [textOrNull(row, 'cpu_model') ?? '–', ...(cores === null ? [] : [countText(cores, 'core')]), ...vnni].join(
    ', ',
  );
}

/** `23.5 GiB`. */
function memoryText(row: Row): string {
  const mebibytes = numberOrNull(row, 'memory_mb');
  return mebibytes === null ? '–' : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

function softwareText(row: Row): string {
  const commit = textOrNull(row, 'git_commit');
  const versions = [
    ['quantsweep', textOrNull(row, 'quantsweep_version')],
    ['commit', commit === null ? null : commit.slice(0, 10)],
    ['onnxruntime', textOrNull(row, 'onnxruntime_version')],
    ['Node', textOrNull(row, 'node_version')],
  ] as const;
  const known = versions.filter(([, version]) => version !== null);
  return known.length === 0 ? '–' : known.map(([name, version]) => `${name} ${version ?? ''}`).join(', ');
}

/** To the second. */
function time(title: string, field: string): TableColumn {
  return {
    title,
    field,
    align: 'left',
    text: (row) => textOrNull(row, field)?.slice(0, 19).replace('T', ' ') ?? '–',
  };
}

function text(title: string, field: string): TableColumn {
  return { title, field, align: 'left', text: (row) => textOrNull(row, field) ?? '–' };
}

function number(title: string, field: string): TableColumn {
  return { title, field, align: 'right', text: (row) => numberOrNull(row, field)?.toString() ?? '–' };
}
