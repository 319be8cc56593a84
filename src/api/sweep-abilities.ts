import type { SweepPlan } from '../plan/plan.js';
import { planAbilities, type PlannedTest } from '../report/answers/plan-abilities.js';
import { sweepShape } from '../report/questions/sweep-shape.js';
import { tasks } from '../tasks/registry.js';

type EvaluationSource = SweepPlan['trials'][number]['settings']['evaluation']['source'];

/**
 * What a planned sweep will and will not be able to answer, one line each.
 *
 * @param sampleCount samples that a source has
 */
export function sweepAbilities(
  { trials }: Pick<SweepPlan, 'trials'>,
  sampleCount: (source: EvaluationSource) => number,
): readonly string[] {
  const shape = sweepShape(trials.map(({ settings, axes }) => ({ role: settings.role, axes, settings })));
  const samples = trials.map(({ settings: { evaluation } }) => {
    const all = sampleCount(evaluation.source);
    return evaluation.samples === 'all' ? all : Math.min(evaluation.samples, all);
  });
  return planAbilities(shape, samples.length === 0 ? null : Math.min(...samples), plannedTest(trials));
}

function plannedTest(trials: SweepPlan['trials']): PlannedTest {
  const judged = trials.map(({ settings: { task } }) => task);
  if (judged.every(({ kind }) => tasks[kind].countsSamples)) return 'mcnemar';
  const hasReplicates = judged.every(
    (task) => tasks[task.kind].countsSamples || ('bootstrap' in task && task.bootstrap > 0),
  );
  return hasReplicates ? 'bootstrap' : 'none';
}
