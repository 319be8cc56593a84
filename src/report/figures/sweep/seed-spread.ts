import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import { metricAxis, valueTooltip } from '../../charts/dot-layers.js';
import { linkCursor, trialLink } from '../../charts/interaction.js';
import { color } from '../../charts/theme.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { magnitudeText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { Figure } from '../figure.js';

/**
 * How far the choice of calibration samples moves the result: each seed's value, setting by
 * setting, on the mean interval of one trial.
 */
export const seedSpread: Figure = {
  id: 'seed-spread',
  section: 'first',
  title: ({ metric }) => `${metric.name} by choice of calibration samples`,
  name: 'spread of seeds',
  sql: ({ sweep }) =>
    `WITH seeded AS MATERIALIZED (
  SELECT t.trial, t.label, t.position, t.calibration_seed, t.calibration_batches, t.alpha, t.value, t.ci_low, t.ci_high, t.fp32_value, k.but_seed,
         count(*) OVER (PARTITION BY k.but_seed) AS seeds, min(t.position) OVER (PARTITION BY k.but_seed) AS first_position,
         first_value(t.label) OVER (PARTITION BY k.but_seed ORDER BY t.position) AS first_label
  FROM v_alike k JOIN v_trial t ON t.sweep = k.sweep AND t.trial = k.trial
  WHERE k.sweep = ${sqlText(sweep.name)} AND t.role = 'candidate' AND t.value IS NOT NULL AND t.calibration_seed IS NOT NULL),
ranked AS (SELECT *, dense_rank() OVER (ORDER BY first_position) AS setting FROM seeded WHERE seeds > 1)
SELECT trial, label, setting, first_label, calibration_seed, seeds, value, ci_low, ci_high, fp32_value,
       avg(value) OVER (PARTITION BY setting) AS mean, avg(ci_high - ci_low) OVER (PARTITION BY setting) / 2 AS half_interval
FROM ranked WHERE setting <= ${drawnLimits.noiseGroupsHeld} ORDER BY setting, calibration_seed`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Only one choice of calibration samples: data.calibration.sampleSeed: [1, 2, 3, 4, 5] in the grid shows how far it moves the result.',
        brief: 'data.calibration.sampleSeed',
      };
    }
    const names = settingNames(rows);
    const alt = `Dots of ${facts.metric.name} by seed for ${names.size} settings. ${widestText(rows, facts)}`;
    return {
      kind: 'charts',
      controls: [],
      caption: `Dots: one seed each. Diamond and bar: mean of the seeds and the 95 % interval of one trial. ${widestText(rows, facts)}`,
      details:
        'Seeds of a setting share their evaluation samples, so that their differences are smaller than the interval of one trial suggests. The bar has the mean width of the intervals of its trials and stands around their mean. Vertical line: FP32.',
      panels: [{ title: '', alt, spec: chart(names, facts) }],
    };
  },
};

/** Labels of the settings without their seeds. */
function settingNames(rows: readonly Row[]): ReadonlyMap<number, string> {
  return new Map(
    rows.map((row) => [
      numberOf(row, 'setting'),
      textOf(row, 'first_label')
        .split(', ')
        .filter((part) => !/seed/i.test(part))
        .join(', '),
    ]),
  );
}

function widestText(rows: readonly Row[], { metric }: SweepFacts): string {
  const ranges = [...new Set(rows.map((row) => numberOf(row, 'setting')))].map((setting) => {
    const values = rows.filter((row) => row['setting'] === setting).map((row) => numberOf(row, 'value'));
    return Math.max(...values) - Math.min(...values);
  });
  return `Widest range: ${magnitudeText(Math.max(...ranges), metric)}.`;
}

function chart(names: ReadonlyMap<number, string>, { metric }: SweepFacts): TopLevelSpec {
  const x = metricAxis(metric);
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: [...names.values()],
    axis: { labelLimit: 240, ticks: false, domain: false },
  };
  return {
    description: `${metric.name} by seed`,
    data: { name: 'rows' },
    width: 'container',
    height: 46 * names.size,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'names', value: Object.fromEntries(names) }],
    transform: [{ calculate: "names['' + datum.setting]", as: 'name' }],
    layer: [
      {
        transform: [
          { aggregate: [{ op: 'mean', field: 'fp32_value', as: 'fp32' }] },
          { filter: 'isValid(datum.fp32)' },
        ],
        mark: { type: 'rule', color: color('fp32'), strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'fp32' } },
      },
      {
        transform: [
          {
            aggregate: [
              { op: 'mean', field: 'mean', as: 'mean' },
              { op: 'mean', field: 'half_interval', as: 'half' },
            ],
            groupby: ['name'],
          },
          { calculate: 'datum.mean - datum.half', as: 'low' },
          { calculate: 'datum.mean + datum.half', as: 'high' },
        ],
        layer: [
          {
            mark: { type: 'rule', strokeWidth: 9, opacity: 0.25, color: color('smoothed') },
            encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y },
          },
          {
            mark: { type: 'point', filled: true, shape: 'diamond', size: 110, opacity: 1, color: color('text') },
            encoding: { x: { ...x, field: 'mean' }, y },
          },
        ],
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 0.8, color: color('smoothed'), ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          tooltip: [{ field: 'calibration_seed', title: 'seed' }, ...valueTooltip(metric)],
        },
      },
    ],
  };
}
