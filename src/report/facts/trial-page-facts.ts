import { metricTextOf, taskKindOf } from './judged-by.js';
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
  const judged = trial.metric === null ? sweep : { ...sweep, metric: metricOf(trial, sweep) };
  return { sweep: judged, trial, unsmoothed: unsmoothed === trial.trial ? null : unsmoothed };
}

function metricOf({ metric, samples, settings, value }: TrialFacts, sweep: SweepFacts): SweepFacts['metric'] {
  // Side by side with the others of the sweep: as finely as those are told apart.
  if (metric === sweep.metric.metric && !sweep.metric.isProportion) return sweep.metric;
  return metricTextOf(taskKindOf(settings), metric!, samples, value === null ? [] : [value]);
}
