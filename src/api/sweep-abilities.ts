import type { SweepPlan } from '../plan/plan.js';
import { planAbilities, type PlannedTest } from '../report/answers/plan-abilities.js';
import { sweepShape } from '../report/questions/sweep-shape.js';
import { countsSamples, taskOf } from '../tasks/task-settings.js';

type EvaluationSource = SweepPlan['trials'][number]['settings']['evaluation']['source'];

/**
 * What a planned sweep will and will not be able to answer, one line each.
 *
 * @param sampleCount samples that a source has
 * @param measuresLatency the experiment asks for the speed of trials
 */
export function sweepAbilities(
  { trials }: Pick<SweepPlan, 'trials'>,
  sampleCount: (source: EvaluationSource) => number,
  measuresLatency = false,
): readonly string[] {
  const planned = trials.map(({ settings, axes }) => ({ role: settings.role, axes, settings }));
  const shape = sweepShape(planned, false, measuresLatency);
  const samples = trials.map(({ settings: { evaluation } }) => {
    const all = sampleCount(evaluation.source);
    return evaluation.samples === 'all' ? all : Math.min(evaluation.samples, all);
  });
  return planAbilities(shape, samples.length === 0 ? null : Math.min(...samples), plannedTest(trials));
}

function plannedTest(trials: SweepPlan['trials']): PlannedTest {
  const judged = trials.map(({ settings: { task } }) => task);
  if (judged.every(countsSamples)) return 'mcnemar';
  const isTested = judged.every(
    (task) => countsSamples(task) || taskOf(task.kind).isPaired === true || ('bootstrap' in task && task.bootstrap > 0),
  );
  return isTested ? 'later' : 'none';
}
