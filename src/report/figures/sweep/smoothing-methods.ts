import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import { valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { fp32Rule, metricAxis, valueTooltip } from '../../charts/dot-layers.js';
import { alphaModes, smoothingModes, type AlphaMode } from '../../../smooth/modes/registry.js';
import { lineModes } from '../../charts/smoothing-mode-marks.js';
import { legendFilter, linkCursor, shownOpacity, trialLink } from '../../charts/interaction.js';

/** How a row of v_trial smooths, in a few words: SQL on its columns. */
const methodSql = `CASE
    WHEN role = 'unsmoothed' THEN 'unsmoothed'
    ${alphaModes.map((mode) => `WHEN alpha_mode = '${mode}' THEN ${methodOf(mode)}`).join('\n    ')} END`;

function methodOf(mode: AlphaMode): string {
  const { alphas, appearance } = smoothingModes[mode];
  switch (alphas) {
    case 'fixed':
      return sqlText(`${appearance.phrase}, the best`);
    case 'searchedPerLayer':
      return `${sqlText(`${appearance.name}, `)} || CASE search_order WHEN 'output' THEN 'output' ELSE search_order || ', ' || search_objective END`;
    case 'searchedOnce':
    case 'none':
      return sqlText(appearance.phrase);
  }
}

/** Methods of which only the best alpha is shown. */
const bestOnly = lineModes.map((mode) => `${smoothingModes[mode].appearance.phrase}, the best`);

/**
 * The best trial of each smoothing method, with and without bias correction: value, losses, and
 * what its search took.
 */
export const smoothingMethods: Figure = {
  id: 'smoothing-methods',
  section: 'first',
  name: 'smoothing methods',
  title: ({ metric }) => `${metric.name} by smoothing method`,
  sql: ({ sweep }) =>
    `WITH place AS MATERIALIZED (SELECT trial, place FROM v_place WHERE sweep = ${sqlText(sweep.name)})
SELECT trial, label, method, bias_correction, alpha, value, ci_low, ci_high, fp32_value, mean_rel_l1, output_divergence, search_duration_ms
FROM (SELECT *, row_number() OVER (PARTITION BY method, bias_correction ORDER BY merit) AS place
      FROM (SELECT t.*, p.place AS merit, ${methodSql} AS method
            FROM place p CROSS JOIN v_trial t ON t.sweep = ${sqlText(sweep.name)} AND t.trial = p.trial
            WHERE keep_float = 0 AND value IS NOT NULL))
WHERE place = 1 ORDER BY value DESC, trial`,
  build: (rows, facts) => {
    const methods = [...new Set(rows.map((row) => textOf(row, 'method')))];
    const searched = methods.filter((method) => method !== 'unsmoothed' && !bestOnly.includes(method));
    if (searched.length < 2 && !rows.some((row) => textOrNull(row, 'bias_correction') === 'empirical')) {
      return {
        kind: 'absent',
        note: 'Only one smoothing method: smoothing.mode: cle, smoothing.alpha: auto or search.order: [isolated, sequential, output] in the grid compare more.',
        brief: 'several of smoothing.mode',
      };
    }
    const text = rows.map((row) => rowText(row, facts)).join('; ');
    const alt = `Dot plot of ${facts.metric.name} by smoothing method: ${text}.`;
    return {
      kind: 'charts',
      controls: [],
      caption: `The best trial of each method${severalVariants(facts)}. Bars: 95 % intervals; vertical line: FP32.`,
      details: `${text}. The best of many alphas was chosen on the samples that judge it; searches see only calibration data. Overlapping intervals do not make two methods equal: the paired tests are in the answer and in the table of trials.`,
      panels: [{ title: '', alt, spec: chart(facts, methods, alt) }],
    };
  },
};

function severalVariants({ variants }: SweepFacts): string {
  return variants.length > 1 ? ', whatever its other settings' : '';
}

function rowText(row: Row, { metric }: SweepFacts): string {
  const corrected = textOrNull(row, 'bias_correction') === 'empirical' ? ' with bias correction' : '';
  const alpha = numberOrNull(row, 'alpha');
  const search = numberOrNull(row, 'search_duration_ms');
  const notes = [
    ...(alpha === null ? [] : [`alpha ${alpha}`]),
    ...(search === null ? [] : [`search ${(search / 1000).toFixed(1)} s`]),
  ];
  const noted = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  return `${textOf(row, 'method')}${corrected} ${valueText(numberOf(row, 'value'), metric)}${noted}`;
}

function chart({ metric }: SweepFacts, methods: readonly string[], description: string): TopLevelSpec {
  const x = metricAxis(metric);
  const y = {
    field: 'method',
    type: 'nominal' as const,
    title: null,
    sort: [...methods],
    axis: { labelLimit: 220, ticks: false, domain: false },
  };
  const corrections = ['none', 'empirical'];
  const yOffset = { field: 'bias_correction', type: 'nominal' as const, sort: corrections };
  const correction = {
    field: 'bias_correction',
    type: 'nominal' as const,
    title: 'bias correction',
    scale: { domain: corrections, range: [color('smoothed'), color('corrected')] },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 34 * methods.length,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    layer: [
      fp32Rule(metric),
      {
        params: [legendFilter('bias_correction')],
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: { ...x, field: 'ci_low' },
          x2: { field: 'ci_high' },
          y,
          yOffset,
          color: correction,
          opacity: shownOpacity(1),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 80, ...linkCursor },
        encoding: {
          ...trialLink,
          opacity: shownOpacity(1),
          x,
          y,
          yOffset,
          color: correction,
          shape: { ...correction, scale: { domain: corrections, range: ['circle', 'diamond'] } },
          tooltip: [
            ...valueTooltip(metric),
            { field: 'mean_rel_l1', title: 'mean relative L1', format: '.4f' },
            { field: 'output_divergence', title: 'output divergence', format: '.3~e' },
          ],
        },
      },
    ],
  };
}
