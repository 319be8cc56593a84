import { metricText } from '../number-text.js';
import type { SweepFacts, TrialFacts } from './sweep-facts.js';
import { comparedWith } from './sweep-facts.js';

/** What the figures of a trial's page know. */
export interface TrialPageFacts {
  readonly sweep: SweepFacts;
  readonly trial: TrialFacts;
  /**
   * Number of the trial with s = 1, else equal; null where there is none, and for that trial
   * itself.
   */
  readonly unsmoothed: number | null;
}

/** What the page of a trial of the sweep knows. */
export function trialPageFacts(sweep: SweepFacts, trial: TrialFacts): TrialPageFacts {
  const unsmoothed = comparedWith(sweep, trial, 'unsmoothed')?.otherTrial ?? null;
  // A sweep of several tasks has trials of several metrics.
  const judged = trial.metric === null ? sweep : { ...sweep, metric: metricText(trial.metric, trial.samples) };
  return { sweep: judged, trial, unsmoothed: unsmoothed === trial.trial ? null : unsmoothed };
}
