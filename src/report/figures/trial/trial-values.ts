import type { PageFigure } from '../figure.js';
import { intervalText, valueText, type MetricText } from '../../number-text.js';
import { metricTextOf, taskKindOf } from '../../facts/judged-by.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';

/** Every value of the trial, of each output or class where a metric has them, beside FP32's. */
export const trialValues: PageFigure<TrialPageFacts> = {
  id: 'values',
  section: 'evidence',
  name: 'all values',
  title: () => 'All values',
  sql: ({ sweep, trial }) =>
    `SELECT a.metric, a.slice, a.value, a.ci_low, a.ci_high, f.value AS fp32_value
FROM v_accuracy a LEFT JOIN v_accuracy f ON f.sweep = a.sweep AND f.metric = a.metric AND f.slice = a.slice
AND f.trial = (SELECT t.id FROM trial t JOIN trial own ON own.fp32_key = t.key WHERE own.id = ${trial.trial})
WHERE a.sweep = ${sqlText(sweep.sweep.name)} AND a.trial = ${trial.trial}
ORDER BY a.metric <> ${sqlText(trial.metric ?? '')} OR a.slice <> '', a.slice <> '', a.metric, a.slice`,
  build: (rows, facts) =>
    rows.length === 0
      ? { kind: 'absent', note: 'Values come when the trial has finished.', brief: 'not finished' }
      : {
          kind: 'table',
          sortable: true,
          caption:
            'What the evaluation measured. Trials are ranked by the first; “of” is an output, a class or another part.',
          columns: [
            { title: 'metric', field: 'metric', align: 'left', text: (row) => textOf(row, 'metric') },
            { title: 'of', field: 'slice', align: 'left', text: (row) => textOf(row, 'slice') || '–' },
            number('value', 'value', facts),
            {
              title: '95 % interval',
              field: 'ci_low',
              align: 'right',
              text: (row) => {
                const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
                return low === null || high === null ? '–' : intervalText(low, high, metricOf(row, facts));
              },
            },
            number('FP32', 'fp32_value', facts),
            {
              title: 'what it is',
              field: 'metric',
              align: 'left',
              text: (row) => metricOf(row, facts).definition ?? '–',
            },
          ],
        },
};

function number(title: string, field: string, facts: TrialPageFacts) {
  return {
    title,
    field,
    align: 'right' as const,
    text: (row: Row) => valueText(numberOrNull(row, field), metricOf(row, facts)),
  };
}

function metricOf(row: Row, { sweep, trial }: TrialPageFacts): MetricText {
  const metric = textOf(row, 'metric');
  if (metric === sweep.metric.metric) return sweep.metric;
  const values = [numberOf(row, 'value'), numberOrNull(row, 'fp32_value')].filter((value) => value !== null);
  return metricTextOf(taskKindOf(trial.settings), metric, trial.samples, values);
}
