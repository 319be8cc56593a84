import { drawnLimits } from '../../charts/drawn-limits.js';
import { onlyTrials } from '../drawn-parts.js';
import type { Figure, TableColumn } from '../figure.js';
import { durationText, intervalText, signed, significantText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { MetricText } from '../../number-text.js';
import type { PageLinks } from '../../addresses/page-links.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';

/** Every trial of the sweep with its numbers; of very many those that readers look for. */
export const trialTable: Figure = {
  id: 'trials',
  section: 'trials',
  title: (facts) => (listedTrials(facts) === null ? 'All trials' : 'Trials: baselines, the best, and failed ones'),
  sql: (facts) =>
    `SELECT t.trial, t.position, t.label, t.role, t.status, t.value, t.ci_low, t.ci_high, t.gap_to_fp32, f.p_corrected AS p_against_fp32,
       b.p_corrected AS p_against_best, t.mean_l1, t.output_divergence, t.agreement, t.gate_error, t.evaluated_samples, t.duration_ms, t.provider, substr(t.key, 1, 10) AS key,
       t.error_class, t.error
FROM v_trial t
LEFT JOIN v_comparison f ON f.sweep = t.sweep AND f.trial = t.trial AND f.against = 'fp32'
LEFT JOIN v_comparison b ON b.sweep = t.sweep AND b.trial = t.trial AND b.against = 'best' AND b.other_trial = ${facts.best?.trial ?? -1}
WHERE t.sweep = ${sqlText(facts.sweep.name)}${onlyTrials(listedTrials(facts), 't.trial')} ORDER BY ${listedTrials(facts) === null ? '' : 't.value IS NULL, t.value DESC, '}t.position`,
  build: (_, facts) => {
    const { metric, best, links } = facts;
    return {
      kind: 'table',
      sortable: true,
      caption: `Click a column heading to sort. Gap: difference from FP32${metric.isProportion ? ' in points' : ''}; p: paired test, corrected for the choice of the best.`,
      details: `p below 0.05 is statistically significant. Mean L1: over the layers the trial quantizes and its loss samples, comparable only if these are the same; divergence: of the output from FP32’s (KL for classes and heatmaps), needs no labels; gate: largest error of the smoothed float model relative to FP32.${leftOutText(facts)}`,
      columns: columns(metric, links),
      emphasis: (row) =>
        row['status'] === 'failed' ? 'failed' : best !== null && numberOf(row, 'trial') === best.trial ? 'best' : null,
    };
  },
};

/**
 * Of more trials than a table should have: FP32, the best unsmoothed, the best settings, and the
 * first that failed. Null: all.
 */
function listedTrials({ allTrials }: SweepFacts): readonly number[] | null {
  const { tableTrials, tableBest, tableUnsmoothed, tableFailed } = drawnLimits;
  if (allTrials.length <= tableTrials) return null;
  const best = (role: TrialFacts['role'], most: number): TrialFacts[] =>
    allTrials
      .filter((trial) => trial.role === role && trial.value !== null)
      .sort((a, b) => (a.place ?? 0) - (b.place ?? 0) || (b.value ?? 0) - (a.value ?? 0))
      .slice(0, most);
  return [
    ...best('fp32', tableUnsmoothed),
    ...best('unsmoothed', tableUnsmoothed),
    ...best('candidate', tableBest),
    ...allTrials.filter((trial) => trial.status === 'failed').slice(0, tableFailed),
  ]
    .map(({ trial }) => trial)
    .sort((a, b) => a - b);
}

function leftOutText(facts: SweepFacts): string {
  const listed = listedTrials(facts);
  if (listed === null) return '';
  const { tableBest, tableUnsmoothed, tableFailed } = drawnLimits;
  return ` Listed: ${listed.length} of ${facts.allTrials.length} trials, best first: FP32, the best ${tableUnsmoothed} unsmoothed, the best ${tableBest} settings and the first ${tableFailed} that failed; the SQL without its list of trials returns all.`;
}

function columns(metric: MetricText, links: PageLinks): TableColumn[] {
  const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(2)} %`);
  return [
    {
      title: 'setting',
      field: 'position',
      align: 'left',
      text: (row) => textOf(row, 'label'),
      href: (row) => links.trial(numberOf(row, 'trial')),
    },
    { title: 'status', field: 'status', align: 'left', text: statusText },
    right(metric.shortName, 'value', (row) => valueText(numberOrNull(row, 'value'), metric)),
    right('95 % interval', 'ci_low', (row) => {
      const low = numberOrNull(row, 'ci_low');
      const high = numberOrNull(row, 'ci_high');
      return low === null || high === null ? '–' : intervalText(low, high, metric);
    }),
    right('gap', 'gap_to_fp32', (row) => {
      const gap = numberOrNull(row, 'gap_to_fp32');
      return gap === null || row['role'] === 'fp32' ? '–' : signed(gap, metric);
    }),
    right('p, FP32', 'p_against_fp32', (row) => pText(numberOrNull(row, 'p_against_fp32'))),
    right('p, best', 'p_against_best', (row) => pText(numberOrNull(row, 'p_against_best'))),
    right('mean L1', 'mean_l1', (row) => significantText(numberOrNull(row, 'mean_l1'), 4)),
    right('divergence', 'output_divergence', (row) => significantText(numberOrNull(row, 'output_divergence'), 3)),
    right('agreement', 'agreement', (row) => share(numberOrNull(row, 'agreement'))),
    right('gate', 'gate_error', (row) => numberOrNull(row, 'gate_error')?.toExponential(1) ?? '–'),
    right('time', 'duration_ms', (row) => durationText(numberOrNull(row, 'duration_ms'))),
    { title: 'provider', field: 'provider', align: 'left', text: providerText },
    { title: 'key', field: 'key', align: 'left', text: (row) => textOf(row, 'key') },
  ];
}

function right(title: string, field: string, text: (row: Row) => string): TableColumn {
  return { title, field, align: 'right', text };
}

function statusText(row: Row): string {
  const status = textOf(row, 'status');
  const reason = [textOrNull(row, 'error_class'), textOrNull(row, 'error')].filter((part) => part !== null).join(': ');
  if (status === 'stopped') return `stopped after ${numberOf(row, 'evaluated_samples')} samples`;
  return status === 'failed' && reason !== '' ? `failed: ${reason.slice(0, 300)}` : status;
}

function providerText(row: Row): string {
  return textOrNull(row, 'provider')?.replaceAll('ExecutionProvider', '') ?? '–';
}

function pText(value: number | null): string {
  return value === null ? '–' : value < 0.001 ? '< 0.001' : value.toFixed(3);
}
