import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { zoom, zoomHint } from '../../charts/interaction.js';
import { layerNames, layerTooltip } from '../../charts/layer-axis.js';
import { lineNames } from '../../charts/line-names.js';

/**
 * How the unsmoothed input amax grows with the number of calibration batches: a line per layer and
 * their median. One calibration pass only, since ranges of two models, data sets or orders of
 * samples have no mean: of the best trial's model the longest pass, among equals the one that the
 * trial is calibrated on.
 */
export const amaxConvergence: Figure = {
  id: 'amax-convergence',
  section: 'ranges',
  name: 'ranges over calibration batches',
  title: () => 'How many batches until the ranges settle',
  sql: ({ sweep, best }) =>
    `WITH own AS MATERIALIZED (SELECT * FROM v_amax_convergence WHERE sweep = ${sqlText(sweep.name)}),
pass AS (SELECT pass, model_sha256, max(batches) AS longest FROM own GROUP BY pass),
best AS (SELECT k.calibration_pass, p.model_sha256 FROM v_alike k JOIN pass p ON p.pass = k.calibration_pass
  WHERE k.sweep = ${sqlText(sweep.name)} AND k.trial = ${best?.trial ?? -1})
SELECT batches, samples, position, layer, amax, share_of_largest, model, calibrator, calibration_seed, source, pass,
       (SELECT count(*) FROM pass) AS passes, (SELECT count(DISTINCT model_sha256) FROM pass) AS models
FROM own WHERE pass = (
  SELECT p.pass FROM pass p LEFT JOIN best b ON true
  ORDER BY p.model_sha256 IS b.model_sha256 DESC, p.longest DESC, p.pass IS b.calibration_pass DESC, p.pass LIMIT 1)
ORDER BY position, batches`,
  build: (rows, facts) => {
    const batches = new Set(rows.map((row) => numberOf(row, 'batches')));
    if (batches.size < 2) {
      return {
        kind: 'absent',
        note: 'Ranges are known for fewer than two calibration sizes: a larger data.calibration.batches adds sizes in between.',
        brief: 'data.calibration.batches',
      };
    }
    const caption = captionText(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption,
      details: detailsText(rows, facts),
      panels: [
        {
          title: '',
          alt: `Line chart of input amax over calibration batches. ${caption}`,
          spec: chart(rows, facts, caption),
        },
      ],
    };
  },
};

function captionText(rows: readonly Row[], { sizes }: SweepFacts): string {
  const [size] = sizes;
  const seen = size === undefined || sizes.length < 2 ? null : sharesAt(rows, size);
  const told =
    seen === null
      ? ''
      : ` After ${countText(size ?? 0, 'batch', 'batches')} the median layer has seen ${percent(seen.middle)} of it, the lowest ${percent(seen.lowest)}.`;
  return `Input amax without smoothing, as a share of the largest seen. Thick: the median layer; dashed: the sweep’s sizes.${told}`;
}

function detailsText(rows: readonly Row[], { sizes, best }: SweepFacts): string {
  const parts = sizes.slice(0, -1).flatMap((size) => {
    const seen = sharesAt(rows, size);
    return seen === null
      ? []
      : [
          ` After ${countText(size, 'batch', 'batches')} the median layer has seen ${percent(seen.middle)} of its final range, the lowest ${percent(seen.lowest)}.`,
        ];
  });
  return `Thin lines: layers. Point at a line to see its layer’s name. ${zoomHint}${parts.join('')}${passText(rows[0], best !== null)}`;
}

/** Median and least share of their final range that the layers have seen; null: not known. */
function sharesAt(rows: readonly Row[], size: number): { readonly middle: number; readonly lowest: number } | null {
  const values = rows
    .filter((row) => row['batches'] === size && row['share_of_largest'] !== null)
    .map((row) => numberOf(row, 'share_of_largest'))
    .sort((a, b) => a - b);
  const [lowest] = values;
  return lowest === undefined ? null : { middle: values[Math.floor(values.length / 2)] ?? 0, lowest };
}

/** Which of several passes is shown; empty where the sweep has one. */
function passText(row: Row | undefined, ofBest: boolean): string {
  if (row === undefined || numberOf(row, 'passes') < 2) return '';
  const [passes, models] = [numberOf(row, 'passes'), numberOf(row, 'models')];
  const among = models > 1 ? `${passes} calibration passes over ${models} models` : `${passes} calibration passes`;
  return ` Of the ${among} of the sweep, this is the longest of ${textOf(row, 'model').slice(0, 120)}${seedText(row)}${models > 1 && ofBest ? ', the model of the best setting' : ''}.`;
}

function seedText(row: Row): string {
  const seed = numberOrNull(row, 'calibration_seed');
  return seed === null ? '' : `, seed ${seed}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function chart(rows: readonly Row[], { sizes }: SweepFacts, description: string): TopLevelSpec {
  const x = {
    field: 'batches',
    type: 'quantitative' as const,
    title: 'calibration batches',
    scale: { type: 'log' as const, nice: false, padding: 8 },
    axis: {
      values: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
      format: 'd',
      labelOverlap: 'greedy' as const,
      grid: false,
    },
  };
  const y = {
    field: 'share_of_largest',
    type: 'quantitative' as const,
    title: 'share of final amax (%), 100 is settled',
    scale: { zero: false, nice: false, padding: 8 },
    axis: { format: '.0%', tickCount: 6 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 320,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
    layer: [
      {
        params: [zoom],
        mark: { type: 'line', color: color('smoothed'), clip: true },
        encoding: {
          x,
          y,
          detail: { field: 'position', type: 'nominal' },
          strokeWidth: hovered(3, 1),
          opacity: hovered(1, 0.45),
        },
      },
      {
        params: [
          { name: 'hovered', select: { type: 'point', fields: ['position'], on: 'pointerover', clear: 'pointerout' } },
        ],
        mark: { type: 'point', filled: true, size: 22, opacity: 0.6, color: color('smoothed'), clip: true },
        encoding: {
          x,
          y,
          tooltip: [
            layerTooltip,
            { field: 'batches', title: 'batches' },
            { field: 'samples', title: 'samples' },
            { field: 'amax', title: 'amax', format: '.4~g' },
            { field: 'share_of_largest', title: 'share of the largest', format: '.1%' },
          ],
        },
      },
      {
        transform: [{ aggregate: [{ op: 'median', field: 'share_of_largest', as: 'middle' }], groupby: ['batches'] }],
        mark: { type: 'line', strokeWidth: 3, color: color('text'), clip: true },
        encoding: { x, y: { ...y, field: 'middle' } },
      },
      ...lineNames({
        rows,
        at: `datum.batches == ${Math.min(...rows.map((row) => numberOf(row, 'batches')))}`,
        align: 'left',
        encoding: { x, y },
        selectedBy: ['hovered'],
      }),
      {
        data: { values: sizes.map((size) => ({ size })) },
        mark: { type: 'rule', strokeDash: [3, 3], color: color('muted'), clip: true },
        encoding: { x: { ...x, field: 'size' } },
      },
    ],
  };
}

/** A value for the layer pointed at, else another. */
function hovered(pointedAt: number, other: number) {
  return { condition: { param: 'hovered', empty: false, value: pointedAt }, value: other };
}
