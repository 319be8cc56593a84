import type { TopLevelSpec } from 'vega-lite';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull } from '../../query.js';
import { lineNames } from '../../charts/line-names.js';
import { color, lossRange } from '../../charts/theme.js';
import { alphaColumnAxis, labelledAlphas } from '../../charts/alpha-columns.js';
import { drawnLoss, drawnLossParams } from '../../charts/drawn-loss.js';
import { layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';
import {
  chartHeading,
  chosenOpacity,
  detail,
  fixedRoom,
  hoveredSize,
  layerDepth,
  linkedCharts,
  linkedLayerAxis,
  overview,
} from '../../charts/linked-charts.js';
import type { DrawnRange } from '../../charts/drawn-range.js';
import { smoothingModes, type AlphaMode } from '../../../smooth/modes/registry.js';
import { besideModes, isMode, lineModes } from '../../charts/smoothing-mode-marks.js';
import { lossMeasures } from '../../charts/loss-measures.js';

const columnOf = (mode: AlphaMode): string => smoothingModes[mode].appearance.column;

/**
 * Heatmap of layer x alpha over the lines of each layer, of the trials of one calibration size and
 * variant.
 */
export function layerLossChart(
  rows: readonly Row[],
  ranges: Readonly<Record<string, DrawnRange>>,
  mode: string,
  description: string,
): TopLevelSpec {
  const trials = [...new Set(rows.map((row) => numberOf(row, 'trial')))];
  const alphas = [...new Set(rows.map((row) => numberOrNull(row, 'trial_alpha')))]
    .filter((alpha) => alpha !== null)
    .sort((a, b) => a - b);
  const modes = new Set(rows.map((row) => row['alpha_mode']));
  const columns = [
    ...(modes.has('none') ? ['none'] : []),
    ...alphas.map(String),
    ...besideModes.filter((mode) => modes.has(mode)).map(columnOf),
  ];
  const x = {
    field: 'column',
    type: 'ordinal' as const,
    title: 'alpha',
    axis: {
      ...alphaColumnAxis,
      values: columns.filter((column) => !alphas.map(String).includes(column)).concat(labelledAlphas(alphas)),
    },
    scale: { domain: columns },
  };
  const y = {
    field: 'drawn',
    type: 'quantitative' as const,
    title: null,
    scale: drawnLoss.scale,
    axis: { ...fixedRoom, values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr },
  };
  const depth = layerDepth(rows);
  const tooltip = [
    layerTooltip,
    { field: 'column', title: 'alpha of the trial' },
    { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' as const },
    ...lossMeasures.map(({ field, name, format }) => ({ field, title: name, format })),
  ];
  const heading = chartHeading({ expr: drawnLoss.axisTitle });
  return linkedCharts({
    description,
    names: layerNames(rows),
    params: drawnLossParams(mode, ranges),
    transform: [
      { filter: { field: 'trial', oneOf: trials } },
      {
        calculate: `datum.role == 'unsmoothed' ? 'none' : ${besideModes.map((mode) => `${isMode([mode])} ? '${columnOf(mode)}' : `).join('')}toString(datum.trial_alpha)`,
        as: 'column',
      },
      ...drawnLoss.transform,
    ],
    overview: {
      name: overview,
      width: 400,
      height: layersHeight(rows),
      title: heading,
      mark: { type: 'rect', cursor: 'pointer' },
      encoding: {
        x: { ...x, title: null, scale: { ...x.scale, paddingInner: 0.04 } },
        y: linkedLayerAxis,
        color: {
          ...y,
          scale: { ...y.scale, range: lossRange },
          legend: { gradientLength: 200, values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr },
        },
        opacity: chosenOpacity(1, 0.3),
        tooltip,
      },
    },
    detail: {
      width: 400,
      height: 180,
      title: heading,
      encoding: { x, y },
      layer: [
        {
          transform: [{ filter: "datum.role == 'unsmoothed'" }, { filter: { param: 'layers', empty: false } }],
          mark: { type: 'rule', color: color('unsmoothed'), strokeDash: [5, 4] },
          encoding: { x: { value: 0 }, x2: { value: 'width' } },
        },
        {
          transform: [{ filter: isMode(lineModes) }],
          mark: { type: 'line' },
          encoding: {
            color: depth,
            detail: { field: 'position' },
            opacity: chosenOpacity(0.85, 0.06),
            strokeWidth: hoveredSize(4, 1.5),
          },
        },
        {
          name: detail,
          mark: { type: 'point', filled: true, cursor: 'pointer' },
          encoding: {
            color: depth,
            shape: {
              condition: { test: `${isMode(lineModes)} || datum.role == 'unsmoothed'`, value: 'circle' },
              value: 'diamond',
            },
            size: { condition: { test: isMode(lineModes), value: 20 }, value: 44 },
            opacity: chosenOpacity(1, 0.06),
            tooltip,
          },
        },
        ...lineNames({
          rows,
          at: `datum.trial_alpha == ${alphas.at(-1) ?? -1} && ${isMode(lineModes)}`,
          align: 'right',
          selectedBy: ['hovered', 'layers'],
        }),
      ],
    },
  });
}
