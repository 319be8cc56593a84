import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import { linkCursor, trialLink } from '../../charts/interaction.js';
import { color } from '../../charts/theme.js';
import { axisPath } from '../../facts/axes.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { differenceText, differenceUnitNote, meanText, type MetricText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText } from '../../query.js';
import type { Figure } from '../figure.js';

/** Pairs that are drawn; the mean is over all. */
const mostPairs = drawnLimits.scatterPoints;

/**
 * What more calibration batches change at equal settings: pair by pair, and the mean with its
 * interval.
 */
export const calibrationSize: Figure = {
  id: 'calibration-size',
  section: 'first',
  title: ({ metric }) => `What more calibration changes: ${metric.name}`,
  name: 'calibration size',
  sql: ({ sweep }) =>
    `WITH pair AS MATERIALIZED (SELECT trial, other_trial, label, batches, other_batches, difference FROM v_pair
  WHERE sweep = ${sqlText(sweep.name)} AND differs_in = ${sqlText(axisPath.calibrationBatches)} AND role = 'candidate' AND difference IS NOT NULL),
size AS MATERIALIZED (SELECT batches, other_batches, json_group_array(trial) AS trials, json_group_array(other_trial) AS others FROM pair
  WHERE batches = (SELECT min(batches) FROM pair) GROUP BY batches, other_batches),
mean AS MATERIALIZED (SELECT s.batches, s.other_batches, e.pairs, e.effect, e.ci_low, e.ci_high FROM size s LEFT JOIN paired_effect(s.trials, s.others) e)
SELECT p.other_trial AS trial, p.label, p.batches, p.other_batches, p.difference, m.pairs, m.effect, m.ci_low, m.ci_high
FROM mean m JOIN pair p ON p.batches = m.batches AND p.other_batches = m.other_batches ORDER BY m.other_batches, p.other_trial LIMIT ${mostPairs}`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'One calibration size only, or no two trials that differ in nothing else: data.calibration.batches: [4, 16, 64] in the grid shows what more calibration changes.',
        brief: 'data.calibration.batches',
      };
    }
    const text = effectsText(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption: `Against ${numberOf(rows[0]!, 'batches')} batches, at equal settings: ${text}. ${marksText(rows)}`,
      details: `The interval is over the evaluation samples that all pairs share. A pair is two trials that differ in the calibration size alone.${rows.length === mostPairs ? ` Drawn: ${mostPairs} pairs; the mean is over all.` : ''}`,
      panels: [{ title: '', alt: `Differences by calibration size: ${text}.`, spec: chart(rows, facts) }],
    };
  },
};

/** What the marks are, of those that are drawn. */
function marksText(rows: readonly Row[]): string {
  return rows.some((row) => row['effect'] !== null)
    ? 'Diamond and bar: mean with its 95 % interval; dots: single pairs.'
    : 'Dots: single pairs.';
}

/** `16 batches +0.31 points (−0.10 to +0.72)`. */
function effectsText(rows: readonly Row[], facts: SweepFacts): string {
  const metric = meanText(facts.metric);
  const bySize = new Map(rows.map((row) => [numberOf(row, 'other_batches'), row]));
  return [...bySize]
    .slice(0, 4)
    .map(([size, row]) =>
      row['effect'] === null
        ? `${size} batches not tested`
        : `${size} batches ${differenceText(numberOf(row, 'effect'), metric)}`,
    )
    .join('; ');
}

function chart(rows: readonly Row[], { metric }: SweepFacts): TopLevelSpec {
  const names = [...new Set(rows.map((row) => `${numberOf(row, 'other_batches')} batches`))];
  const x = {
    field: 'difference',
    type: 'quantitative' as const,
    title: `change of ${metric.name}${metric.isProportion ? ' (points of %)' : differenceUnitNote(metric)}, right of 0: more calibration helps`,
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const y = {
    field: 'size',
    type: 'nominal' as const,
    title: null,
    sort: names,
    axis: { ticks: false, domain: false, labelLimit: 160 },
  };
  const tooltip = [
    { field: 'label', title: 'smaller' },
    { field: 'difference', title: 'difference', format: metric.tooltipFormat },
  ];
  return {
    description: `Change of ${metric.name} by calibration size`,
    data: { name: 'rows' },
    width: 'container',
    height: Math.max(70, 56 * names.length),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [{ calculate: "datum.other_batches + ' batches'", as: 'size' }],
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [4, 4] },
        encoding: { x: { ...x, field: 'zero' } },
      },
      {
        mark: { type: 'point', filled: true, size: 42, opacity: 0.45, color: color('smoothed'), ...linkCursor },
        encoding: { ...trialLink, x, y, tooltip },
      },
      ...meanLayers(rows, metric, x, y),
    ],
  };
}

/** Means and their intervals; none of what no row has, as a scale would have no extent. */
function meanLayers<X extends object, Y extends object>(rows: readonly Row[], metric: MetricText, x: X, y: Y) {
  const has = (column: string): boolean => rows.some((row) => row[column] !== null);
  const transform = [
    {
      aggregate: [
        { op: 'mean' as const, field: 'effect', as: 'effect' },
        { op: 'mean' as const, field: 'ci_low', as: 'low' },
        { op: 'mean' as const, field: 'ci_high', as: 'high' },
      ],
      groupby: ['size'],
    },
    { filter: 'isValid(datum.effect)' },
  ];
  const interval = {
    transform,
    mark: { type: 'rule' as const, strokeWidth: 3, color: color('text') },
    encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y },
  };
  const mean = {
    transform,
    mark: { type: 'point' as const, filled: true, shape: 'diamond', size: 130, opacity: 1, color: color('text') },
    encoding: {
      x: { ...x, field: 'effect' },
      y,
      tooltip: [
        { field: 'effect', title: 'mean', format: metric.tooltipFormat },
        { field: 'low', title: '95 % from', format: metric.tooltipFormat },
        { field: 'high', title: '95 % to', format: metric.tooltipFormat },
      ],
    },
  };
  return [...(has('ci_low') ? [interval] : []), ...(has('effect') ? [mean] : [])];
}
