import { isMode, lineModes, modeShape, modesWithoutAlpha } from '../../charts/smoothing-mode-marks.js';
import type { TopLevelSpec } from 'vega-lite';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf } from '../../query.js';
import { color, sizeColors, sizeDashes } from '../../charts/theme.js';
import type { DrawnRange } from '../../charts/drawn-range.js';
import { legendFilter, linkCursor, shownOpacity, trialLink } from '../../charts/interaction.js';
import { drawnLoss, drawnLossParams } from '../../charts/drawn-loss.js';
import { chartHeading } from '../../charts/linked-charts.js';
import { lossMeasures } from '../../charts/loss-measures.js';

/** Where trials without an alpha of the layer stand beside the axis, which ends at 1. */
const besideAt = 1.05;

/** Loss over the layer's alpha for trials of one variant. */
export function lossOverAlphaChart(
  rows: readonly Row[],
  { sweep, shown }: LayerPageFacts,
  ranges: Readonly<Record<string, DrawnRange>>,
  mode: string,
  description: string,
): TopLevelSpec {
  const trials = [...new Set(rows.map((row) => numberOf(row, 'trial')))];
  const y = {
    field: 'drawn',
    type: 'quantitative' as const,
    title: null,
    scale: { ...drawnLoss.scale, padding: 8 },
    axis: { values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr },
  };
  const beside = rows.some((row) => (modesWithoutAlpha as readonly unknown[]).includes(row['alpha_mode']));
  const x = {
    field: 'at',
    type: 'quantitative' as const,
    title: 'alpha of the layer',
    scale: { domain: [0, beside ? besideAt + 0.03 : 1], nice: false },
    axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const sizes = sweep.sizes.map((size) => `${size} batches`);
  const size = {
    field: 'group',
    type: 'nominal' as const,
    title: 'calibrated on',
    scale: { domain: sizes, range: sizeColors(sizes.length) },
  };
  const dash = {
    field: 'group',
    type: 'nominal' as const,
    title: 'calibrated on',
    scale: { domain: sizes, range: sizeDashes(sizes.length) },
  };
  const tooltip = [
    { field: 'label', title: 'setting', type: 'nominal' as const },
    { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' as const },
    ...lossMeasures.map(({ field, name, format }) => ({ field, title: name, format })),
  ];
  const chosen = shown[0]?.alpha ?? null;
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 260,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    title: chartHeading({ expr: drawnLoss.axisTitle }),
    params: drawnLossParams(mode, ranges),
    transform: [
      { filter: { field: 'trial', oneOf: trials } },
      ...drawnLoss.transform,
      { calculate: "datum.calibration_batches + ' batches'", as: 'group' },
      { calculate: `isValid(datum.layer_alpha) ? datum.layer_alpha : ${besideAt}`, as: 'at' },
      { filter: 'isValid(datum.drawn)' },
    ],
    encoding: { y },
    layer: [
      ...(chosen === null
        ? []
        : [
            {
              data: { values: [{ at: chosen }] },
              mark: { type: 'rule' as const, color: color('muted'), strokeWidth: 1.2 },
              encoding: { x, y: { value: 0 }, y2: { value: 'height' as const } },
            },
          ]),
      {
        transform: [{ filter: "datum.role == 'unsmoothed'" }],
        mark: { type: 'rule', color: color('unsmoothed'), strokeDash: [5, 4], strokeWidth: 1.5, ...linkCursor },
        encoding: { ...trialLink, opacity: shownOpacity(1), tooltip },
      },
      {
        transform: [{ filter: isMode(lineModes) }],
        params: [legendFilter('group')],
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: { x, color: size, strokeDash: dash, detail: { field: 'group' }, opacity: shownOpacity(1) },
      },
      {
        transform: [{ filter: "datum.role != 'unsmoothed'" }],
        mark: { type: 'point', filled: true, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          color: size,
          shape: modeShape,
          size: { condition: { test: isMode(lineModes), value: 26 }, value: 110 },
          opacity: shownOpacity(1),
          tooltip,
        },
      },
    ],
  };
}
