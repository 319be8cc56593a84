import { chooseByGoal, type GoalCandidate, type GoalChoice } from '../../statistics/goal-choice.js';
import { latencyIn, type DeploymentFacts } from '../facts/deployment-facts.js';
import { conditionsOf, conditionText, type LatencyCondition } from '../facts/latency-conditions.js';
import { comparedWith, type GoalFacts, type SweepFacts, type TrialFacts } from '../facts/sweep-facts.js';
import type { TargetGroup } from '../facts/target-groups.js';
import { runsHere } from '../facts/trial-target.js';
import { countText, magnitudeText } from '../number-text.js';
import { accuracyPhrase, latencyPhrase, shippedValue, sizePhrase } from './deployed-phrase.js';
import { pairedInterval } from './paired-interval.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import { compareCosts, costOf } from './setting-cost.js';
import { settingName } from './setting-name.js';

/** The rule, as pages state it. */
export const goalRule =
  'A setting is within the goal where the upper end of the 95 % interval of its drop against FP32, paired by sample, is at most the drop allowed. Where that holds of no setting, the drops as measured count, and the answer says so. The drop is of the exported model where it was run: a gap to its simulation is added to the interval. Settings without smoothing take part. Of those within the goal the one with the least latency, or size, is taken. Latencies whose 95 % intervals overlap that of the fastest, and sizes within 1 %, are level: then the other of the two decides, then what is cheaper by bits, layers in float (but for those that keepFloat: slower found faster so), the time that it measured, passes of a search or a correction, and calibration batches, then no smoothing, then the higher value. A setting that is not faster than FP32 is never recommended as the fastest. Settings of different targets or models are never chosen among.';

/** What a goal comes to on one target. */
export interface GoalOutcome {
  /** Null where nothing within the goal can be recommended. */
  readonly trial: TrialFacts | null;
  /** Settings that took part and were measured. */
  readonly among: number;
  readonly decidedBy: string | null;
  readonly text: Sentence;
}

interface Entry extends GoalCandidate {
  readonly trial: TrialFacts;
}

/** `fastest within 0.50 points`. */
export function goalText({ maxDrop, minimize }: GoalFacts, facts: SweepFacts): string {
  return `${minimize === 'latency' ? 'fastest' : 'smallest'} within ${dropText(maxDrop, facts)}`;
}

/**
 * The trial of a target that a goal asks for, and why; else what is missing to answer.
 *
 * @param name of the target, as sentences have it
 */
export function goalOutcome(
  facts: SweepFacts,
  {
    deployment,
    group,
    goal,
    name,
  }: {
    readonly deployment: DeploymentFacts;
    readonly group: TargetGroup;
    readonly goal: GoalFacts;
    readonly name: string;
  },
): GoalOutcome {
  const conditions = conditionsOf([...group.trials].flatMap((trial) => deployment.trials.get(trial)?.latencies ?? []));
  const [condition] = conditions;
  const settings = facts.trials.filter(
    ({ trial, role, status, value }) =>
      group.trials.has(trial) && (role === 'candidate' || role === 'unsmoothed') && status === 'done' && value !== null,
  );
  const choose = (at: LatencyCondition | undefined) =>
    chooseByGoal(
      settings.map((trial) => entryOf(trial, facts, deployment, at)),
      { maxDrop: allowedDrop(goal, facts), minimize: goal.minimize },
      (one, other) => simplerFirst(one.trial, other.trial, facts),
    );
  const choice = choose(condition);
  if (choice.kind === 'none')
    return { trial: null, among: 0, decidedBy: null, text: lackingText(choice.lacks, settings) };
  const latency = latencyIn(deployment, choice.chosen.trial.trial, condition);
  const deployed = deployment.trials.get(choice.chosen.trial.trial);
  const isFaster = goal.minimize === 'size' || latency?.verdict === 'faster';
  const phrases = [
    dropPhrase(choice.chosen, facts),
    accuracyPhrase(choice.chosen.trial, deployed, facts),
    latency === null ? 'its speed was not measured' : latencyPhrase(latency, deployment.conditions),
    ...[sizePhrase(deployed)].filter((text) => text !== null),
  ];
  const isFasterAt = ({ trial }: TrialFacts, at: LatencyCondition): boolean =>
    latencyIn(deployment, trial, at)?.verdict === 'faster';
  const choosable = (at: LatencyCondition): TrialFacts | null => {
    const other = choose(at);
    if (other.kind === 'none') return null;
    return goal.minimize === 'size' || isFasterAt(other.chosen.trial, at) ? other.chosen.trial : null;
  };
  const others = isFaster ? otherConditions(choice, conditions.slice(1), choosable) : '';
  return {
    trial: isFaster ? choice.chosen.trial : null,
    among: choice.among,
    decidedBy: choice.decidedBy,
    text: isFaster
      ? sentence(
          `Recommended on ${name}: `,
          strong(settingName(choice.chosen.trial)),
          `, ${whyText(choice, goal, facts)}: ${phrases.join('; ')}.${unmeasuredText(choice, goal)}${others}`,
        )
      : sentence(
          strong(
            `No setting ${choice.within === 'certain' ? 'that certainly loses at most' : 'within'} ${dropText(goal.maxDrop, facts)} is faster than FP32 on ${name}`,
          ),
          `. The fastest of ${choice.among === 1 ? 'them that was measured' : `the ${choice.among} that were measured`} is ${settingName(choice.chosen.trial)}: ${phrases.join('; ')}.${unmeasuredText(choice, goal)}`,
        ),
  };

  function lackingText(
    lacks: Extract<GoalChoice<Entry>, { kind: 'none' }>['lacks'],
    finished: readonly TrialFacts[],
  ): Sentence {
    const start = `Which setting is the ${goalText(goal, facts)} on ${name} is not known: `;
    switch (lacks) {
      case 'reference':
        return finished.length === 0
          ? sentence(start, 'no trial of it has finished.')
          : sentence(start, 'FP32 was not measured. ', strong('baselines: [fp32]'), ' in the experiment adds it.');
      case 'within': {
        const entries = finished.map((trial) => entryOf(trial, facts, deployment, condition));
        const least = entries.reduce((a, b) => (b.drop! < a.drop! ? b : a));
        return sentence(
          strong(`No setting on ${name} loses at most ${dropText(goal.maxDrop, facts)}`),
          `. The least loss is ${magnitudeText(least.drop!, facts.metric)}, of ${settingName(least.trial)}.`,
        );
      }
      case 'latency': {
        const here = runsHere(group.target) || conditions.some(({ device }) => device === 'cpu');
        return sentence(
          start,
          conditions.length === 0 ? 'no latency was measured. ' : 'no setting within it was measured. ',
          strong(
            !here
              ? 'measure.command'
              : conditions.length === 0
                ? 'measure: { latency: {} }'
                : 'measure: { latency: { trials: all } }',
          ),
          here ? ' in the experiment measures it on this machine.' : ' in the experiment asks the device.',
        );
      }
      case 'size':
        return sentence(start, 'no size of an exported model is stored.');
    }
  }
}

/** A drop in the metric's unit: points are hundredths of a fraction. */
function allowedDrop({ maxDrop }: GoalFacts, { metric }: SweepFacts): number {
  return metric.unit === 'percent' || metric.unit === 'fraction' ? maxDrop / 100 : maxDrop;
}

/** As the file has it: a fraction such as mAP is written from 0 to 1, its points are hundredths. */
function dropText(maxDrop: number, { metric }: SweepFacts): string {
  const points = `${maxDrop} ${maxDrop === 1 ? 'point' : 'points'}`;
  switch (metric.unit) {
    case 'percent':
      return points;
    case 'fraction':
      return `${points} (${Number((maxDrop / 100).toPrecision(12))})`;
    case 'dB':
      return `${maxDrop} dB`;
    case 'ratio':
    case 'number':
      return String(maxDrop);
  }
}

function entryOf(
  trial: TrialFacts,
  facts: SweepFacts,
  deployment: DeploymentFacts,
  condition: LatencyCondition | undefined,
): Entry {
  const deployed = deployment.trials.get(trial.trial);
  const value = shippedValue(trial, deployed);
  const latency = latencyIn(deployment, trial.trial, condition);
  const test = comparedWith(facts, trial, 'fp32');
  const interval = test === null ? null : pairedInterval(trial, test);
  return {
    trial,
    drop: trial.fp32Value === null || value === null ? null : trial.fp32Value - value,
    dropHigh: interval === null ? null : -interval[0] + Math.max(0, -(deployed?.gap ?? 0)),
    latency: latency === null ? null : { ratio: latency.ratio, low: latency.low, high: latency.high },
    sizeBytes: deployed?.exportBytes ?? null,
  };
}

function simplerFirst(one: TrialFacts, other: TrialFacts, facts: SweepFacts): number {
  return (
    compareCosts(costOf(one, facts), costOf(other, facts)) ||
    Number(one.alphaMode !== 'none') - Number(other.alphaMode !== 'none') ||
    (other.value ?? 0) - (one.value ?? 0)
  );
}

type Chosen = Extract<GoalChoice<Entry>, { kind: 'chosen' }>;

function whyText({ among, within, level, decidedBy }: Chosen, goal: GoalFacts, facts: SweepFacts): string {
  const limit = dropText(goal.maxDrop, facts);
  const sure =
    within === 'certain'
      ? `that certainly lose at most ${limit}`
      : `whose measured loss is at most ${limit} (of none is it certain on these samples)`;
  const measure = goal.minimize === 'latency' ? 'fastest' : 'smallest';
  if (decidedBy === 'only')
    return within === 'certain'
      ? `the only measured setting that certainly loses at most ${limit}`
      : `the only measured setting with a loss of at most ${limit}, which these samples do not make certain`;
  const lead = `the ${measure} of the ${among} settings ${sure}`;
  if (level === 1) return lead;
  const tie = {
    latency: 'the fastest of them',
    size: 'the smallest of them',
    simplicity: 'the simplest of them',
  }[decidedBy];
  return `one of ${level} that cannot be told from the ${measure} of the ${among} settings ${sure}, ${tie}`;
}

function dropPhrase({ drop, dropHigh }: Entry, { metric }: SweepFacts): string {
  const certain =
    dropHigh === null ? '' : `, with 95 % certainty at most ${magnitudeText(Math.max(0, dropHigh), metric)} below`;
  if (drop === 0) return `equal to FP32${certain}`;
  return drop! < 0
    ? `${magnitudeText(drop!, metric)} above FP32${certain}`
    : `${magnitudeText(drop!, metric)} below FP32${certain}`;
}

function unmeasuredText({ unmeasured }: Chosen, { minimize }: GoalFacts): string {
  if (unmeasured === 0) return '';
  const are = unmeasured === 1 ? 'is' : 'are';
  return minimize === 'latency'
    ? ` ${countText(unmeasured, 'further setting')} within it ${are} not measured: measure.latency.trials: all measures them.`
    : ` Of ${countText(unmeasured, 'further setting')} within it no size is stored.`;
}

/**
 * Where another batch size or number of threads asks for another setting.
 *
 * @param choose null where nothing can be recommended
 */
function otherConditions(
  { chosen }: Chosen,
  conditions: readonly LatencyCondition[],
  choose: (at: LatencyCondition) => TrialFacts | null,
): string {
  const differing = conditions.flatMap((condition) => {
    const other = choose(condition);
    return other !== null && other.trial !== chosen.trial.trial
      ? [`${conditionText(condition, conditions)}: ${settingName(other)}`]
      : [];
  });
  return differing.length === 0 ? '' : ` Measured otherwise another would be taken (${differing.join('; ')}).`;
}
