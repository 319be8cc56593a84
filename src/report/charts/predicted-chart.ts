import type { TopLevelSpec } from 'vega-lite';
import type { Row } from '../query.js';
import { numberOf, numberOrNull } from '../query.js';
import { layerLink, linkCursor, trialLink } from './interaction.js';
import { chartHeading } from './linked-charts.js';
import { color } from './theme.js';

/** What one point of {@link predictedChart} is. */
export type PointOf = 'layer' | 'trial';

/**
 * Predicted over measured squared errors, both over the same power, with the diagonal on which they
 * are equal. Rows of v_predicted_loss; those without a measured error above 0 are left out.
 *
 * @param large number of the trial that stands out; null: none
 */
export function predictedChart(
  rows: readonly Row[],
  pointOf: PointOf,
  description: string,
  large: number | null = null,
): TopLevelSpec {
  const values = comparedRows(rows).flatMap((row) => [
    numberOf(row, 'predicted_relative'),
    numberOf(row, 'measured_relative'),
  ]);
  const domain = [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
  const axis = (field: string, title: string | null) => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { format: '.1~g', tickCount: 5, grid: false },
  });
  const x = axis('measured_relative', 'measured squared error');
  const y = axis('predicted_relative', null);
  return {
    description,
    data: { name: 'rows' },
    title: chartHeading('predicted squared error, both over the square of the output'),
    width: 'container',
    height: 220,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    layer: [
      {
        data: { values: domain.map((end) => ({ measured_relative: end, predicted_relative: end })) },
        mark: { type: 'line', color: color('muted'), strokeDash: [3, 3], strokeWidth: 1 },
        encoding: { x, y },
      },
      {
        transform: [{ filter: 'datum.measured_relative > 0 && datum.predicted_relative > 0' }],
        mark: { type: 'point', filled: true, opacity: 0.85, color: color('smoothed'), ...linkCursor },
        encoding: {
          ...(pointOf === 'layer' ? layerLink : trialLink),
          x,
          y,
          size:
            large === null ? { value: 50 } : { condition: { test: `datum.trial == ${large}`, value: 160 }, value: 50 },
          tooltip: [
            pointOf === 'layer' ? { field: 'layer', title: 'layer' } : { field: 'label', title: 'trial' },
            { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' },
            { field: 'predicted_relative', title: 'predicted', format: '.3~g' },
            { field: 'measured_relative', title: 'measured', format: '.3~g' },
            { field: 'ratio', title: 'predicted / measured', format: '.3~g' },
            { field: 'weight_error', title: 'by the weight (mse)', format: '.3~g' },
            { field: 'input_error', title: 'by the input (mse)', format: '.3~g' },
          ],
        },
      },
    ],
  };
}

/** Rows whose two errors are both above 0: a logarithmic axis has no other. */
export function comparedRows(rows: readonly Row[]): readonly Row[] {
  return rows.filter(
    (row) => (numberOrNull(row, 'measured_relative') ?? 0) > 0 && (numberOrNull(row, 'predicted_relative') ?? 0) > 0,
  );
}
