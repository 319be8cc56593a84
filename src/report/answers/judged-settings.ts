import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';

/**
 * What the best was chosen from, see {@link isJudged}: settings that were stopped early were
 * judged, too.
 */
export function finishedSettings({ trials }: Pick<SweepFacts, 'trials'>): number {
  return trials.filter(isJudged).length;
}

/**
 * Whether a trial is a setting that a best one was chosen from: complete, or stopped early for not
 * being it.
 */
export function isJudged({ role, status }: TrialFacts): boolean {
  return role === 'candidate' && (status === 'done' || status === 'stopped');
}
