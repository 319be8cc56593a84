import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import { recommend } from '../../answers/recommendation.js';
import { tiesOf } from '../../answers/ties.js';
import type { Figure, FigureContent } from '../figure.js';
import { bitsChart } from './bits-chart.js';
import { countText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { bitsColors, color } from '../../charts/theme.js';
import {
  legendFilter,
  legendHint,
  linkCursor,
  shownOpacity,
  trialLink,
  zoom,
  zoomHint,
} from '../../charts/interaction.js';

/**
 * What keeping layers in float brings: accuracy over the number of float layers, and the settings
 * nothing beats.
 */
export const pareto: Figure = {
  id: 'pareto',
  section: 'layers',
  name: 'Pareto front',
  title: ({ metric, measured }) =>
    `${metric.name} against ${new Set([...measured.floatParts.values()].map(({ layers }) => layers)).size > 1 ? 'layers kept in float' : 'bits'}`,
  sql: (facts) =>
    `SELECT trial, label, role, activation_bits, weight_bits, 'W' || weight_bits || 'A' || activation_bits AS bits, float_layers, layers,
       float_weight_share, value, ci_low, ci_high, on_front${shownPoints(facts)} ORDER BY weight_bits, activation_bits, float_layers, value DESC, trial`,
  build: (rows, facts) => {
    const floats = new Set(rows.map((row) => numberOf(row, 'float_layers'))).size;
    const bits = new Set(rows.map((row) => String(row['bits']))).size;
    if (floats < 2 && bits < 2) {
      return {
        kind: 'absent',
        note: 'All settings have the same bits and quantize the same number of layers: quantization.weight.bits: [8, 6, 4], layers.keepFloat: [0, 1, 2, 5] or layers.sensitivity: allBut in the grid compares them.',
        brief: 'quantization.weight.bits, layers.keepFloat',
      };
    }
    return floats < 2 ? overBits(rows, facts) : overFloatLayers(rows, facts);
  },
};

/** Bits vary: a line for each number of activation bits. */
function overBits(rows: readonly Row[], facts: SweepFacts): FigureContent {
  const count = (column: string): number => new Set(rows.map((row) => row[column])).size;
  const [along, by] =
    count('weight_bits') > 1
      ? (['weight_bits', 'activation_bits'] as const)
      : (['activation_bits', 'weight_bits'] as const);
  const ties = tiesOf(facts);
  const tied = facts.best === null ? [] : [facts.best, ...(ties?.tied ?? [])].map(({ trial }) => trial);
  const chosen = recommend(facts)?.trial ?? null;
  const recommended = chosen !== null && isBestOfItsBits(rows, chosen.trial) ? chosen : null;
  const ring = recommended === null ? '' : ` Ringed: the recommended setting, ${recommended.label}.`;
  const caption = `The best setting of each pair of bits. Circles: tied with the best of all; crosses: significantly worse${ties !== null && ties.compared.length < ties.rivals ? ', or not tested' : ''}.${ring}`;
  return {
    kind: 'charts',
    controls: [],
    caption,
    details: `Vertical bars: 95 % intervals of single settings; horizontal line: FP32. Settings were chosen on the samples that judge them; the paired tests against the best allow for that. ${legendHint}${thinnedText(rows, facts)}`,
    panels: [
      {
        title: '',
        alt: `Accuracy over bits. ${caption}`,
        spec: bitsChart(rows, facts, { along, by, tied, recommended: recommended?.trial ?? null }),
      },
    ],
  };
}

/** Whether the trial is drawn: a cheaper one may be recommended than the best of its bits. */
function isBestOfItsBits(rows: readonly Row[], trial: number): boolean {
  const candidates = rows.filter((row) => row['role'] === 'candidate');
  const own = candidates.find((row) => row['trial'] === trial);
  if (own === undefined) return false;
  return candidates.every((row) => row['bits'] !== own['bits'] || numberOf(row, 'value') <= numberOf(own, 'value'));
}

/** Layers in float vary: the front of settings that none with as few float layers beats. */
function overFloatLayers(rows: readonly Row[], facts: SweepFacts): FigureContent {
  const front = rows.filter((row) => row['on_front'] === 1);
  // Equal settings under two names, as one layer left out by its name and by its rank, are one
  // point.
  const points = [...new Set(front.map((row) => pointText(row, facts)))];
  const listed = `${points.slice(0, mostPoints).join('; ')}${points.length > mostPoints ? `; and ${points.length - mostPoints} more` : ''}.`;
  const caption = `Line: the Pareto front, settings that none with as few layers in float beats. Points: all others; horizontal line: FP32.`;
  return {
    kind: 'charts',
    controls: [],
    caption,
    details: `On the front: ${listed} The front was chosen on the samples that judge it. Bars: 95 % intervals of the front. ${legendHint} ${zoomHint}${thinnedText(rows, facts)}`,
    panels: [{ title: '', alt: `Accuracy over float layers: ${listed} ${caption}`, spec: chart(rows, facts) }],
  };
}

/** Points of the front that are spelled out. */
const mostPoints = 8;

/** Every so many points are drawn; 1: all. */
function strideOf({ trials }: SweepFacts): number {
  const { scatterPoints } = drawnLimits;
  return trials.length <= scatterPoints ? 1 : Math.ceil(trials.length / (scatterPoints / 2));
}

/**
 * From where the points come: of many the front and, among those with equally many float layers,
 * every so many by value.
 */
function shownPoints(facts: SweepFacts): string {
  const all = `v_pareto WHERE sweep = ${sqlText(facts.sweep.name)}`;
  const stride = strideOf(facts);
  if (stride === 1) return `\nFROM ${all}`;
  return `, settings
FROM (SELECT *, count(*) OVER () AS settings,
        row_number() OVER (PARTITION BY weight_bits, activation_bits, float_layers ORDER BY value DESC, trial) AS place
      FROM ${all})
WHERE on_front = 1 OR place % ${stride} = 1`;
}

/** What is left out of many points, with a space before it; empty where all are drawn. */
function thinnedText(rows: readonly Row[], facts: SweepFacts): string {
  const stride = strideOf(facts);
  if (stride === 1) return '';
  return ` Drawn: ${rows.length} of ${numberOf(rows[0]!, 'settings')} settings, the front and one in ${stride} by ${facts.metric.name} of those with equal bits and float layers; the SQL without its last condition returns all.`;
}

function pointText(row: Row, { metric }: SweepFacts): string {
  return `${String(row['bits'])}, ${countText(numberOf(row, 'float_layers'), 'layer')} in float: ${valueText(numberOf(row, 'value'), metric)}`;
}

function chart(rows: readonly Row[], { metric, best }: SweepFacts): TopLevelSpec {
  const bits = [...new Set(rows.map((row) => String(row['bits'])))];
  const x = {
    field: 'float_layers',
    type: 'quantitative' as const,
    title: 'layers in float, fewer is smaller and faster',
    scale: { zero: false, nice: false, padding: 14 },
    axis: { format: 'd', tickMinStep: 1, grid: false },
  };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: metric.axisTitle,
    scale: { zero: false, padding: 8 },
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const group = {
    field: 'bits',
    type: 'nominal' as const,
    title: 'bits',
    scale: { domain: bits, range: bitsColors(bits.length) },
  };
  return {
    description: 'Accuracy over the number of layers kept in float',
    data: { name: 'rows' },
    width: 'container',
    height: 300,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    layer: [
      ...(best?.fp32Value === null || best?.fp32Value === undefined
        ? []
        : [
            {
              data: { values: [{ fp32: best.fp32Value }] },
              mark: { type: 'rule' as const, color: color('fp32'), strokeWidth: 1.5, clip: true },
              encoding: { y: { ...y, field: 'fp32' } },
            },
          ]),
      {
        transform: [{ filter: 'datum.on_front == 1' }],
        params: [legendFilter('bits'), zoom],
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2, clip: true },
        encoding: { x, y, color: group, opacity: shownOpacity(1) },
      },
      {
        transform: [{ filter: 'datum.on_front == 1' }],
        mark: { type: 'rule', strokeWidth: 1.5, clip: true, tooltip: null },
        encoding: {
          x,
          y: { ...y, field: 'ci_low' },
          y2: { field: 'ci_high' },
          color: group,
          opacity: shownOpacity(0.5),
        },
      },
      {
        mark: { type: 'point', filled: true, clip: true, ...linkCursor },
        encoding: {
          ...trialLink,
          opacity: shownOpacity(1),
          x,
          y,
          color: group,
          size: { condition: { test: 'datum.on_front == 1', value: 80 }, value: 22 },
          tooltip: [
            { field: 'label', title: 'setting' },
            { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
            { field: 'float_layers', title: 'layers in float' },
            { field: 'float_weight_share', title: 'weights in float', format: '.1%' },
          ],
        },
      },
    ],
  };
}
