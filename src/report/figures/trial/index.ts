import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { trialAttempts } from './trial-attempts.js';
import { deployedOperators } from './deployed-operators.js';
import { operatorTime } from './operator-time.js';
import { tensorQuantizers } from './tensor-quantizers.js';
import { trialBias } from './trial-bias.js';
import { trialComparisons } from './trial-comparisons.js';
import { trialDamage } from './trial-damage.js';
import { trialDeployment } from './trial-deployment.js';
import { trialLatency } from './trial-latency.js';
import { trialLosses } from './trial-losses.js';
import { trialPredicted } from './trial-predicted.js';
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
  trialDeployment,
  trialLatency,
  operatorTime,
  deployedOperators,
  tensorQuantizers,
  trialLosses,
  trialDamage,
  trialPredicted,
  trialSmoothing,
  trialRanges,
  trialBias,
  trialSettings,
  trialAttempts,
];
