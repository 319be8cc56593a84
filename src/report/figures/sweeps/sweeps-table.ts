import type { PageFigure, TableColumn } from '../figure.js';
import type { MetricText } from '../../number-text.js';
import { differenceText, valueText } from '../../number-text.js';
import type { IndexPageFacts } from '../../facts/index-page-facts.js';
import type { Row } from '../../query.js';
import { metricTextOf } from '../../facts/judged-by.js';
import { ofSweeps } from './of-sweeps.js';
import { numberOrNull, textOf, textOrNull } from '../../query.js';

/** The sweeps of the report with their best setting. */
export const sweepsTable: PageFigure<IndexPageFacts> = {
  id: 'sweeps',
  section: 'all',
  title: () => 'Sweeps and their best settings',
  sql: (facts) => `WITH t AS (
  SELECT v.sweep, v.label, v.role, v.model, v.metric, v.value, v.fp32_value, v.unsmoothed_value, v.gap_to_fp32, v.evaluated_samples, json_extract(v.settings, '$.task.kind') AS task,
         row_number() OVER (PARTITION BY v.sweep ORDER BY p.place IS NULL, p.place, v.position) AS place,
         max(v.model) OVER (PARTITION BY v.sweep) AS any_model, min(v.model) OVER (PARTITION BY v.sweep) <> max(v.model) OVER (PARTITION BY v.sweep) AS several
  FROM v_trial v LEFT JOIN v_place p ON p.sweep = v.sweep AND p.trial = v.trial WHERE ${ofSweeps('v.sweep', facts)})
SELECT s.sweep, s.question, s.trials, s.done, s.failed, s.pending, s.stopped, s.created_at, s.updated_at,
       iif(t.several, 'several', t.any_model) AS model, iif(t.role = 'candidate' AND t.value IS NOT NULL, t.label, NULL) AS label,
       t.metric, iif(t.role = 'candidate', t.value, NULL) AS value, t.fp32_value, t.unsmoothed_value,
       iif(t.role = 'candidate', t.gap_to_fp32, NULL) AS gap_to_fp32, t.evaluated_samples, t.task
FROM v_sweep s LEFT JOIN t ON t.sweep = s.sweep AND t.place = 1
WHERE ${ofSweeps('s.sweep', facts)} ORDER BY s.last_run DESC, s.sweep`,
  build: (_, { href }) => ({
    kind: 'table',
    sortable: true,
    caption:
      'Best: the finished setting with the highest value, higher is better. Gap: difference from FP32. Click a column heading to sort.',
    columns: [
      { ...text('sweep', 'sweep'), href: (row) => href(textOf(row, 'sweep')) },
      text('best setting', 'label'),
      number('value', 'value', valueText),
      number('FP32', 'fp32_value', valueText),
      number('unsmoothed', 'unsmoothed_value', valueText),
      number('gap', 'gap_to_fp32', differenceText),
      {
        title: 'done',
        field: 'done',
        align: 'right',
        text: doneText,
      },
      count('failed'),
      count('pending'),
      text('model', 'model'),
      time('begun', 'created_at'),
      time('last run began', 'updated_at'),
      text('question', 'question'),
    ],
    emphasis: (row) => ((numberOrNull(row, 'failed') ?? 0) > 0 ? 'failed' : null),
  }),
};

function text(title: string, field: string): TableColumn {
  return { title, field, align: 'left', text: (row) => textOrNull(row, field) ?? '–' };
}

function number(
  title: string,
  field: string,
  format: (value: number | null, metric: MetricText) => string,
): TableColumn {
  return { title, field, align: 'right', text: (row) => format(numberOrNull(row, field), metricOf(row)) };
}

function doneText(row: Row): string {
  const stopped = numberOrNull(row, 'stopped') ?? 0;
  return `${numberOrNull(row, 'done') ?? 0} of ${numberOrNull(row, 'trials') ?? 0}${stopped > 0 ? `, ${stopped} stopped early` : ''}`;
}

function count(field: string): TableColumn {
  return { title: field, field, align: 'right', text: (row) => String(numberOrNull(row, field) ?? 0) };
}

function time(title: string, field: string): TableColumn {
  return { title, field, align: 'right', text: (row) => textOf(row, field).slice(0, 16).replace('T', ' ') };
}

function metricOf(row: Row): MetricText {
  const values = [numberOrNull(row, 'value'), numberOrNull(row, 'unsmoothed_value')].filter((value) => value !== null);
  const samples = numberOrNull(row, 'evaluated_samples');
  return metricTextOf(textOrNull(row, 'task'), textOrNull(row, 'metric') ?? 'top1', samples, values);
}
