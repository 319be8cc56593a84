import type { ComparedTrials } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import { comparedNumbers } from './compared-numbers.js';
import { comparisonAlphas } from './comparison-alphas.js';
import { comparisonAmax } from './comparison-amax.js';
import { comparisonLosses } from './comparison-losses.js';
import { lossRatio } from './loss-ratio.js';
import { sampleCounts } from './sample-counts.js';
import { settingDifferences, sharedSettings } from './setting-differences.js';

/** Every figure of the page of a comparison of two trials, in order. */
export const comparisonFigures: readonly PageFigure<ComparedTrials>[] = [
  settingDifferences,
  sharedSettings,
  sampleCounts,
  comparedNumbers,
  comparisonLosses,
  lossRatio,
  comparisonAlphas,
  comparisonAmax,
];
