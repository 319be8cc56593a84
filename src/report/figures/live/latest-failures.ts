import type { PageFigure } from '../figure.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import { shortenedText } from '../../shortened-text.js';
import type { LiveSweep } from '../../facts/live-facts.js';

/** Causes shown at most; the failed attempts below and the SQL have all. */
const mostCauses = 8;

/** Letters of an error's text shown at most. */
const mostLetters = 2000;

/** What failed, by cause, the latest first, with the error's text. */
export const latestFailures: PageFigure<LiveSweep> = {
  id: 'live-failures',
  section: 'live',
  title: () => 'Failures',
  sql: ({ name }) => {
    const sweep = sqlText(name);
    const mine = `(trial IN (SELECT trial FROM v_trial WHERE sweep = ${sweep}) OR stage IN (SELECT stage FROM v_stage WHERE sweep = ${sweep}))`;
    return `SELECT 'trial' AS work, count(*) AS times, min(position) AS first, label AS example, trial, error_class, error,
       (SELECT max(a.attempt) FROM v_attempt a WHERE a.trial = t.trial) AS attempt
FROM v_trial t WHERE sweep = ${sweep} AND status = 'failed' GROUP BY error_class, error
UNION ALL
SELECT 'stage', 1, NULL, kind, NULL, error_class, error, (SELECT max(a.attempt) FROM v_attempt a WHERE a.stage = s.stage)
FROM v_stage s WHERE sweep = ${sweep} AND status = 'failed'
UNION ALL
SELECT 'attempt', count(*), NULL, coalesce((SELECT label FROM v_trial t WHERE t.sweep = ${sweep} AND t.trial = a.trial), stage_kind || ' ' || part),
       trial, error_class, error, max(attempt)
FROM v_attempt a WHERE status = 'failed' AND ${mine}
  AND coalesce((SELECT status FROM v_trial t WHERE t.sweep = ${sweep} AND t.trial = a.trial),
               (SELECT status FROM v_stage s WHERE s.sweep = ${sweep} AND s.stage = a.stage)) <> 'failed'
GROUP BY error_class, error
ORDER BY attempt DESC NULLS LAST LIMIT ${mostCauses}`;
  },
  build: (rows, { links }) => {
    if (rows.length === 0) return { kind: 'absent', note: 'Nothing has failed.' };
    return {
      kind: 'table',
      sortable: false,
      caption: `One row for each cause, the latest first${rows.length === mostCauses ? `, ${mostCauses} at most` : ''}. The next run retries what another attempt may fix; --retry-failed everything.`,
      columns: [
        { title: 'what', field: 'times', align: 'left', text: whatText },
        {
          title: 'message',
          field: 'error',
          align: 'left',
          text: (row) => shortenedText(textOrNull(row, 'error') ?? '–', mostLetters),
        },
        {
          title: 'for example',
          field: 'example',
          align: 'left',
          text: (row) => textOrNull(row, 'example') ?? '–',
          href: (row) => (row['trial'] === null ? null : links.trial(numberOrNull(row, 'trial') ?? -1)),
        },
        { title: 'error', field: 'error_class', align: 'left', text: (row) => textOrNull(row, 'error_class') ?? '–' },
      ],
    };
  },
};

function whatText(row: Row): string {
  const times = numberOf(row, 'times');
  switch (textOf(row, 'work')) {
    case 'trial':
      return `${countText(times, 'trial')} failed`;
    case 'stage':
      return 'a shared stage failed';
    default:
      return `${countText(times, 'attempt')} failed, tried again`;
  }
}
