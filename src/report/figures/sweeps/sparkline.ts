import { isMode, lineModes } from '../../charts/smoothing-mode-marks.js';
import type { TopLevelSpec } from 'vega-lite';
import type { PageFigure } from '../figure.js';
import { countText, valueText } from '../../number-text.js';
import { numberOf, sqlText } from '../../query.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { color, sizeColors } from '../../charts/theme.js';
import { valueRange } from '../sweep/accuracy-chart.js';

/**
 * The settings of one sweep at a glance: the metric over alpha, or by rank where alpha is not what
 * the sweep is about.
 */
export function sparkline(place: number): PageFigure<SweepFacts> {
  return {
    id: `sparkline-${place}`,
    section: 'newest',
    title: (facts) =>
      `${facts.metric.axisTitle}, ${staticAlphas(facts.trials).length > 1 ? 'over alpha' : 'settings by rank'}`,
    sql: ({ sweep }) =>
      `SELECT trial, label, role, alpha_mode, alpha, calibration_batches, value
FROM v_trial WHERE sweep = ${sqlText(sweep.name)} AND status = 'done' AND value IS NOT NULL AND role <> 'sensitivity' ORDER BY position`,
    build: (rows, facts) => {
      const drawn = new Set(rows.map((row) => numberOf(row, 'trial')));
      const trials = facts.trials.filter((trial) => drawn.has(trial.trial));
      if (!trials.some((trial) => trial.role === 'candidate'))
        return { kind: 'absent', note: 'No setting has finished.', holdsWhilePending: true };
      const alt = altText(trials, facts);
      return {
        kind: 'charts',
        controls: [],
        caption: caption(trials, facts),
        panels: [{ title: '', alt, spec: chart(trials, facts, alt) }],
      };
    },
  };
}

function staticAlphas(trials: readonly TrialFacts[]): number[] {
  const alphas = trials.filter((trial) => lineModes.includes(trial.alphaMode)).map((trial) => trial.alpha);
  return [...new Set(alphas)].filter((alpha) => alpha !== null).sort((a, b) => a - b);
}

function settingsOf(trials: readonly TrialFacts[]): TrialFacts[] {
  return trials.filter((trial) => trial.role === 'candidate');
}

function caption(trials: readonly TrialFacts[], { sizes }: SweepFacts): string {
  const alphas = staticAlphas(trials);
  const beside = trials.some((trial) => trial.role === 'candidate' && trial.alpha === null);
  const extent =
    alphas.length > 1
      ? `${alphas.length} alphas from ${alphas[0]} to ${alphas.at(-1)}${beside ? ', at the right settings without a single alpha' : ''}`
      : countText(settingsOf(trials).length, 'setting');
  return `${extent}; calibrated on ${sizes.join(', ')} batches. Rule: FP32, dashed: unsmoothed where near.`;
}

function altText(trials: readonly TrialFacts[], { sweep, metric }: SweepFacts): string {
  const values = settingsOf(trials).map((trial) => trial.value ?? 0);
  return `Small chart of ${metric.name} of ${countText(values.length, 'setting')} of sweep ${sweep.name}, between ${valueText(Math.min(...values), metric)} and ${valueText(Math.max(...values), metric)}.`;
}

/** Where settings without one alpha of their own stand. */
const besideAt = 1.08;

function chart(trials: readonly TrialFacts[], facts: SweepFacts, description: string): TopLevelSpec {
  const { metric, sizes, variants, best } = facts;
  const isOverAlpha = staticAlphas(trials).length > 1;
  const { near } = valueRange(trials, metric);
  const groups = sizes.map((size) => `${size} batches`);
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: null,
    scale: isOverAlpha ? { domain: [0, 1.12], nice: false } : { nice: false, zero: false, padding: 12 },
    axis: isOverAlpha
      ? { values: [0, 0.25, 0.5, 0.75, 1], format: '.2~f', grid: false }
      : { grid: false, labels: false, ticks: false },
  };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: null,
    scale: { zero: false, nice: false, domain: [...near] },
    axis: { format: metric.axisFormat, tickCount: 3 },
  };
  const group = {
    field: 'group',
    type: 'nominal' as const,
    legend: null,
    scale: { domain: groups, range: sizeColors(sizes.length) },
  };
  const tooltip = [
    { field: 'label', title: 'setting' },
    { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
  ];
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 110,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    transform: [
      { calculate: "datum.calibration_batches + ' batches'", as: 'group' },
      ...(isOverAlpha
        ? [{ calculate: `isValid(datum.alpha) ? datum.alpha : ${besideAt}`, as: 'x' }]
        : [
            {
              window: [{ op: 'row_number' as const, as: 'x' }],
              groupby: ['role'],
              sort: [{ field: 'value', order: 'ascending' as const }],
            },
          ]),
    ],
    layer: [
      {
        transform: [{ filter: "datum.role != 'candidate'" }],
        mark: { type: 'rule', strokeWidth: 1.5, clip: true },
        encoding: {
          y,
          tooltip,
          color: { condition: { test: "datum.role == 'fp32'", value: color('fp32') }, value: color('unsmoothed') },
          strokeDash: { condition: { test: "datum.role == 'fp32'", value: [1, 0] }, value: [5, 4] },
        },
      },
      // Lines would join settings that differ in more than alpha.
      ...(isOverAlpha && variants.length === 1
        ? [
            {
              transform: [{ filter: isMode(lineModes) }],
              mark: { type: 'line' as const, strokeWidth: 1.5, clip: true },
              encoding: { x, y, color: group },
            },
          ]
        : []),
      {
        transform: [{ filter: "datum.role == 'candidate'" }],
        mark: { type: 'point', filled: true, size: 16, opacity: 1, clip: true },
        encoding: { x, y, color: group, tooltip },
      },
      {
        transform: [{ filter: `datum.trial == ${best?.trial ?? -1}` }],
        mark: { type: 'point', filled: false, size: 110, strokeWidth: 1.5, color: color('text'), opacity: 1 },
        encoding: { x, y, tooltip },
      },
    ],
  };
}
