import { DatasetError } from '../formats/dataset-error.js';
import { formatOf, type DataSource } from '../formats/data-source.js';
import type { RunSettings } from '../experiment/sections/settings.js';
import type { ContentKey, PlannedStage, PlannedTrial, SweepPlan, TrialSettings } from '../plan/plan.js';
import { stagesOfTrial } from '../plan/stages-of-trial.js';
import type { StoredFailure, SweepReader } from '../store/store.js';
import { retryOf } from './failure-kinds.js';
import { StageFailed } from './stage-failed.js';
import { stageConditions, trialConditions } from './work-conditions.js';

/** Class of a failure that is another stage's: what counts is whether that one would fail again. */
const OF_A_STAGE = StageFailed.errorClass;

/** The keys that failures are looked up by. */
type Failures = Pick<SweepReader, 'failedTrials' | 'failedStages' | 'finishedTrials'>;

/** What a run does with a plan's trials, decided from what is stored before anything runs. */
export interface TriedTrials {
  /** Unfinished trials that run, in the plan's order. */
  readonly toRun: readonly PlannedTrial[];
  /** Those among them that failed in an earlier run. */
  readonly again: ReadonlyMap<ContentKey, StoredFailure>;
  /** Unfinished trials that do not run: they failed in a way that another attempt would repeat. */
  readonly leftAlone: ReadonlyMap<ContentKey, StoredFailure>;
}

/** Nothing is left alone: `--retry-failed`, or a store without failures. */
export function tryAll(plan: SweepPlan, store: Failures): TriedTrials {
  return decide(plan, store, new Map());
}

/**
 * Which unfinished trials run. Left alone is a trial that would fail as it did: an operator that
 * the runtime does not know, a shape that does not fit, a number that is not finite, under the same
 * conditions as before (see {@link trialConditions}). Where its stage failed, that stage's failure
 * counts, and is none any more once the stage has finished or is run again for another trial.
 */
export function triedTrials(plan: SweepPlan, store: Failures, run: RunSettings): TriedTrials {
  const stuck = stuckStages(plan, store, run);
  const failed = store.failedTrials(plan.trials.map(({ key }) => key));
  const leftAlone = new Map<ContentKey, StoredFailure>();
  for (const trial of plan.trials) {
    const failure = failed.get(trial.key);
    if (failure === undefined) continue;
    const isStuck =
      failure.errorClass === OF_A_STAGE
        ? stagesOfTrial(trial).some((key) => stuck.has(key))
        : wouldRepeat(failure, trialConditions(trial.settings, run), sourcesOf(trial.settings));
    if (isStuck) leftAlone.set(trial.key, failure);
  }
  takeAlong(plan, store, stuck, leftAlone);
  return decide(plan, store, leftAlone);
}

/** Keys of the stages that trials need. */
export function neededStages(trials: readonly PlannedTrial[]): ReadonlySet<ContentKey> {
  return new Set(trials.flatMap(stagesOfTrial));
}

function decide(plan: SweepPlan, store: Failures, leftAlone: ReadonlyMap<ContentKey, StoredFailure>): TriedTrials {
  const keys = plan.trials.map(({ key }) => key);
  const finished = store.finishedTrials(keys);
  const toRun = plan.trials.filter(({ key }) => !finished.has(key) && !leftAlone.has(key));
  return { toRun, again: store.failedTrials(toRun.map(({ key }) => key)), leftAlone };
}

/**
 * Stages that failed and would fail again. A search whose observe stage failed is stuck for as long
 * as that one is, and so is one whose second moments failed.
 */
function stuckStages(plan: SweepPlan, store: Failures, run: RunSettings): ReadonlySet<ContentKey> {
  const failed = store.failedStages(plan.stages.map(({ key }) => key));
  const stages = new Map(plan.stages.map((stage) => [stage.key, stage]));
  const isStuck = (key: ContentKey): boolean => {
    const stage = stages.get(key);
    const failure = failed.get(key);
    if (stage === undefined || failure === undefined) return false;
    if (failure.errorClass !== OF_A_STAGE) return wouldRepeat(failure, stageConditions(stage, run), sourcesOf(stage));
    return neededByStage(stage).some(isStuck);
  };
  return new Set(plan.stages.map(({ key }) => key).filter(isStuck));
}

function neededByStage(stage: PlannedStage): readonly ContentKey[] {
  const moments = 'momentsKey' in stage ? stage.momentsKey : undefined;
  return [...('observeKey' in stage ? [stage.observeKey] : []), ...(moments === undefined ? [] : [moments])];
}

function wouldRepeat(
  { errorClass, under }: StoredFailure,
  conditions: string,
  sources: readonly DataSource[],
): boolean {
  // What a module of the user's own imports is in no key either.
  const isOwnCode =
    errorClass === DatasetError.errorClass && sources.some((source) => formatOf(source).code(source) !== null);
  return retryOf(errorClass) === 'never' && !isOwnCode && under === conditions;
}

function sourcesOf(work: PlannedStage | TrialSettings): readonly DataSource[] {
  const evaluation = 'evaluation' in work ? [work.evaluation.source] : [];
  return 'calibration' in work && work.calibration !== null ? [...evaluation, work.calibration.source] : evaluation;
}

/** Releases trials that only wait for stages that other trials will have run again. */
function takeAlong(
  plan: SweepPlan,
  store: Failures,
  stuck: ReadonlySet<ContentKey>,
  leftAlone: Map<ContentKey, StoredFailure>,
): void {
  for (let before = -1; before !== leftAlone.size;) {
    before = leftAlone.size;
    const running = neededStages(decide(plan, store, leftAlone).toRun);
    for (const trial of plan.trials) {
      if (leftAlone.get(trial.key)?.errorClass !== OF_A_STAGE) continue;
      if (stagesOfTrial(trial).every((key) => !stuck.has(key) || running.has(key))) leftAlone.delete(trial.key);
    }
  }
}
