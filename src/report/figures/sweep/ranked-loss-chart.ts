import type { TopLevelSpec } from 'vega-lite';
import { smoothingModes } from '../../../smooth/modes/registry.js';
import type { DrawnRange } from '../../charts/drawn-range.js';
import { drawnLoss, drawnLossParams } from '../../charts/drawn-loss.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';
import { chartHeading } from '../../charts/linked-charts.js';
import { lossMeasures } from '../../charts/loss-measures.js';
import { besideModes, isMode, modeShape } from '../../charts/smoothing-mode-marks.js';
import { color } from '../../charts/theme.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull } from '../../query.js';

/**
 * Layers by their loss, the worst first, a dot for each trial: where a sweep has one alpha at most,
 * and lines over alpha would be dots one above the other.
 */
export function rankedLossChart(
  rows: readonly Row[],
  ranges: Readonly<Record<string, DrawnRange>>,
  mode: string,
  description: string,
): TopLevelSpec {
  const trials = [...new Set(rows.map((row) => numberOf(row, 'trial')))];
  const alphas = [...new Set(rows.map((row) => numberOrNull(row, 'trial_alpha')))].filter((alpha) => alpha !== null);
  const has = (test: (row: Row) => boolean): boolean => rows.some(test);
  const names = [
    ...(has((row) => row['role'] === 'unsmoothed') ? ['unsmoothed'] : []),
    ...alphas.map((alpha) => `alpha ${alpha}`),
    ...besideModes
      .filter((one) => has((row) => row['alpha_mode'] === one))
      .map((one) => smoothingModes[one].appearance.phrase),
  ];
  const y = { ...layerAxis, sort: { field: 'drawn', op: 'max' as const, order: 'descending' as const } };
  const x = {
    field: 'drawn',
    type: 'quantitative' as const,
    title: null,
    scale: drawnLoss.scale,
    axis: { values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr },
  };
  return {
    description,
    data: { name: 'rows' },
    title: chartHeading({ expr: drawnLoss.axisTitle }),
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [...drawnLossParams(mode, ranges), { name: 'layerNames', value: { ...layerNames(rows) } }],
    transform: [
      { filter: { field: 'trial', oneOf: trials } },
      {
        calculate: `datum.role == 'unsmoothed' ? 'unsmoothed' : ${besideModes.map((one) => `${isMode([one])} ? '${smoothingModes[one].appearance.phrase}' : `).join('')}'alpha ' + datum.trial_alpha`,
        as: 'setting',
      },
      ...drawnLoss.transform,
      { filter: 'isValid(datum.drawn)' },
    ],
    layer: [
      {
        transform: [
          { aggregate: [{ op: 'max', field: 'drawn', as: 'drawn' }], groupby: ['position', 'layer'] },
          { calculate: `ranges[mode + ' ' + measure + ' ' + lossScale].low`, as: 'start' },
        ],
        mark: { type: 'rule', color: color('grid'), strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'start' }, x2: { field: 'drawn' }, y },
      },
      {
        mark: { type: 'point', filled: true, size: 64, opacity: 1, ...linkCursor },
        encoding: {
          x,
          y,
          color: {
            field: 'setting',
            type: 'nominal',
            title: null,
            scale: { domain: names, range: names.map((name) => color(name === 'unsmoothed' ? name : 'smoothed')) },
            legend: names.length < 2 ? null : { orient: 'top' },
          },
          shape: modeShape,
          tooltip: [
            layerTooltip,
            { field: 'setting', title: 'setting' },
            ...lossMeasures.map(({ field, name, format }) => ({ field, title: name, format })),
          ],
          ...layerLink,
        },
      },
    ],
  };
}
