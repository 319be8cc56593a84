import { lineModes } from '../../charts/smoothing-mode-marks.js';
import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn, SizePart } from '../drawn-parts.js';
import { drawnText, leftOutText, mostLayers, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { medianOf } from '../../../statistics/median.js';
import { cutMiddle } from '../../cut-middle.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { hasBothMethods, methodParts, oneMethod } from './absmax-accuracy.js';
import { layerLink, legendFilter, legendHint, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * Where the wrong axis costs: input amax and L1 of each layer under both absmax methods at one
 * static alpha.
 */
export const absmaxLayers: Figure = {
  id: 'absmax-layers',
  section: 'absmax',
  name: 'layers by absmax method',
  title: () => 'Where it costs: input amax and loss of each layer by absmax method',
  sql: (facts) =>
    `SELECT a.trial, a.label, a.absmax, a.trial_alpha, a.calibration_batches, a.position, a.layer, a.amax, l.l1
FROM v_amax a JOIN v_layer_loss l ON l.sweep = a.sweep AND l.trial = a.trial AND l.position = a.position AND l.mode = 'accumulated'
WHERE a.sweep = ${sqlText(facts.sweep.name)} AND a.role = 'input' AND a.alpha_mode IN (${lineModes.map(sqlText).join(', ')})${onlyTrials(drawnParts(facts).trials, 'a.trial')} ORDER BY a.trial, a.position`,
  build: (rows, facts) => {
    if (!hasBothMethods(facts)) return oneMethod;
    const both = ['channel', 'view'].map((method) => new Set(rows.filter((r) => r['absmax'] === method).map(pointOf)));
    const points = [...(both[0] ?? [])].filter((point) => both[1]?.has(point) === true);
    if (points.length === 0) {
      return {
        kind: 'absent',
        note: 'No static alpha has finished under both absmax methods at one calibration size.',
        brief: 'no static alpha under both methods',
      };
    }
    const alphas = distinct(rows, 'trial_alpha', points);
    const sizes = distinct(rows, 'calibration_batches', points).reverse();
    const best = facts.best?.alpha ?? null;
    const first = best !== null && alphas.includes(best) ? best : (alphas[Math.floor(alphas.length / 2)] ?? 0);
    const ratios = lossRatios(rows);
    return {
      kind: 'charts',
      controls: [
        {
          param: 'alpha',
          label: 'alpha',
          options: [first, ...alphas.filter((alpha) => alpha !== first)].map((value) => ({
            value,
            label: String(value),
          })),
        },
        {
          param: 'size',
          label: 'calibrated on',
          options: sizes.map((value) => ({ value, label: `${value} batches` })),
        },
      ],
      caption: `${ratioText(ratios)}${drawnText(drawnParts(facts))}`,
      details: `A layer’s ratio is its accumulated L1 under view over that under channel, the median over alphas and calibration sizes; worse: above 1.02. ${legendHint}${leftOutText(drawnParts(facts), 'combinations of calibration size and other settings with both methods', facts)}`,
      panels: (['amax', 'l1'] as const).map((measure) => {
        const title = measure === 'amax' ? 'input amax after smoothing' : 'accumulated L1 (lower is better)';
        const alt = `Dot plot of ${title} of each layer under absmax channel and view. ${ratioText(ratios)}`;
        return { title, alt, spec: chart(rows, measure, first, sizes[0] ?? 0, facts.variants.length > 2, alt) };
      }),
    };
  },
};

function drawnParts(facts: SweepFacts): Drawn<SizePart> {
  const layers = mostLayers(facts);
  return methodParts(facts, Infinity, ({ trials }) => trials.size * layers, drawnLimits.layerDots);
}

function pointOf(row: Row): string {
  return `${String(row['trial_alpha'])}/${String(row['calibration_batches'])}`;
}

function distinct(rows: readonly Row[], column: string, points: readonly string[]): number[] {
  const shown = rows.filter((row) => points.includes(pointOf(row)));
  return [...new Set(shown.map((row) => numberOf(row, column)))].sort((a, b) => a - b);
}

/**
 * Median over alphas and sizes of L1 under view divided by L1 under channel, by layer, worst first.
 */
function lossRatios(rows: readonly Row[]): { readonly layer: string; readonly ratio: number }[] {
  const keyOf = (row: Row): string => `${pointOf(row)}/${String(row['position'])}`;
  const channel = new Map(
    rows.filter((row) => row['absmax'] === 'channel').map((row) => [keyOf(row), numberOf(row, 'l1')]),
  );
  const byLayer = new Map<string, number[]>();
  for (const row of rows) {
    const other = channel.get(keyOf(row));
    if (row['absmax'] !== 'view' || other === undefined || other <= 0) continue;
    const layer = textOf(row, 'layer');
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), numberOf(row, 'l1') / other]);
  }
  return [...byLayer]
    .map(([layer, ratios]) => ({ layer, ratio: medianOf(ratios.sort((a, b) => a - b)) }))
    .sort((a, b) => b.ratio - a.ratio);
}

function ratioText(ratios: ReturnType<typeof lossRatios>): string {
  const worst = ratios[0];
  if (worst === undefined) return '';
  const harmed = ratios.filter(({ ratio }) => ratio > 1.02).length;
  const all = medianOf(ratios.map(({ ratio }) => ratio).reverse());
  return `Under view a layer’s L1 is ${significantText(all, 3)} times that under channel (median); ${harmed} of ${ratios.length} layers are over 2 % worse, most ${cutMiddle(worst.layer, 40)}: ${significantText(worst.ratio, 3)} times.`;
}

function chart(
  rows: readonly Row[],
  measure: 'amax' | 'l1',
  alpha: number,
  size: number,
  mixed: boolean,
  description: string,
): TopLevelSpec {
  const x = {
    type: 'quantitative' as const,
    title:
      measure === 'amax'
        ? 'input amax, units of the input, smaller is finer'
        : 'L1, units of the output, lower is better',
    scale: { type: 'log' as const, nice: false, padding: 10 },
    axis: { format: '~g', labelOverlap: 'greedy' as const, tickCount: 6 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'alpha', value: alpha },
      { name: 'size', value: size },
      { name: 'layerNames', value: { ...layerNames(rows) } },
    ],
    transform: [{ filter: `datum.trial_alpha == alpha && datum.calibration_batches == size && datum.${measure} > 0` }],
    layer: [
      {
        transform: [
          {
            aggregate: [
              { op: 'min', field: measure, as: 'low' },
              { op: 'max', field: measure, as: 'high' },
            ],
            groupby: ['position'],
          },
        ],
        mark: { type: 'rule', color: color('muted'), strokeWidth: 1.5 },
        encoding: { y: layerAxis, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      {
        params: [legendFilter('absmax')],
        mark: { type: 'point', filled: true, size: 55, ...linkCursor },
        encoding: {
          ...layerLink,
          opacity: shownOpacity(mixed ? 0.6 : 1),
          y: layerAxis,
          x: { ...x, field: measure },
          color: {
            field: 'absmax',
            type: 'nominal',
            title: 'absmax',
            scale: { domain: ['channel', 'view'], range: [color('absmaxChannel'), color('absmaxView')] },
          },
          shape: {
            field: 'absmax',
            type: 'nominal',
            title: 'absmax',
            scale: { domain: ['channel', 'view'], range: ['circle', 'triangle-up'] },
          },
          tooltip: [
            layerTooltip,
            { field: 'label', title: 'setting' },
            { field: 'amax', title: 'input amax', format: '.4~g' },
            { field: 'l1', title: 'L1', format: '.4~g' },
          ],
        },
      },
    ],
  };
}
