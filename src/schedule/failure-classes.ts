import type { FailureRecord } from '../evaluate/results.js';
import type { ContentKey, PlannedTrial, SweepPlan } from '../plan/plan.js';
import type { StoredFailure, SweepStore } from '../store/store.js';

/** What the surroundings did, not the work itself: the next run tries again by itself. */
const transientClasses: ReadonlySet<string> = new Set([
  'WorkerDied',
  'WorkerHung',
  'OutOfMemory',
  'DeviceLost',
  'InputChangedError',
  // Another driver, or run.allowFallback, and it runs; the check comes before the work.
  'FallbackError',
]);

/** A failure that no trial of the sweep would escape: its model or data is not the planned one. */
export function isInputChange({ errorClass }: FailureRecord): boolean {
  return errorClass === 'InputChangedError';
}

/**
 * Trials that failed in an earlier run in a way that another attempt would repeat: an operator that the runtime does not
 * know, a shape that does not fit, a number that is not finite. Of a trial whose stage failed the stage's failure counts.
 */
export function permanentFailures(plan: SweepPlan, store: SweepStore): ReadonlyMap<ContentKey, StoredFailure> {
  const stages = store.failedStages(plan.stages.map((stage) => stage.key));
  const trials = store.failedTrials(plan.trials.map((trial) => trial.key));
  const ofStages = (trial: PlannedTrial): readonly StoredFailure[] =>
    [trial.referenceKey, trial.observeKey, trial.searchKey, trial.rankKey]
      .map((key) => (key === null ? undefined : stages.get(key)))
      .filter((failure) => failure !== undefined);
  return new Map(
    plan.trials.flatMap((trial) => {
      const own = trials.get(trial.key);
      if (own === undefined) return [];
      const causes = own.errorClass === 'StageFailed' ? ofStages(trial) : [own];
      const isPermanent = causes.some(({ errorClass }) => !transientClasses.has(errorClass));
      return isPermanent ? [[trial.key, own] as const] : [];
    }),
  );
}
