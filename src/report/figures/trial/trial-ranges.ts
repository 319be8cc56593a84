import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { amaxContent, amaxSql } from '../sweep/amax.js';

/** What smoothing did to the ranges of the trial's quantizers. */
export const trialRanges: PageFigure<TrialPageFacts> = {
  id: 'ranges',
  section: 'layers',
  title: ({ trial }) =>
    trial.role === 'unsmoothed' ? 'Ranges of the quantizers' : 'Ranges of the quantizers before and after smoothing',
  sql: ({ sweep, trial }) => amaxSql(sweep.sweep.name, trial.trial),
  build: (rows, { trial }) =>
    amaxContent(
      rows,
      trial,
      trial.role === 'fp32'
        ? 'FP32 has no quantizers.'
        : 'No ranges are stored: they come when the trial has finished.',
    ),
};
