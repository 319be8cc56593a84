import { drawnLoss, drawnLossParams } from '../../charts/drawn-loss.js';
import { drawnRanges, lossMeasures } from '../../charts/loss-measures.js';
import type { Row } from '../../query.js';
import type { LayerDumbbell } from './layer-dumbbell.js';

/**
 * The loss of each layer in the compared trials, on the scale and by the measure that the controls
 * choose.
 *
 * @param rows of {@link lossColumns}, all modes
 * @param mode the quantized part that is shown first
 */
export function lossDumbbell(description: string, rows: readonly Row[], mode: string): LayerDumbbell {
  return {
    description,
    rows: rows.filter((row) => row['mode'] === mode),
    field: 'drawn',
    title: { expr: drawnLoss.axisTitle },
    x: {
      title: null,
      scale: { ...drawnLoss.scale, padding: 10 },
      axis: { values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr, labelOverlap: 'greedy' },
    },
    params: drawnLossParams(mode, drawnRanges(rows)),
    transform: [...drawnLoss.transform],
    tooltip: lossMeasures.map(({ field, name, format }) => ({ field, title: name, format })),
  };
}
