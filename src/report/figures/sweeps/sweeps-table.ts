import type { PageFigure } from '../../figure.js';
import { differenceText, metricText, valueText } from '../../number-text.js';
import type { IndexPageFacts } from '../../pages/index-page.js';
import type { Row } from '../../query.js';
import { numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';

/** The sweeps of the report with their best setting. */
export const sweepsTable: PageFigure<IndexPageFacts> = {
  id: 'sweeps',
  section: 'sweeps',
  title: () => 'Sweeps and their best settings',
  sql: ({
    sweeps,
  }) => `SELECT s.sweep, s.question, s.trials, s.done, s.failed, s.pending, s.created_at, s.updated_at, b.label, b.metric,
       b.value, b.fp32_value, b.gap_to_fp32
FROM v_sweep s
LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY sweep ORDER BY value DESC, position) AS place
           FROM v_trial WHERE role = 'candidate' AND status = 'done') b ON b.sweep = s.sweep AND b.place = 1
WHERE s.sweep IN (${sweeps.map(sqlText).join(', ')}) ORDER BY s.updated_at DESC, s.sweep`,
  build: (_, { href }) => ({
    kind: 'table',
    sortable: true,
    caption: 'Best: the finished setting of the highest value, higher is better. Gap: distance from FP32.',
    columns: [
      {
        title: 'sweep',
        field: 'sweep',
        align: 'left',
        text: (row) => textOf(row, 'sweep'),
        href: (row) => href(textOf(row, 'sweep')),
      },
      { title: 'question', field: 'question', align: 'left', text: (row) => textOrNull(row, 'question') ?? '–' },
      { title: 'best setting', field: 'label', align: 'left', text: (row) => textOrNull(row, 'label') ?? '–' },
      {
        title: 'value',
        field: 'value',
        align: 'right',
        text: (row) => valueText(numberOrNull(row, 'value'), metricOf(row)),
      },
      {
        title: 'gap',
        field: 'gap_to_fp32',
        align: 'right',
        text: (row) => differenceText(numberOrNull(row, 'gap_to_fp32'), metricOf(row)),
      },
      {
        title: 'done',
        field: 'done',
        align: 'right',
        text: (row) => `${numberOrNull(row, 'done') ?? 0} of ${numberOrNull(row, 'trials') ?? 0}`,
      },
      { title: 'failed', field: 'failed', align: 'right', text: (row) => String(numberOrNull(row, 'failed') ?? 0) },
      {
        title: 'updated',
        field: 'updated_at',
        align: 'left',
        text: (row) => textOf(row, 'updated_at').slice(0, 16).replace('T', ' '),
      },
    ],
  }),
};

function metricOf(row: Row): ReturnType<typeof metricText> {
  return metricText(textOrNull(row, 'metric') ?? 'top1');
}
