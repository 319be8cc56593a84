import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Figure } from '../figure.js';
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
  title: ({ metric }) => `${metric.name} against layers kept in float`,
  sql: (facts) =>
    `SELECT trial, label, role, activation_bits, weight_bits, 'W' || weight_bits || 'A' || activation_bits AS bits, float_layers, layers,
       float_weight_share, value, ci_low, ci_high, on_front${shownPoints(facts)} ORDER BY weight_bits, activation_bits, float_layers, value DESC, trial`,
  build: (rows, facts) => {
    if (new Set(rows.map((row) => numberOf(row, 'float_layers'))).size < 2) {
      return {
        kind: 'absent',
        note: 'All settings quantize the same number of layers: layers.keepFloat: [0, 1, 2, 5] or layers.sensitivity: allBut in the grid compares them.',
        brief: 'layers.keepFloat',
      };
    }
    const front = rows.filter((row) => row['on_front'] === 1);
    // Equal settings under two names, as one layer left out by its name and by its rank, are one
    // point.
    const points = [...new Set(front.map((row) => pointText(row, facts)))];
    const caption =
      'Line: the Pareto front, settings that none with as few float layers beats; points: all others. Horizontal line: FP32.';
    const listed = points.slice(0, 8).join('; ') + (points.length > 8 ? `; and ${points.length - 8} more` : '');
    const details = `On the front: ${listed}. The front was chosen on the samples that judge it. ${legendHint} ${zoomHint}${thinnedText(rows, facts)}`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      details,
      panels: [
        { title: '', alt: `Accuracy over float layers. ${caption} On the front: ${listed}.`, spec: chart(rows, facts) },
      ],
    };
  },
};

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
