import { smoothingModeNames, smoothingModes } from '../../../smooth/modes/registry.js';
import type { TopLevelSpec } from 'vega-lite';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { countText, significantText } from '../../number-text.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import { color } from '../../charts/theme.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { alphaDomain } from '../../charts/alpha-domain.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/** The alpha of each layer and what its s came to. */
export const trialSmoothing: PageFigure<TrialPageFacts> = {
  id: 'smoothing',
  section: 'layers',
  name: 'smoothing',
  title: () => 'Smoothing of each layer',
  sql: ({ sweep, trial }) =>
    `SELECT position, layer, layer_alpha, apply, fallback_reason, s_min, s_geomean, s_max, dead_channels, input_channels
FROM v_smoothing WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial} ORDER BY position`,
  build: (rows, { trial }) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note:
          trial.alphaMode === 'none'
            ? `This trial does not smooth: set smoothing.mode to ${others.slice(0, -1).join(', ')} or ${others.at(-1)!}.`
            : 'No smoothing factors are stored: they come when the trial has finished.',
        brief: trial.alphaMode === 'none' ? 'smoothing.mode' : 'not finished',
      };
    }
    const caption = captionText(rows);
    const alphas = rows.some((row) => numberOrNull(row, 'layer_alpha') !== null);
    const differ = new Set(rows.map((row) => row['layer_alpha'])).size > 1;
    return {
      kind: 'charts',
      controls: [],
      caption,
      details: detailsText(rows),
      panels: [
        ...(alphas && differ
          ? [{ title: 'alpha', alt: `Dot plot of the alpha of each layer. ${caption}`, spec: alphaChart(rows) }]
          : []),
        {
          title: alphas && differ ? 's' : '',
          alt: `Range plot of the smoothing factors s of each layer. ${caption}`,
          spec: factorChart(rows),
        },
      ],
    };
  },
};

/** What smooths, as settings name it. */
const others = smoothingModeNames.filter((mode) => smoothingModes[mode].apply !== 'none');

function captionText(rows: readonly Row[]): string {
  const widest = rows.reduce((most, row) => (spread(row) > spread(most) ? row : most));
  const fallen = fallbacks(rows).length;
  const others = fallen === 0 ? '' : ` ${fallen} of ${countText(rows.length, 'layer')} not smoothed as asked.`;
  return `The factor s of each layer’s input channels: bar from the smallest to the largest, dot their geometric mean. Widest: ${cutMiddle(textOf(widest, 'layer'), 30)}, ${significantText(numberOf(widest, 's_min'), 3)} to ${significantText(numberOf(widest, 's_max'), 3)}.${others}`;
}

function detailsText(rows: readonly Row[]): string {
  const dead = rows.reduce((sum, row) => sum + (numberOrNull(row, 'dead_channels') ?? 0), 0);
  const fallen = fallbacks(rows);
  const reason = fallen[0] === undefined ? '' : textOf(fallen[0], 'fallback_reason').slice(0, 160);
  return `Each input channel is divided by its s, the weight multiplied by it; line: s = 1, unchanged.${dead === 0 ? '' : ` ${countText(dead, 'dead channel')} ${dead === 1 ? 'keeps' : 'keep'} s = 1.`}${formsText(rows)}${fallen.length === 0 ? '' : ` Not smoothed as asked: ${reason}${fallen.length > 1 ? ' (and others, in the data)' : ''}.`}`;
}

/** How the layers have it, where a target has forms of its own. */
function formsText(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(textOf(row, 'apply'), (counts.get(textOf(row, 'apply')) ?? 0) + 1);
  if (!formsOfTargets.some((form) => counts.has(form))) return '';
  return ` Layers by form: ${[...counts].map(([form, count]) => `${form} ${count}`).join(', ')}.`;
}

const formsOfTargets = ['requantize', 'depthwise', 'channelQuantize'];

function fallbacks(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => textOrNull(row, 'fallback_reason') !== null);
}

function spread(row: Row): number {
  const [low, high] = [numberOrNull(row, 's_min'), numberOrNull(row, 's_max')];
  return low === null || high === null || low <= 0 ? 0 : high / low;
}

function tooltips() {
  return [
    layerTooltip,
    { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' as const },
    { field: 's_min', title: 'smallest s', format: '.4~g' },
    { field: 's_geomean', title: 'geometric mean', format: '.4~g' },
    { field: 's_max', title: 'largest s', format: '.4~g' },
    { field: 'dead_channels', title: 'dead channels' },
    { field: 'input_channels', title: 'input channels' },
    { field: 'apply', title: 'applied by', type: 'nominal' as const },
    { field: 'fallback_reason', title: 'why not as requested', type: 'nominal' as const },
  ];
}

function base(rows: readonly Row[], description: string) {
  return {
    description,
    data: { name: 'rows' },
    width: 'container' as const,
    height: layersHeight(rows),
    autosize: { type: 'fit-x' as const, contains: 'padding' as const, resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
  };
}

function alphaChart(rows: readonly Row[]): TopLevelSpec {
  return {
    ...base(rows, 'Alpha of each layer'),
    transform: [{ filter: 'isValid(datum.layer_alpha)' }],
    mark: { type: 'point', filled: true, size: 55, color: color('smoothed'), ...linkCursor },
    encoding: {
      ...layerLink,
      y: layerAxis,
      x: {
        field: 'layer_alpha',
        type: 'quantitative',
        title: 'alpha, share of the range moved into the weights',
        scale: { domain: alphaDomain(rows.map((row) => numberOrNull(row, 'layer_alpha'))), nice: false },
        axis: { tickCount: 5 },
      },
      tooltip: tooltips(),
    },
  };
}

function factorChart(rows: readonly Row[]): TopLevelSpec {
  const x = {
    type: 'quantitative' as const,
    title: 's, factor (log scale)',
    scale: { type: 'log' as const, nice: false, padding: 10 },
    axis: { format: '~g', labelOverlap: 'greedy' as const, tickCount: 6 },
  };
  return {
    ...base(rows, 'Smoothing factors of each layer'),
    transform: [{ filter: 'datum.s_min > 0 && datum.s_max > 0' }],
    layer: [
      { mark: { type: 'rule', color: color('fp32'), strokeWidth: 1 }, encoding: { x: { ...x, datum: 1 } } },
      {
        mark: { type: 'bar', height: 5, color: color('smoothed'), opacity: 0.45, ...linkCursor },
        encoding: {
          ...layerLink,
          y: layerAxis,
          x: { ...x, field: 's_min' },
          x2: { field: 's_max' },
          tooltip: tooltips(),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 45, color: color('smoothed'), ...linkCursor },
        encoding: { ...layerLink, y: layerAxis, x: { ...x, field: 's_geomean' }, tooltip: tooltips() },
      },
    ],
  };
}
