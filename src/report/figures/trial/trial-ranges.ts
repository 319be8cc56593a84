import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { amaxContent, amaxSql } from '../sweep/amax.js';

/** What smoothing did to the ranges of the trial's quantizers. */
export const trialRanges: PageFigure<TrialPageFacts> = {
  id: 'ranges',
  section: 'layers',
  name: 'ranges of the quantizers',
  title: ({ trial }) =>
    trial.role === 'unsmoothed' ? 'Ranges of the quantizers' : 'Ranges of the quantizers before and after smoothing',
  sql: ({ sweep, trial }) => amaxSql(sweep.sweep.name, trial.trial),
  build: (rows, { trial }) =>
    amaxContent(
      rows,
      trial,
      trial.role === 'fp32'
        ? { note: 'FP32 has no quantizers.', brief: 'FP32 has none' }
        : { note: 'No ranges are stored: they come when the trial has finished.', brief: 'not finished' },
    ),
};
