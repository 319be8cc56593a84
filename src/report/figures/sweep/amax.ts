import type { TopLevelSpec } from 'vega-lite';
import type { AbsentContent, Figure, FigureContent } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { TrialFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { layerLink, legendFilter, legendHint, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * What smoothing did to the quantizers' ranges in the best trial: amax of input and weight, before
 * and after.
 */
export const amaxBeforeAfter: Figure = {
  id: 'amax',
  section: 'ranges',
  name: 'ranges before and after smoothing',
  title: ({ best }) => `Ranges before and after smoothing${best === null ? '' : ` (${best.label})`}`,
  sql: ({ sweep, best }) => amaxSql(sweep.name, best?.trial ?? -1),
  build: (rows, { best }) =>
    amaxContent(rows, best, {
      note: 'No ranges yet: they need a finished setting with smoothing.mode static or dynamic.',
      brief: 'no finished setting',
    }),
};

/** Both quantizers of each layer of a trial. */
export function amaxSql(sweep: string, trial: number): string {
  return `SELECT position, layer, role, granularity, bits, layer_alpha, amax_unsmoothed, amax, ratio
FROM v_amax WHERE sweep = ${sqlText(sweep)} AND trial = ${trial} ORDER BY role, position`;
}

/** The rows of {@link amaxSql} as two charts, inputs and weights; `absent` where there is none. */
export function amaxContent(
  rows: readonly Row[],
  trial: TrialFacts | null,
  absent: Omit<AbsentContent, 'kind'>,
): FigureContent {
  if (rows.length === 0) return { kind: 'absent', ...absent };
  return {
    kind: 'charts',
    controls: [],
    caption: `amax, the range that a quantizer’s levels cover, on a log scale. ${shrinkText(rows)}`,
    details: `amax is in units of the tensor; smaller is finer. Smoothing moves range from the input to the weight. Of a quantizer per channel the largest is drawn. ${legendHint}`,
    panels: (['input', 'weight'] as const).flatMap((role) => {
      const shown = rows.filter((row) => row['role'] === role);
      const granularity = shown[0]?.['granularity'] === 'channel' ? ', largest over output channels' : '';
      const alt = `Dot plot of ${role} amax of each layer before and after smoothing, ${trial?.label ?? ''}. ${shrinkText(rows)}`;
      return shown.length === 0
        ? []
        : [{ title: `${role} quantizer${granularity}`, alt, spec: chart(shown, role, alt) }];
    }),
  };
}

function shrinkText(rows: readonly Row[]): string {
  const ratios = rows.filter((row) => row['role'] === 'input' && typeof row['ratio'] === 'number');
  if (ratios.length === 0) return '';
  const most = ratios.reduce((least, row) => (numberOf(row, 'ratio') < numberOf(least, 'ratio') ? row : least));
  return `Smoothing shrinks it most on ${cutMiddle(textOf(most, 'layer'), 40)}: input amax ${significantText(numberOf(most, 'amax_unsmoothed'), 3)} to ${significantText(numberOf(most, 'amax'), 3)}.`;
}

function chart(rows: readonly Row[], role: 'input' | 'weight', description: string): TopLevelSpec {
  const x = {
    type: 'quantitative' as const,
    title: `${role} amax, units of the tensor, smaller is finer`,
    scale: { type: 'log' as const, nice: false, padding: 10 },
    axis: { format: '~g', labelOverlap: 'greedy' as const, tickCount: 6 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
    transform: [{ filter: `datum.role == '${role}' && datum.amax > 0 && datum.amax_unsmoothed > 0` }],
    layer: [
      {
        mark: { type: 'rule', color: color('muted'), strokeWidth: 1.5 },
        encoding: { y: layerAxis, x: { ...x, field: 'amax_unsmoothed' }, x2: { field: 'amax' } },
      },
      {
        transform: [
          { fold: ['amax_unsmoothed', 'amax'], as: ['which', 'range'] },
          { calculate: "datum.which == 'amax' ? 'after smoothing' : 'before'", as: 'when' },
        ],
        params: [legendFilter('when')],
        mark: { type: 'point', filled: true, size: 55, ...linkCursor },
        encoding: {
          ...layerLink,
          opacity: shownOpacity(1),
          y: layerAxis,
          x: { ...x, field: 'range' },
          color: {
            field: 'when',
            type: 'nominal',
            title: null,
            scale: { domain: ['before', 'after smoothing'], range: [color('unsmoothed'), color('smoothed')] },
          },
          shape: {
            field: 'when',
            type: 'nominal',
            title: null,
            scale: { domain: ['before', 'after smoothing'], range: ['circle', 'diamond'] },
          },
          tooltip: [
            layerTooltip,
            { field: 'amax_unsmoothed', title: 'amax before', format: '.4~g' },
            { field: 'amax', title: 'amax after', format: '.4~g' },
            { field: 'ratio', title: 'after / before', format: '.3~g' },
            { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' },
            { field: 'bits', title: 'bits' },
          ],
        },
      },
    ],
  };
}
