import type { TopLevelSpec } from 'vega-lite';
import type { Row } from '../query.js';
import { layerLink, linkCursor } from './interaction.js';
import { layerAxis, layerNames, layerTooltip } from './layer-axis.js';
import { chartHeading } from './linked-charts.js';
import { color } from './theme.js';

/** Names and colours of the two parts of a layer's damage. */
export const damageParts = {
  names: ['its weight', 'its input'],
  colors: [color('weightPart'), color('inputPart')],
} as const;

/**
 * Layers by what quantizing costs them, largest first: bars of the weight's and the input's share,
 * one after the other, and a tick where both are quantized. Rows of v_layer_damage, of several
 * trials; the parameters `trial` and `as` (`noise`, `share`) choose what is drawn.
 */
export function damageChart(rows: readonly Row[], trial: number, description: string): TopLevelSpec {
  const names = layerNames(rows);
  const height =
    17 * Math.max(2, new Set(rows.filter((row) => row['trial'] === trial).map((row) => row['position'])).size);
  const y = {
    ...layerAxis,
    sort: { field: 'total', op: 'max' as const, order: 'descending' as const },
  };
  const title =
    "as == 'share' ? 'share of the layer’s squared error, %' : 'squared error over the square of the output, lower is better'";
  const x = {
    type: 'quantitative' as const,
    title: null,
    axis: { labelExpr: "as == 'share' ? format(datum.value, '.0%') : format(datum.value, '.2~g')", tickCount: 6 },
  };
  const tooltip = [
    layerTooltip,
    { field: 'op', title: 'operator' },
    { field: 'weight_share', title: 'share of its weight', format: '.0%' },
    { field: 'weight_noise', title: 'its weight alone', format: '.3~g' },
    { field: 'activation_noise', title: 'its input alone', format: '.3~g' },
    { field: 'isolated_noise', title: 'both', format: '.3~g' },
    { field: 'interaction_mse', title: 'interaction, MSE', format: '.3~g' },
    { field: 'isolated_mse', title: 'both, MSE', format: '.3~g' },
  ];
  return {
    description,
    data: { name: 'rows' },
    title: chartHeading({ expr: title }),
    width: 'container',
    height,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'trial', value: trial },
      { name: 'as', value: 'noise' },
      { name: 'layerNames', value: { ...names } },
    ],
    transform: [
      { filter: 'datum.trial == trial && datum.weight_noise != null' },
      { calculate: 'datum.weight_noise + datum.activation_noise', as: 'sum' },
      { calculate: 'isValid(datum.isolated_noise) ? datum.isolated_noise : datum.sum', as: 'total' },
      { calculate: "as == 'share' ? 1 / datum.sum : 1", as: 'unit' },
      { calculate: 'isValid(datum.isolated_noise) ? datum.isolated_noise * datum.unit : null', as: 'both' },
      { fold: ['weight_noise', 'activation_noise'], as: ['key', 'noise'] },
      { calculate: `datum.key == 'weight_noise' ? '${damageParts.names[0]}' : '${damageParts.names[1]}'`, as: 'part' },
      { calculate: 'datum.noise * datum.unit', as: 'drawn' },
    ],
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.72 }, ...linkCursor },
        encoding: {
          ...layerLink,
          y,
          x: { ...x, field: 'drawn', stack: 'zero' },
          order: { field: 'part', sort: 'descending' },
          color: {
            field: 'part',
            type: 'nominal',
            title: 'by',
            scale: { domain: [...damageParts.names], range: [...damageParts.colors] },
          },
          tooltip,
        },
      },
      {
        mark: { type: 'tick', thickness: 2, height: { band: 0.95 }, color: color('text') },
        encoding: { y, x: { ...x, field: 'both' }, tooltip },
      },
    ],
  };
}
