import type { EvaluationSettings, RunSettings } from '../experiment/sections/settings.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import { canonicalJson } from '../plan/content-key.js';
import type { PlannedStage, TrialSettings } from '../plan/plan.js';
import { ownVersion } from '../prepare/package-version.js';

const version = ownVersion();

/**
 * What a trial's or a stage's work runs under that is in no key: `run` without its database, the
 * batch size of the evaluation, the limits of code of the user's own, and the version of
 * quantsweep. Stored as a text beside a failure: where another attempt would run under something
 * else, it may end otherwise, and is made.
 */
export function trialConditions({ evaluation, task }: TrialSettings, run: RunSettings): string {
  return conditions(run, evaluation, task);
}

/** The same of a stage. Those over calibration samples have their batch size in the key. */
export function stageConditions(stage: PlannedStage, run: RunSettings): string {
  return conditions(run, stage.kind === 'reference' ? stage.evaluation : null, 'task' in stage ? stage.task : null);
}

function conditions(run: RunSettings, evaluation: EvaluationSettings | null, task: TaskSettings | null): string {
  // Null: results go elsewhere, which changes nothing of how work runs.
  const limits = { ...run, database: null };
  const code = task !== null && taskOf(task.kind).code(task) !== null ? task : null;
  return canonicalJson({ quantsweep: version, run: limits, batchSize: evaluation?.batchSize ?? null, code });
}
