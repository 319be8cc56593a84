import type { TopLevelSpec } from 'vega-lite';
import type { ComparedSweeps } from '../../facts/compared-sweeps.js';
import type { PageFigure } from '../figure.js';
import { medianOf } from '../../../statistics/median.js';
import type { MetricText } from '../../number-text.js';
import {
  differenceText,
  differenceUnitNote,
  inDifferenceUnit,
  pValueOf,
  signed,
  valueText,
  valueUnitNote,
} from '../../number-text.js';
import type { Row } from '../../query.js';
import { settingPath } from '../../facts/setting-path.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import { legendFilter, legendHint, shownOpacity } from '../../charts/interaction.js';

/** Pairs at most: each is tested by itself. */
const mostPairs = 400;

/** Value of each setting in A over that of its counterpart in B. */
export const matchedTrials: PageFigure<ComparedSweeps> = {
  id: 'matched',
  section: 'matched',
  title: () => 'Settings that both sweeps have, pair by pair',
  sql: matchedSql,
  build: (rows, facts) => {
    const note = whyNone(rows, facts);
    if (note !== null) return { kind: 'absent', note };
    const text = summaryText(rows, facts);
    const overAlpha = `Dots: A minus B over alpha, for matched settings that have one. ${text}`;
    const alt = `Scatter plot of matched settings, value in A over value in B. ${text}`;
    return {
      kind: 'charts',
      controls: [],
      caption: text,
      details: `Above the lines A is better; no difference: not significant, or not tested. ${apartText(facts)}${leftOutText(rows)} ${legendHint}`,
      panels: [
        { title: 'value in A over value in B', alt, spec: scatter(rows, facts, alt) },
        ...(rows.some((row) => row['alpha'] !== null)
          ? [{ title: 'difference over alpha', alt: overAlpha, spec: differences(facts, overAlpha) }]
          : []),
      ],
    };
  },
};

/** The same pairs as a table. */
export const matchedTable: PageFigure<ComparedSweeps> = {
  id: 'matched-table',
  section: 'matched',
  title: () => 'The pairs in numbers',
  sql: matchedSql,
  build: (rows, facts) => {
    const note = whyNone(rows, facts);
    if (note !== null) return { kind: 'absent', note };
    const { a, b, links } = facts;
    const { metric } = a;
    return {
      kind: 'table',
      sortable: true,
      caption: `A minus B${inDifferenceUnit(metric)}; p: paired test of the two, not corrected for the number of pairs.${leftOutText(rows)}`,
      columns: [
        {
          title: 'setting in A',
          field: 'label',
          align: 'left',
          text: (row) => textOf(row, 'label'),
          href: (row) => links.trial(a.sweep.name, numberOf(row, 'trial')),
        },
        {
          title: 'in B',
          field: 'other_label',
          align: 'left',
          text: (row) => textOf(row, 'other_label'),
          href: (row) => links.trial(b.sweep.name, numberOf(row, 'other_trial')),
        },
        { title: 'A', field: 'value', align: 'right', text: (row) => valueText(numberOrNull(row, 'value'), metric) },
        {
          title: 'B',
          field: 'other_value',
          align: 'right',
          text: (row) => valueText(numberOrNull(row, 'other_value'), metric),
        },
        {
          title: 'A less B',
          field: 'difference',
          align: 'right',
          text: (row) => signed(numberOf(row, 'difference'), metric),
        },
        {
          title: 'p',
          field: 'p_value',
          align: 'right',
          text: (row) => pValueOf(row).replace('p = ', '').replace('p ', ''),
        },
        {
          title: 'noise',
          field: 'significant',
          align: 'left',
          text: (row) => (row['significant'] === null ? 'not tested' : row['significant'] === 1 ? 'outside' : 'inside'),
        },
      ],
    };
  },
};

/**
 * Pairs of finished trials whose settings are equal but for those that the sweeps share no value
 * of.
 */
function matchedSql({ a, b, apart }: ComparedSweeps): string {
  const rest = (): string =>
    `json_remove(settings, ${["'$.role'", "'$.evaluation.stop'", ...apart.map((path) => sqlText(jsonPath(path)))].join(', ')})`;
  const side = (name: string): string =>
    `SELECT trial, position, label, alpha, value, ci_low, ci_high, ${rest()} AS rest
  FROM v_trial WHERE sweep = ${sqlText(name)} AND status = 'done' AND role IN ('unsmoothed', 'candidate')`;
  return `WITH a AS MATERIALIZED (
  ${side(a.sweep.name)}),
b AS MATERIALIZED (
  ${side(b.sweep.name)}),
pair AS MATERIALIZED (
  SELECT a.trial, a.label, a.alpha, b.trial AS other_trial, b.label AS other_label, a.value, b.value AS other_value,
         a.value - b.value AS difference, a.ci_low, a.ci_high, count(*) OVER () AS of_all
  FROM a JOIN b ON b.rest = a.rest ORDER BY a.position, b.position LIMIT ${mostPairs})
SELECT pair.*, c.p_value, c.p_relation, c.significant
FROM pair LEFT JOIN compare_trials(pair.trial, pair.other_trial) c`;
}

/** `quantization.weight.bits` -> `$."quantization"."weight"."bits"`. */
function jsonPath(path: string): string {
  return `$${path
    .split('.')
    .map((part) => `."${part}"`)
    .join('')}`;
}

function whyNone(rows: readonly Row[], facts: ComparedSweeps): string | null {
  if (facts.a.metric.metric !== facts.b.metric.metric) return 'The sweeps are judged by different metrics.';
  if (rows.length === 0) {
    return `No finished setting of A has a counterpart in B that is otherwise equal. ${apartText(facts)}`;
  }
  return null;
}

function apartText({ apart }: ComparedSweeps): string {
  if (apart.length === 0) return 'Matched: settings that are equal in everything.';
  const shown = apart.slice(0, 8).map(settingPath);
  const more = apart.length > shown.length ? ` and ${apart.length - shown.length} more` : '';
  return `Matched: settings that are equal except where the sweeps have nothing in common (${shown.join(', ')}${more}).`;
}

function summaryText(rows: readonly Row[], { a: { metric } }: ComparedSweeps): string {
  const differences = rows.map((row) => numberOf(row, 'difference')).sort((x, y) => x - y);
  const better = differences.filter((difference) => difference > 0).length;
  const worse = differences.filter((difference) => difference < 0).length;
  const significant = rows.filter((row) => row['significant'] === 1).length;
  const tested = rows.filter((row) => row['significant'] !== null).length;
  const noise = tested === 0 ? 'none could be tested' : `${significant} of ${tested} tested pairs differ significantly`;
  return `A is better in ${better} of ${rows.length} pairs, B in ${worse}; median difference ${differenceText(medianOf(differences), metric)}; ${noise}.`;
}

function leftOutText(rows: readonly Row[]): string {
  const all = rows[0] === undefined ? 0 : numberOf(rows[0], 'of_all');
  return all > rows.length
    ? ` Shown: the first ${rows.length} of ${all} pairs; the SQL without its LIMIT returns all.`
    : '';
}

const verdicts = ['A better', 'B better', 'no difference'];

/** What both charts share: the verdict of each pair as colour and shape. */
const verdictTransform = {
  calculate: `datum.significant == 1 ? (datum.difference > 0 ? '${verdicts[0]!}' : '${verdicts[1]!}') : '${verdicts[2]!}'`,
  as: 'verdict',
};

function verdictMarks(metric: MetricText) {
  const legend = { direction: 'vertical' as const, labelLimit: 300 };
  return {
    opacity: shownOpacity(0.85),
    color: {
      field: 'verdict',
      type: 'nominal' as const,
      title: null,
      scale: { domain: verdicts, range: [color('sideA'), color('sideB'), color('muted')] },
      legend,
    },
    shape: {
      field: 'verdict',
      type: 'nominal' as const,
      title: null,
      scale: { domain: verdicts, range: ['circle', 'diamond', 'cross'] },
      legend,
    },
    tooltip: [
      { field: 'label', title: 'A', type: 'nominal' as const },
      { field: 'value', title: `A, ${metric.shortName}`, format: metric.tooltipFormat },
      { field: 'other_label', title: 'B', type: 'nominal' as const },
      { field: 'other_value', title: `B, ${metric.shortName}`, format: metric.tooltipFormat },
      { field: 'difference', title: 'A less B', format: metric.isProportion ? '+.4f' : metric.differenceFormat },
      { field: 'p_value', title: 'p', format: '.3~g' },
    ],
  };
}

function scatter(rows: readonly Row[], { a: { metric } }: ComparedSweeps, description: string): TopLevelSpec {
  const values = rows.flatMap((row) => [numberOf(row, 'value'), numberOf(row, 'other_value')]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.04 * (high - low), 0.0005);
  const domain: [number, number] = [low - margin, high + margin];
  const axis = (field: string, side: string) => ({
    field,
    type: 'quantitative' as const,
    title: `${side}: ${metric.shortName}${valueUnitNote(metric)}, higher is better`,
    scale: { domain, nice: false, zero: false },
    axis: { format: metric.axisFormat, tickCount: 5 },
  });
  const x = axis('other_value', 'B');
  const y = axis('value', 'A');
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 360,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    transform: [verdictTransform],
    layer: [
      {
        data: { values: [{ x: domain[0], y: domain[0], x2: domain[1], y2: domain[1] }] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [4, 3] },
        encoding: { x: { ...x, field: 'x' }, y: { ...y, field: 'y' }, x2: { field: 'x2' }, y2: { field: 'y2' } },
      },
      {
        params: [legendFilter('verdict')],
        mark: { type: 'point', filled: true, size: 60 },
        encoding: { x, y, ...verdictMarks(metric) },
      },
    ],
  };
}

function differences({ a: { metric } }: ComparedSweeps, description: string): TopLevelSpec {
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 360,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    transform: [{ filter: 'isValid(datum.alpha)' }, verdictTransform],
    layer: [
      {
        data: { values: [{}] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [4, 3] },
        encoding: { y: { datum: 0, type: 'quantitative' } },
      },
      {
        params: [legendFilter('verdict')],
        mark: { type: 'point', filled: true, size: 60 },
        encoding: {
          x: {
            field: 'alpha',
            type: 'quantitative',
            title: 'alpha',
            scale: { domain: [0, 1] },
            axis: { tickCount: 6, grid: false },
          },
          y: {
            field: 'difference',
            type: 'quantitative',
            title: `A minus B${metric.isProportion ? ' (%, in points)' : differenceUnitNote(metric)}, above 0: A is better`,
            scale: { zero: true, padding: 10 },
            axis: { format: metric.axisFormat, tickCount: 6 },
          },
          ...verdictMarks(metric),
        },
      },
    ],
  };
}
