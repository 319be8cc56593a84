import type { PageFigure } from '../figure.js';
import { predictedColumns, predictedContent } from '../predicted-losses.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { predictsLosses } from '../../facts/predicts-losses.js';
import { sqlText } from '../../query.js';

/** Points at most; of more trials the first. */
const mostTrials = 500;

/** What was predicted of the layer's loss against what was measured, a dot for each trial. */
export const predictedOverTrials: PageFigure<LayerPageFacts> = {
  id: 'predicted-losses',
  section: 'loss',
  name: 'predicted losses',
  appliesTo: ({ sweep }) => sweep.allTrials.some(predictsLosses),
  title: () => 'Loss of this layer, predicted and measured',
  sql: ({ sweep, layer }) => `SELECT ${predictedColumns}
FROM v_predicted_loss WHERE sweep = ${sqlText(sweep.sweep.name)} AND position = ${layer.position} AND layer = ${sqlText(layer.name)}
ORDER BY trial LIMIT ${mostTrials}`,
  build: (rows, { shown }) => predictedContent(rows, 'trial', shown[0]?.trial ?? null),
};
