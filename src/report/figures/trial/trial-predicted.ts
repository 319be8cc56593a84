import type { PageFigure } from '../figure.js';
import { predictedColumns, predictedContent } from '../predicted-losses.js';
import { predictsLosses } from '../../facts/predicts-losses.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { sqlText } from '../../query.js';

/** What was predicted of each layer's loss against what was measured. */
export const trialPredicted: PageFigure<TrialPageFacts> = {
  id: 'predicted-losses',
  section: 'layers',
  name: 'predicted losses',
  appliesTo: ({ trial }) => predictsLosses(trial),
  title: () => 'Loss of each layer, predicted and measured',
  sql: ({ sweep, trial }) => `SELECT ${predictedColumns}
FROM v_predicted_loss WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial} ORDER BY position`,
  build: (rows) => predictedContent(rows, 'layer'),
};
