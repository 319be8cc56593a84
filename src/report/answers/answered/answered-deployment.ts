import { latencyIn } from '../../facts/deployment-facts.js';
import { conditionsOf } from '../../facts/latency-conditions.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { countText, ratioText, valueText } from '../../number-text.js';
import { shippedValue } from '../deployed-phrase.js';
import { gapSentence } from '../gap-sentence.js';
import { goalText } from '../goal-sentence.js';
import { settingName } from '../setting-name.js';
import type { Phrase } from '../sentence.js';
import { sentence, strong } from '../sentence.js';
import { slowerSentence } from '../slower-sentence.js';
import { recommendOnTargets, type TargetRecommendation } from '../target-recommendations.js';
import type { AnsweredQuestion } from './answered-question.js';

/** Targets that a headline names. */
const mostNamed = 4;

/** What marks the name of a target that was not run. */
const notRun = ' (not run here)';

/** Which setting to ship on which target. */
export const answeredDeployment: AnsweredQuestion = {
  answer: (facts) => {
    const recommended = recommendOnTargets(facts);
    const [first, ...others] = recommended;
    if (first === undefined) return null;
    if (recommended.every(({ trial }) => trial === null))
      return others.length === 0
        ? first.text
        : sentence(
            strong(
              `Nothing can be recommended ${others.length === 1 ? 'on either target' : `on any of the ${recommended.length} targets`}`,
            ),
            facts.sweep.goal === null
              ? '.'
              : ` by the goal, ${goalText(facts.sweep.goal, facts)}: why stands beside each.`,
          );
    const taken = recommended.filter(({ trial }) => trial !== null);
    const named = taken.slice(0, mostNamed).flatMap((one) => shortPhrases(one, facts));
    const more = taken.length - mostNamed;
    return sentence(
      ...named,
      ...(more > 0 ? [`${countText(more, 'further target')} ${more === 1 ? 'is' : 'are'} below. `] : []),
      ...nothingText(recommended.filter(({ trial }) => trial === null)),
    );
  },
  more: (facts) => {
    const { deployment } = facts.measured;
    return deployment === null ? [] : [gapSentence(facts, deployment), slowerSentence(facts, deployment)];
  },
};

/** `Nothing is recommended on openvino and qnn (not run here).` */
function nothingText(targets: readonly TargetRecommendation[]): readonly string[] {
  if (targets.length === 0) return [];
  if (targets.length > mostNamed)
    return [`On ${targets.length} others nothing is recommended: why stands beside each.`];
  const marked = targets.every(({ name }) => name.endsWith(notRun));
  const names = targets.map(({ name }) => (marked ? name.slice(0, -notRun.length) : name));
  const all = names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  return [`Nothing is recommended on ${all}${marked ? notRun : ''}.`];
}

/** `On onnxruntime-cpu alpha 0.5: 91.20 % deployed, 0.55 of FP32’s time. ` */
function shortPhrases(one: TargetRecommendation, facts: SweepFacts): readonly (string | Phrase)[] {
  const { deployment } = facts.measured;
  if (one.trial === null || deployment === null) return [];
  const deployed = deployment.trials.get(one.trial.trial);
  const value = valueText(shippedValue(one.trial, deployed), facts.metric);
  const [condition] = conditionsOf(
    [...deployment.trials.values()].filter(({ target }) => target === one.target).flatMap(({ latencies }) => latencies),
  );
  const latency = latencyIn(deployment, one.trial.trial, condition);
  return [
    `On ${one.name} `,
    strong(settingName(one.trial)),
    `: ${facts.metric.shortName} `,
    strong(value),
    deployed?.deployed === null || deployed === undefined ? ' simulated' : ' deployed',
    ...(latency === null
      ? [', speed not measured']
      : [
          ', ',
          strong(ratioText(latency.ratio)),
          ' of FP32’s time',
          ...(latency.verdict === 'faster' ? [] : [', not faster']),
        ]),
    '. ',
  ];
}
