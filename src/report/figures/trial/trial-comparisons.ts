import type { PageFigure } from '../figure.js';
import { countText, differenceText, pValueOf, pValueText } from '../../number-text.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';

const names: Readonly<Record<string, string>> = {
  fp32: 'FP32',
  unsmoothed: 'unsmoothed, otherwise equal',
  simulated: 'the same, simulated',
  best: 'the best of the sweep',
};

/** The trial against those it is judged by, sample by sample. */
export const trialComparisons: PageFigure<TrialPageFacts> = {
  id: 'comparisons',
  section: 'evidence',
  name: 'comparisons',
  title: () => 'Is the difference real?',
  sql: ({ sweep, trial }) =>
    `SELECT against, other_trial, other_label, difference, method, p_value, p_relation, chosen_from, p_corrected, differs, only_trial, only_other, ci_low, ci_high
FROM v_comparison WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial}
ORDER BY CASE against WHEN 'fp32' THEN 0 WHEN 'unsmoothed' THEN 1 WHEN 'simulated' THEN 2 ELSE 3 END`,
  build: (rows, { sweep, trial }) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note:
            trial.status === 'done'
              ? 'Nothing to compare with: baselines: [fp32, unsmoothed] in the experiment add the trials it is judged against.'
              : trial.status === 'stopped'
                ? 'A trial that was stopped early has no comparisons.'
                : 'Comparisons come when the trial has finished.',
          brief: trial.status === 'done' ? 'baselines' : trial.status === 'stopped' ? 'stopped early' : 'not finished',
        }
      : {
          kind: 'table',
          sortable: false,
          caption:
            'Paired over the same evaluation samples. Above 0: this trial is better. p < 0.05 is statistically significant.',
          details:
            'Exact McNemar test if samples are right or wrong, else bootstrap. If the better of the two is the best of many settings, p is multiplied by their number.',
          columns: [
            {
              title: 'against',
              field: 'against',
              align: 'left',
              text: (row) => names[textOf(row, 'against')] ?? textOf(row, 'against'),
            },
            {
              title: 'setting',
              field: 'other_label',
              align: 'left',
              text: (row) => textOrNull(row, 'other_label') ?? `trial ${numberOf(row, 'other_trial')} of another sweep`,
              href: (row) => sweep.links.trial(numberOf(row, 'other_trial')),
            },
            {
              title: 'difference',
              field: 'difference',
              align: 'right',
              text: (row) => differenceText(numberOf(row, 'difference'), sweep.metric),
              href: (row) => sweep.links.comparison(trial.trial, numberOf(row, 'other_trial')),
            },
            { title: 'evidence', field: 'p_value', align: 'left', text: (row) => evidenceText(row) },
            {
              title: 'verdict',
              field: 'differs',
              align: 'left',
              text: verdictText,
            },
          ],
        },
};

function verdictText(row: Row): string {
  const words = numberOf(row, 'differs') === 1 ? 'significant' : 'not significant';
  const settings = numberOf(row, 'chosen_from');
  return settings === 1
    ? words
    : `${words}, ${pValueText(numberOf(row, 'p_corrected'))} corrected for the choice among ${settings} settings`;
}

function evidenceText(row: Row): string {
  const p = pValueOf(row);
  const [mine, others] = [numberOrNull(row, 'only_trial'), numberOrNull(row, 'only_other')];
  if (mine === null || others === null) return `${textOf(row, 'method')}, ${p}`;
  return `${p}; ${countText(mine, 'sample')} right here only, ${others} there only`;
}
