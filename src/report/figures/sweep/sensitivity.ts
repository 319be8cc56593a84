import type { TopLevelSpec } from 'vega-lite';
import type { Control, Figure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { differenceText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import { searchedAlphasText } from '../../facts/searched-alphas.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { layerLink, legendFilter, legendHint, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * Which layers pay: what each costs by itself, and what it brings back when it alone stays in
 * float.
 */
export const sensitivity: Figure = {
  id: 'sensitivity',
  section: 'layers',
  name: 'sensitivity',
  title: () => 'Sensitivity: each layer by itself',
  sql: ({ sweep }) =>
    `WITH every AS MATERIALIZED (SELECT * FROM v_sensitivity WHERE sweep = ${sqlText(sweep.name)})
SELECT setting, whole_label, position, layer, op, rank, drop_only, only_value, only_divergence, gain_all_but, all_but_value,
       (SELECT count(DISTINCT setting) FROM every) AS settings,
       (SELECT search_order FROM v_trial t WHERE t.sweep = ${sqlText(sweep.name)} AND t.trial = coalesce(only_trial, all_but_trial)) AS search_order
FROM every WHERE setting = (SELECT setting FROM every ORDER BY whole_trial IS NULL, setting LIMIT 1) ORDER BY position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Sensitivity of each layer: layers.sensitivity: [only, allBut] in the grid measures it.',
        brief: 'layers.sensitivity',
      };
    }
    const caption = captionText(rows, facts);
    return {
      kind: 'charts',
      controls: [orderControl],
      caption,
      details: detailsText(rows),
      panels: [{ title: '', alt: `Bars by layer: ${caption}`, spec: chart(rows, facts) }],
    };
  },
};

function captionText(rows: readonly Row[], { metric }: SweepFacts): string {
  const worst = largest(rows, 'drop_only');
  const best = largest(rows, 'gain_all_but');
  const parts = [
    ...(worst === null
      ? []
      : [
          `Quantized alone, ${cutMiddle(textOf(worst, 'layer'), 40)} is the most sensitive (${differenceText(-(numberOrNull(worst, 'drop_only') ?? 0), metric)})`,
        ]),
    ...(best === null
      ? []
      : [
          `${worst === null ? 'Left' : 'left'} alone in float, ${cutMiddle(textOf(best, 'layer'), 40)} gains most (${differenceText(numberOrNull(best, 'gain_all_but'), metric)})`,
        ]),
  ];
  return `${parts.join('; ')}.`;
}

function detailsText(rows: readonly Row[]): string {
  const whole = rows[0]?.['whole_label'];
  const settings = numberOf(rows[0]!, 'settings');
  const others = settings === 1 ? '' : ` Of the ${settings} settings with such trials, one is shown.`;
  const alphas = searchedAlphasText(textOrNull(rows[0]!, 'search_order'));
  return `Quantized alone: drop from FP32 with only this layer quantized; alone in float: gain over quantizing all${typeof whole === 'string' ? ` (${whole})` : ''}.${others}${alphas === '' ? '' : ` ${alphas}`} ${legendHint}`;
}

const orderControl: Control = {
  param: 'order',
  label: 'layers',
  options: [
    { value: 'cost', label: 'most sensitive first' },
    { value: 'graph', label: 'from input to output' },
  ],
};

/**
 * Positions of the layers, those first that cost most alone; where that is not known, that bring
 * most in float.
 */
function ranked(rows: readonly Row[]): number[] {
  const cost = (row: Row): number => numberOrNull(row, 'drop_only') ?? numberOrNull(row, 'gain_all_but') ?? -Infinity;
  return [...rows].sort((a, b) => cost(b) - cost(a)).map((row) => numberOf(row, 'position'));
}

function largest(rows: readonly Row[], field: string): Row | null {
  return rows.reduce<Row | null>((most, row) => {
    const value = numberOrNull(row, field);
    return value !== null && value > (most === null ? -Infinity : (numberOrNull(most, field) ?? -Infinity))
      ? row
      : most;
  }, null);
}

function chart(rows: readonly Row[], { metric }: SweepFacts): TopLevelSpec {
  const kinds = ['quantized alone', 'alone in float'];
  return {
    description: 'Sensitivity by layer',
    data: { name: 'rows' },
    width: 'container',
    height: 1.6 * layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'layerNames', value: layerNames(rows) },
      { name: 'order', value: 'cost' },
      { name: 'ranked', value: ranked(rows) },
      legendFilter('kind'),
    ],
    transform: [
      { calculate: "order == 'cost' ? indexof(ranked, datum.position) : datum.position", as: 'place' },
      { fold: ['drop_only', 'gain_all_but'], as: ['measure', 'change'] },
      { filter: 'isValid(datum.change)' },
      { calculate: `datum.measure == 'drop_only' ? '${kinds[0]}' : '${kinds[1]}'`, as: 'kind' },
    ],
    mark: { type: 'bar', ...linkCursor },
    encoding: {
      ...layerLink,
      x: {
        field: 'change',
        type: 'quantitative',
        title: `change of ${metric.name}${metric.isProportion ? ' (points of %)' : ''}, far right: a layer worth keeping in float`,
        axis: { format: metric.axisFormat, tickCount: 6 },
      },
      y: {
        ...layerAxis,
        field: 'place',
        axis: { ...layerAxis.axis, labelExpr: "layerNames[order == 'cost' ? ranked[datum.value] : datum.value]" },
      },
      opacity: shownOpacity(1),
      yOffset: { field: 'kind', type: 'nominal', sort: kinds },
      color: {
        field: 'kind',
        type: 'nominal',
        title: null,
        scale: { domain: kinds, range: [color('cost'), color('gain')] },
      },
      tooltip: [
        layerTooltip,
        { field: 'kind', title: 'change' },
        { field: 'change', title: metric.shortName, format: metric.tooltipFormat },
        { field: 'only_divergence', title: 'divergence alone', format: '.3~e' },
        { field: 'rank', title: 'rank by divergence' },
      ],
    },
  };
}
