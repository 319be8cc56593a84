import { capitalized } from '../../capitalized.js';
import type { TopLevelSpec } from 'vega-lite';
import type { Control, Figure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { countText, differenceText, differenceUnitNote } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, textOrNull } from '../../query.js';
import { searchedAlphasText } from '../../facts/searched-alphas.js';
import {
  measureOf,
  rankLayers,
  sensitivitySql,
  toSensitiveLayer,
  type SensitiveLayer,
} from '../../facts/sensitivity-facts.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { layerLink, legendFilter, legendHint, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * Which layers pay: what each costs by itself, and what it brings back when it alone stays in
 * float, with intervals.
 */
export const sensitivity: Figure = {
  id: 'sensitivity',
  section: 'layers',
  title: () => 'Sensitivity: each layer by itself',
  name: 'sensitivity',
  sql: ({ sweep }) => sensitivitySql(sweep.name),
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Sensitivity of each layer: layers.sensitivity: [only, allBut] in the grid measures it.',
        brief: 'layers.sensitivity',
      };
    }
    const layers = rows.map(toSensitiveLayer);
    const by = measureOf(layers);
    const ranked = rankLayers(layers, by);
    const caption = captionText(ranked, by, facts);
    return {
      kind: 'charts',
      controls: [orderControl],
      caption: `${caption} Lines: 95 % intervals.`,
      details: detailsText(rows, by),
      panels: [{ title: '', alt: `Bars by layer, most sensitive first: ${caption}`, spec: chart(rows, ranked, facts) }],
    };
  },
};

/** What the two measures are called in the legend. */
const kinds = ['quantized alone', 'alone in float'] as const;

/** The first layer by either measure, the one that ranks them first. */
function captionText(layers: readonly SensitiveLayer[], by: 'cost' | 'gain', { metric }: SweepFacts): string {
  const parts = [by, by === 'cost' ? ('gain' as const) : ('cost' as const)].flatMap((measure) => {
    const [worst] = rankLayers(layers, measure);
    const change = worst?.[measure]?.change;
    if (worst === undefined || change === undefined) return [];
    return measure === 'cost'
      ? `quantized alone, ${cutMiddle(worst.layer, 40)} is the most sensitive (${differenceText(-change, metric)})`
      : `left alone in float, ${cutMiddle(worst.layer, 40)} gains most (${differenceText(change, metric)})`;
  });
  const text = parts.join('; ');
  return `${capitalized(text)}.`;
}

function detailsText(rows: readonly Row[], by: 'cost' | 'gain'): string {
  const whole = rows[0]?.['whole_label'];
  const settings = numberOf(rows[0]!, 'settings');
  const alphas = searchedAlphasText(textOrNull(rows[0]!, 'search_order'));
  return [
    `Quantized alone: drop from FP32 with only this layer quantized. Alone in float: gain over quantizing all${typeof whole === 'string' ? ` (${whole})` : ''}.`,
    `Layers are ranked by ${by === 'cost' ? 'the first' : 'the second'}: of the two that which tells more layers from 0, else the first. Intervals are of the paired difference over the evaluation samples, each for its layer alone.`,
    'Two layers are told apart by the paired test of their trials, p multiplied by the number of layers the most sensitive was chosen from.',
    ...(settings === 1 ? [] : [`Of the ${countText(settings, 'setting')} with such trials, one is shown.`]),
    ...(alphas === '' ? [] : [alphas]),
    legendHint,
  ].join(' ');
}

const orderControl: Control = {
  param: 'order',
  label: 'layers',
  options: [
    { value: 'cost', label: 'most sensitive first' },
    { value: 'graph', label: 'from input to output' },
  ],
};

function chart(rows: readonly Row[], ranked: readonly SensitiveLayer[], { metric }: SweepFacts): TopLevelSpec {
  const isGain = "datum.measure == 'gain_all_but'";
  const shownKinds = kinds.filter((_, index) =>
    rows.some((row) => row[index === 0 ? 'drop_only' : 'gain_all_but'] !== null),
  );
  const x = {
    field: 'change',
    type: 'quantitative' as const,
    title: `change of ${metric.name}${metric.isProportion ? ' (points of %)' : differenceUnitNote(metric)}, far right: worth keeping in float`,
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  const y = {
    ...layerAxis,
    field: 'place',
    axis: { ...layerAxis.axis, labelExpr: "layerNames[order == 'cost' ? ranked[datum.value] : datum.value]" },
  };
  const yOffset = { field: 'kind', type: 'nominal' as const, sort: [...shownKinds] };
  const kindColor = {
    field: 'kind',
    type: 'nominal' as const,
    title: null,
    scale: { domain: [...kinds], range: [color('cost'), color('gain')] },
    legend: { values: [...shownKinds] },
  };
  return {
    description: 'Sensitivity by layer',
    data: { name: 'rows' },
    width: 'container',
    height: (shownKinds.length > 1 ? 1.6 : 1) * layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'layerNames', value: layerNames(rows) },
      { name: 'order', value: 'cost' },
      { name: 'ranked', value: ranked.map(({ position }) => position) },
    ],
    transform: [
      { calculate: "order == 'cost' ? indexof(ranked, datum.position) : datum.position", as: 'place' },
      { fold: ['drop_only', 'gain_all_but'], as: ['measure', 'change'] },
      { filter: 'isValid(datum.change)' },
      { calculate: `${isGain} ? '${kinds[1]}' : '${kinds[0]}'`, as: 'kind' },
      { calculate: `${isGain} ? datum.gain_low : datum.cost_low`, as: 'low' },
      { calculate: `${isGain} ? datum.gain_high : datum.cost_high`, as: 'high' },
    ],
    layer: [
      {
        params: [legendFilter('kind')],
        mark: { type: 'bar', ...linkCursor },
        encoding: {
          ...layerLink,
          x,
          y,
          yOffset,
          opacity: shownOpacity(0.75),
          color: kindColor,
          tooltip: [
            layerTooltip,
            { field: 'kind', title: 'change' },
            { field: 'change', title: metric.shortName, format: metric.tooltipFormat },
            { field: 'low', title: '95 % from', format: metric.tooltipFormat },
            { field: 'high', title: '95 % to', format: metric.tooltipFormat },
            { field: 'only_divergence', title: 'divergence alone', format: '.3~g' },
            { field: 'rank', title: 'rank by divergence' },
          ],
        },
      },
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', strokeWidth: 1.5, color: color('text'), tooltip: null },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, yOffset, opacity: shownOpacity(0.8) },
      },
    ],
  };
}
