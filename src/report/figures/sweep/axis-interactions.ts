import { capitalized } from '../../capitalized.js';
import type { TopLevelSpec } from 'vega-lite';
import { color } from '../../charts/theme.js';
import { axisName } from '../../facts/axes.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { differenceText, differenceUnitNote, meanText, type MetricText, shareText } from '../../number-text.js';
import { numberOf, numberOrNull, sqlText, textOf, type Row } from '../../query.js';
import type { Figure } from '../figure.js';

/** Below this share of the variance an interaction changes no choice. */
const leastShare = 0.02;
const mostRows = 8;

/** Which axis' effect depends on which other: its gain where it is largest and smallest. */
export const axisInteractions: Figure = {
  id: 'axis-interactions',
  section: 'first',
  title: () => 'Where does one axis depend on another?',
  sql: ({ sweep }) =>
    `WITH interaction AS MATERIALIZED (SELECT * FROM v_axis_interaction WHERE sweep = ${sqlText(sweep.name)})
SELECT axis, with_axis, rank, importance, level, other_level, at, effect_at, at_other, effect_at_other, difference,
       choice_low, choice_high, pairs, samples
FROM interaction
WHERE (evaluation, metric) = (SELECT evaluation, metric FROM interaction ORDER BY comparable DESC, evaluation LIMIT 1)
  AND importance >= ${leastShare} AND (choice_low > 0 OR choice_high < 0) AND rank <= ${mostRows}
ORDER BY rank`,
  build: (rows, facts) => {
    const [first] = rows;
    if (first === undefined) {
      return {
        kind: 'absent',
        note: `No two axes whose effects depend on each other beyond the noise explain ${shareText(leastShare)} of the variance.`,
      };
    }
    const metric = meanText(facts.metric);
    const text = `${capitalized(change(first))} changes ${metric.name} by ${differenceText(numberOf(first, 'effect_at'), metric)} at ${place(first, 'at')}, by ${differenceText(numberOf(first, 'effect_at_other'), metric)} at ${place(first, 'at_other')}.`;
    return {
      kind: 'charts',
      controls: [],
      caption: text,
      details: `Each row takes the best value of an axis instead of its worst, at the value of another axis where that gains most and where it gains least, over trials that are equal otherwise. Shown are the interactions that explain ${shareText(leastShare)} of the variance or more and whose difference of gains is beyond the noise: its 95 % interval over evaluation samples, which allows for the choice of values (Bonferroni), excludes 0.`,
      panels: [{ title: '', alt: rows.map((row) => altOf(row, metric)).join(' '), spec: chart(rows, facts) }],
    };
  },
};

function change(row: Row): string {
  return `${axisName(textOf(row, 'axis'))} ${textOf(row, 'level')} instead of ${textOf(row, 'other_level')}`;
}

function place(row: Row, field: 'at' | 'at_other'): string {
  return `${axisName(textOf(row, 'with_axis'))} ${textOf(row, field)}`;
}

function altOf(row: Row, metric: MetricText): string {
  const share = numberOrNull(row, 'importance');
  return `${change(row)}: ${differenceText(numberOf(row, 'effect_at'), metric)} at ${place(row, 'at')}, ${differenceText(numberOf(row, 'effect_at_other'), metric)} at ${place(row, 'at_other')}${share === null ? '' : `, ${shareText(share)} of the variance`}.`;
}

function chart(rows: readonly Row[], { metric }: SweepFacts): TopLevelSpec {
  const names = Object.fromEntries(
    rows.map((row) => [
      String(numberOf(row, 'rank')),
      [
        axisName(textOf(row, 'axis')),
        `${textOf(row, 'level')} instead of ${textOf(row, 'other_level')}`,
        `by ${axisName(textOf(row, 'with_axis'))}`,
      ],
    ]),
  );
  const y = {
    field: 'rank',
    type: 'ordinal' as const,
    title: null,
    axis: { labelExpr: 'rowNames[toString(datum.value)]', labelLimit: 220, ticks: false, domain: false },
  };
  const x = {
    type: 'quantitative' as const,
    title: `gain${differenceUnitNote(metric)}`,
    scale: { padding: 36, nice: false },
    axis: {
      labelExpr: `datum.value == 0 ? '0' : format(${metric.isProportion ? '100 * ' : ''}datum.value, '+.3~f')`,
      tickCount: 6,
    },
  };
  const tooltip = [
    { field: 'effect_at', title: 'largest gain', format: metric.tooltipFormat },
    { field: 'effect_at_other', title: 'smallest gain', format: metric.tooltipFormat },
    { field: 'difference', title: 'difference', format: metric.tooltipFormat },
    { field: 'choice_low', title: '95 % from', format: metric.tooltipFormat },
    { field: 'choice_high', title: '95 % to', format: metric.tooltipFormat },
    { field: 'importance', title: 'share of the variance', format: '.1%' },
  ];
  const ends = (['effect_at', 'effect_at_other'] as const).flatMap((field) => {
    const text = field === 'effect_at' ? 'at' : 'at_other';
    return [
      {
        mark: {
          type: 'point' as const,
          filled: true,
          size: 80,
          opacity: 1,
          color: color(field === 'effect_at' ? 'gain' : 'cost'),
        },
        encoding: { x: { ...x, field }, y, tooltip },
      },
      {
        mark: {
          type: 'text' as const,
          align: field === 'effect_at' ? ('left' as const) : ('right' as const),
          dx: field === 'effect_at' ? 9 : -9,
          fontSize: 11,
          color: color('text'),
        },
        encoding: { x: { ...x, field }, y, text: { field: text } },
      },
    ];
  });
  return {
    description: 'Gain of an axis by the value of another',
    data: { name: 'rows' },
    width: 'container',
    height: 54 * rows.length,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'rowNames', value: names }],
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, color: color('muted') },
        encoding: { x: { ...x, field: 'effect_at_other' }, x2: { field: 'effect_at' }, y, tooltip },
      },
      ...ends,
    ],
  };
}
