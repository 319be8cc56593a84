import { capitalized } from '../../capitalized.js';
import type { TopLevelSpec } from 'vega-lite';
import { color } from '../../charts/theme.js';
import { toAxisEffects, type AxisEffect } from '../../facts/axis-effects.js';
import { magnitudeText, meanText, type MetricText, shareText, signed } from '../../number-text.js';
import { sqlText, type Row } from '../../query.js';
import type { Figure, Panel } from '../figure.js';

/** Axes with a panel each; as many as a reader compares. */
const mostPanels = 8;

/** How much each axis matters, and what each of its values does. */
export const axisEffects: Figure = {
  id: 'axis-effects',
  section: 'first',
  title: () => 'Which axis matters?',
  sql: ({ sweep }) =>
    `WITH effect AS MATERIALIZED (SELECT * FROM v_axis_effect WHERE sweep = ${sqlText(sweep.name)})
SELECT comparable, evaluation, metric, axis, rank, importance, total_importance, method, level_order, level, trials, mean, best_level,
       effect, ci_low, ci_high, choice_low, choice_high, pairs, samples
FROM effect WHERE (evaluation, metric) = (SELECT evaluation, metric FROM effect ORDER BY comparable DESC, evaluation LIMIT 1)
ORDER BY rank, level_order`,
  build: (rows, facts) => {
    const { axes, trials, isExact } = toAxisEffects(rows);
    const metric = meanText(facts.metric);
    if (axes.length === 0) {
      return {
        kind: 'absent',
        note: 'Nothing varies between the finished settings: two values of any setting in the grid show what it does.',
      };
    }
    const drawn = axes.slice(0, mostPanels);
    // No variance, no shares of it.
    const isAlike = axes.every(({ importance }) => importance === null);
    const caption = captionOf(axes, metric);
    return {
      kind: 'charts',
      isCompact: true,
      controls: [],
      caption,
      details: detailsOf(axes, trials, isExact, metric),
      panels: [...(axes.length === 1 || isAlike ? [] : [importancePanel(axes)]), ...levelPanels(drawn, rows, metric)],
    };
  },
};

function captionOf(axes: readonly AxisEffect[], metric: MetricText): string {
  const [first] = axes as [AxisEffect, ...AxisEffect[]];
  if (first.importance === null) return `All settings have the same ${metric.name}: no axis makes a difference.`;
  if (!axes.some(({ isBeyondNoise }) => isBeyondNoise)) {
    const judged = axes.some(({ gain }) => gain?.ciLow !== null && gain !== null);
    return judged
      ? `No axis moves ${metric.name} beyond the noise of the evaluation samples; the shares of the variance are of that noise.`
      : `${capitalized(first.name)} explains most, ${shareText(first.importance)} of the variance. No samples are stored to judge by.`;
  }
  const share = axes.length === 1 ? '' : ` matters most, ${shareText(first.importance)} of the variance`;
  return `${capitalized(first.name)}${share}: ${gainText(first, metric)} Curves: ${metric.differenceUnit === '' ? 'change' : metric.differenceUnit} against the best value (◆), with 95 % intervals.`;
}

function gainText({ gain, best, worst, name }: AxisEffect, metric: MetricText): string {
  if (gain === null || worst === null) return `no two trials that differ in ${name} alone have finished.`;
  const interval =
    gain.ciLow === null || gain.ciHigh === null ? '' : ` (${rangeText(gain.ciLow, gain.ciHigh, metric)})`;
  return `${best.value} instead of ${worst.value} gains ${magnitudeText(gain.effect, metric)}${interval}.`;
}

function rangeText(low: number, high: number, metric: MetricText): string {
  return `${plain(low, metric)} to ${plain(high, metric)}`;
}

/** A difference with its sign where it is below 0. */
function plain(difference: number, metric: MetricText): string {
  return signed(difference, metric).replace('+', '');
}

function detailsOf(axes: readonly AxisEffect[], trials: number, isExact: boolean, metric: MetricText): string {
  const spread = isExact
    ? 'the sums of squares of the analysis of variance, exact because every combination has finished'
    : 'a fit of main effects and two-way interactions, because combinations are missing or a setting does not apply to all trials';
  const left = axes.length > mostPanels ? ` Drawn: the ${mostPanels} most important of ${axes.length} axes.` : '';
  const unpaired = axes.flatMap(({ levels, best }) =>
    levels.filter((level) => level !== best && level.againstBest === null),
  );
  const missing =
    unpaired.length === 0
      ? ''
      : ` Not drawn: ${unpaired.length} values without a trial that differs from the best value in this axis alone.`;
  return `Of ${trials} candidates judged alike; baselines and single-layer trials are left out. Share of the variance: ${spread}; faint: with the interactions that the axis has part in. Below, each value against the axis' best one (0): the mean change of ${metric.name} over trials that are otherwise equal, with its 95 % interval over evaluation samples. The sentence's interval also allows for the choice of two values among all (Bonferroni).${left}${missing}`;
}

function importancePanel(axes: readonly AxisEffect[]): Panel {
  const names = Object.fromEntries(axes.map(({ path, name }) => [path, name]));
  const y = {
    field: 'axis',
    type: 'nominal' as const,
    title: null,
    sort: axes.map(({ path }) => path),
    axis: { labelExpr: 'axisNames[datum.value]', labelLimit: 126, labelFontSize: 10, ticks: false, domain: false },
  };
  const x = {
    type: 'quantitative' as const,
    title: 'faint: with interactions',
    scale: { domainMin: 0 },
    axis: { format: '.0%', tickCount: 3, titleFontSize: 10 },
  };
  const tooltip = [
    { field: 'axis', title: 'axis' },
    { field: 'importance', title: 'by itself', format: '.1%' },
    { field: 'total_importance', title: 'with interactions', format: '.1%' },
  ];
  const shares = axes.map(({ name, importance }) => `${name} ${shareText(importance ?? 0)}`).join(', ');
  return {
    title: 'share of the variance',
    alt: `Bars of the share of the variance by axis: ${shares}.`,
    spec: {
      description: 'Share of the variance by axis',
      data: { name: 'rows' },
      width: 'container',
      height: Math.max(110, 22 * axes.length),
      autosize: { type: 'fit-x', contains: 'padding', resize: true },
      params: [{ name: 'axisNames', value: names }],
      transform: [{ filter: 'datum.level_order == 1 && isValid(datum.importance)' }],
      layer: [
        {
          mark: { type: 'bar', color: color('smoothed'), opacity: 0.3, height: { band: 0.7 } },
          encoding: { x: { ...x, field: 'total_importance' }, y, tooltip },
        },
        {
          mark: { type: 'bar', color: color('smoothed'), height: { band: 0.7 } },
          encoding: { x: { ...x, field: 'importance' }, y, tooltip },
        },
      ],
    },
  };
}

const differenceLabel = "datum.value == 0 ? '0' : format(datum.value, '+.3~f')";
const pointsLabel = "datum.value == 0 ? '0' : format(100 * datum.value, '+.3~f')";

/** A panel for each axis, all on one scale, so that heights compare. */
function levelPanels(axes: readonly AxisEffect[], rows: readonly Row[], metric: MetricText): Panel[] {
  const drawn = new Set(axes.map(({ path }) => path));
  const ends = rows
    .filter((row) => drawn.has(String(row['axis'])))
    .flatMap((row) => [row['effect'], row['ci_low'], row['ci_high']])
    .filter((value) => typeof value === 'number');
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const margin = Math.max((high - low) * 0.06, 1e-4);
  return axes.map((axis) => ({
    title: axis.name,
    alt: `Change of ${metric.name} by ${axis.name} against ${axis.best.value}: ${axis.levels
      .filter(({ againstBest }) => againstBest !== null)
      .map(({ value, againstBest }) => `${value} ${signed(againstBest!.effect, metric)}`)
      .join(', ')}.`,
    spec: levelChart(axis, [low - margin, high + margin], metric),
  }));
}

function levelChart(axis: AxisEffect, domain: readonly [number, number], metric: MetricText): TopLevelSpec {
  const isLong = axis.levels.some(({ value }) => value.length > 12);
  const x = {
    field: 'level',
    type: 'ordinal' as const,
    title: axis.path,
    sort: axis.levels.map(({ value }) => value),
    axis: { labelAngle: isLong ? -20 : 0, labelOverlap: true, labelLimit: 90, grid: false, titleFontSize: 10 },
  };
  const y = {
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [...domain], nice: false },
    axis: { labelExpr: metric.isProportion ? pointsLabel : differenceLabel, tickCount: 5 },
  };
  const isOrdered = axis.levels.every(({ value }) => Number.isFinite(Number(value)));
  const tooltip = [
    { field: 'level', title: axis.name },
    { field: 'effect', title: 'against the best', format: metric.differenceFormat },
    { field: 'ci_low', title: '95 % from', format: metric.differenceFormat },
    { field: 'ci_high', title: '95 % to', format: metric.differenceFormat },
    { field: 'mean', title: `mean ${metric.shortName}`, format: metric.tooltipFormat },
    { field: 'pairs', title: 'pairs of trials' },
  ];
  const point = { ...y, field: 'effect' };
  return {
    description: `Effect of ${axis.name}`,
    data: { name: 'rows' },
    width: 'container',
    height: 130,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [{ filter: { field: 'axis', equal: axis.path } }, { filter: 'isValid(datum.effect)' }],
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [2, 2] },
        encoding: { y: { ...y, field: 'zero' } },
      },
      ...(isOrdered
        ? [
            {
              mark: { type: 'line' as const, color: color('smoothed'), strokeWidth: 1.5, opacity: 0.6 },
              encoding: { x, y: point },
            },
          ]
        : []),
      {
        transform: [{ filter: 'isValid(datum.ci_low)' }],
        mark: { type: 'rule', color: color('smoothed'), strokeWidth: 2 },
        encoding: { x, y: { ...y, field: 'ci_low' }, y2: { field: 'ci_high' }, tooltip },
      },
      {
        mark: { type: 'point', filled: true, color: color('smoothed'), opacity: 1 },
        encoding: {
          x,
          y: point,
          shape: { condition: { test: 'datum.level == datum.best_level', value: 'diamond' }, value: 'circle' },
          size: { condition: { test: 'datum.level == datum.best_level', value: 130 }, value: 60 },
          tooltip,
        },
      },
    ],
  };
}
