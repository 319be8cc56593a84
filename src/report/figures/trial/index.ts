import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { trialAttempts } from './trial-attempts.js';
import { trialBias } from './trial-bias.js';
import { trialComparisons } from './trial-comparisons.js';
import { trialDamage } from './trial-damage.js';
import { trialLosses } from './trial-losses.js';
import { trialRanges } from './trial-ranges.js';
import { trialSettings } from './trial-settings.js';
import { trialSmoothing } from './trial-smoothing.js';
import { trialStop } from './trial-stop.js';
import { trialValues } from './trial-values.js';

/** Every figure of the page of a trial, in order. */
export const trialFigures: readonly PageFigure<TrialPageFacts>[] = [
  trialStop,
  trialComparisons,
  trialValues,
  trialLosses,
  trialDamage,
  trialSmoothing,
  trialRanges,
  trialBias,
  trialSettings,
  trialAttempts,
];
