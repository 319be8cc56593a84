import type { PageFigure } from '../figure.js';
import { durationText } from '../../number-text.js';
import { timeText } from '../../time-text.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, textOf, textOrNull } from '../../query.js';

/** Each try at the trial: where, on what, how long in which phase, and how it ended. */
export const trialAttempts: PageFigure<TrialPageFacts> = {
  id: 'attempts',
  section: 'evidence',
  name: 'attempts',
  title: () => 'Attempts',
  sql: ({ trial }) =>
    `SELECT number, status, started_at, duration_ms, device, provider, timings, error_class, error,
       onnxruntime_version, quantsweep_version, cpu_model, gpu
FROM v_attempt WHERE trial = ${trial.trial} ORDER BY number`,
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No attempt is stored yet.', brief: 'none yet' }
      : {
          kind: 'table',
          sortable: false,
          caption: 'One row per attempt at this trial; after a failure the next attempt starts again.',
          columns: [
            { title: '#', field: 'number', align: 'right', text: (row) => String(numberOf(row, 'number')) },
            { title: 'ended', field: 'status', align: 'left', text: statusText },
            { title: 'began', field: 'started_at', align: 'left', text: (row) => timeText(textOf(row, 'started_at')) },
            {
              title: 'took',
              field: 'duration_ms',
              align: 'right',
              text: (row) => durationText(numberOrNull(row, 'duration_ms')),
            },
            { title: 'phases', field: 'timings', align: 'left', text: phasesText },
            { title: 'on', field: 'device', align: 'left', text: placeText },
            { title: 'versions', field: 'onnxruntime_version', align: 'left', text: versionsText },
          ],
        },
};

function statusText(row: Row): string {
  const reason = [textOrNull(row, 'error_class'), textOrNull(row, 'error')].filter((part) => part !== null).join(': ');
  return reason === '' ? textOf(row, 'status') : `${textOf(row, 'status')}: ${reason.slice(0, 500)}`;
}

/** `evaluate 5.2 s, losses 800 ms`, longest first. */
function phasesText(row: Row): string {
  const timings = JSON.parse(textOrNull(row, 'timings') ?? '{}') as Readonly<Record<string, unknown>>;
  const phases = Object.entries(timings).filter((phase): phase is [string, number] => typeof phase[1] === 'number');
  if (phases.length === 0) return '–';
  return phases
    .sort((a, b) => b[1] - a[1])
    .map(([name, ms]) => `${name} ${durationText(ms)}`)
    .join(', ');
}

function placeText(row: Row): string {
  const provider = textOrNull(row, 'provider')?.replaceAll('ExecutionProvider', '');
  const parts = [textOrNull(row, 'device'), provider, textOrNull(row, 'gpu') ?? textOrNull(row, 'cpu_model')];
  return parts.filter((part) => part !== null && part !== undefined && part !== '').join(', ') || '–';
}

function versionsText(row: Row): string {
  const versions = [
    ['quantsweep', textOrNull(row, 'quantsweep_version')],
    ['onnxruntime', textOrNull(row, 'onnxruntime_version')],
  ];
  return versions.flatMap(([name, version]) => (version === null ? [] : [`${name} ${version}`])).join(', ') || '–';
}
