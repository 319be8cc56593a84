import type { DeploymentFacts } from '../facts/deployment-facts.js';
import { latencyIn } from '../facts/deployment-facts.js';
import { conditionsOf } from '../facts/latency-conditions.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { judgedRole, type TargetGroup } from '../facts/target-groups.js';
import { accuracyPhrase, latencyPhrase, sizePhrase } from './deployed-phrase.js';
import { goalOutcome } from './goal-sentence.js';
import { withoutTarget } from './setting-name.js';
import { recommend } from './recommendation.js';
import type { Sentence } from './sentence.js';
import { sentence } from './sentence.js';

/** What to take on one target, and why. */
export interface TargetRecommendation {
  readonly target: string;
  readonly model: string | null;
  /** Whether a trial of it was run; false: it follows published rules, and was not run here. */
  readonly wasRun: boolean;
  /** The target as sentences have it, marked where it was not run. */
  readonly name: string;
  /** Null where none can be recommended; the text says why. */
  readonly trial: TrialFacts | null;
  /** Of the goal or the rule; null where nothing was chosen. */
  readonly decidedBy: string | null;
  readonly text: Sentence;
}

/**
 * What to take on each target; empty of a sweep without targets, measured speed and a goal. With a
 * goal it decides, see goalRule; without one the rule of accuracy and cost within the target, see
 * recommendationRule.
 */
export function recommendOnTargets(facts: SweepFacts): readonly TargetRecommendation[] {
  const { deployment } = facts.measured;
  if (deployment === null || facts.isVoid) return [];
  return deployment.groups.map((group) => ofGroup(facts, deployment, group));
}

function ofGroup(facts: SweepFacts, deployment: DeploymentFacts, group: TargetGroup): TargetRecommendation {
  const wasRun = [...group.trials].some((trial) => deployment.trials.get(trial)?.evidence === 'run');
  const name = groupName(group, deployment, wasRun);
  const own = { target: group.target, model: group.model, wasRun, name };
  const { goal } = facts.sweep;
  if (goal !== null) {
    const { trial, decidedBy, text } = goalOutcome(facts, { deployment, group, goal, name });
    return { ...own, trial, decidedBy, text };
  }
  const found = recommend(factsOfGroup(facts, group));
  if (found === null)
    return {
      ...own,
      trial: null,
      decidedBy: null,
      text: sentence(`Nothing can be recommended on ${name}: no setting of it has finished.`),
    };
  const [first, ...rest] = found.text;
  const lead = { text: first!.text.replace('Recommended:', `Recommended on ${name}:`), strong: first!.strong };
  return {
    ...own,
    trial: facts.trials.find(({ trial }) => trial === found.trial.trial) ?? null,
    decidedBy: found.decidedBy,
    text: [lead, ...rest, ...sentence(` As it ships: ${phrasesOf(found.trial, group, facts, deployment)}.`)],
  };
}

/** Accuracy, speed and size of a trial in a line. */
export function phrasesOf(
  trial: TrialFacts,
  group: TargetGroup,
  facts: SweepFacts,
  deployment: DeploymentFacts,
): string {
  const deployed = deployment.trials.get(trial.trial);
  const [condition] = conditionsOf([...group.trials].flatMap((one) => deployment.trials.get(one)?.latencies ?? []));
  const latency = latencyIn(deployment, trial.trial, condition);
  return [
    accuracyPhrase(trial, deployed, facts),
    latency === null ? 'its speed was not measured' : latencyPhrase(latency, deployment.conditions),
    ...[sizePhrase(deployed)].filter((text) => text !== null),
  ].join('; ');
}

/** The sweep as if it had this target and model alone. */
export function factsOfGroup(facts: SweepFacts, { trials, best, tests }: TargetGroup): SweepFacts {
  const isOwn = ({ role, trial }: TrialFacts): boolean => role === 'fp32' || trials.has(trial);
  const judged = judgedRole(facts.trials.filter(({ trial }) => trials.has(trial)));
  // The rule weighs candidates.
  const asCandidate = (trial: TrialFacts): TrialFacts =>
    trial.role === judged ? { ...trial, role: 'candidate' } : trial;
  const named = facts.trials.filter(isOwn).map((trial) => asCandidate({ ...trial, label: withoutTarget(trial.label) }));
  return {
    ...facts,
    trials: named,
    allTrials: facts.allTrials.filter(isOwn).map(asCandidate),
    best: named.find(({ trial }) => trial === best) ?? null,
    comparisons:
      tests === null
        ? facts.comparisons.filter(({ trial, against }) => against !== 'best' || trials.has(trial))
        : [
            ...facts.comparisons.filter(({ against }) => against !== 'best'),
            ...tests.map((test) => ({ ...test, against: 'best' as const })),
          ],
  };
}

function groupName({ target, model }: TargetGroup, { groups }: DeploymentFacts, wasRun: boolean): string {
  const several = new Set(groups.map((group) => group.model)).size > 1;
  const marked = wasRun || target === 'layers-only' ? target : `${target} (not run here)`;
  return several && model !== null ? `${marked}, ${model}` : marked;
}
