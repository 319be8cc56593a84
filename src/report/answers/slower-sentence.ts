import type { DeploymentFacts } from '../facts/deployment-facts.js';
import { conditionText } from '../facts/latency-conditions.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { countText, ratioText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** Settings that a sentence names. */
const mostNamed = 3;

/** Which measured settings are not faster than FP32, in some condition; null where all are. */
export function slowerSentence(facts: SweepFacts, { trials, conditions }: DeploymentFacts): Sentence | null {
  const measured = facts.allTrials.filter(({ trial }) => (trials.get(trial)?.latencies.length ?? 0) > 0);
  const slow = measured.flatMap((trial) => {
    const notFaster = trials.get(trial.trial)!.latencies.filter(({ verdict }) => verdict !== 'faster');
    return notFaster.length === 0 ? [] : [{ label: trial.label, notFaster }];
  });
  if (slow.length === 0) return null;
  const named = slow.slice(0, mostNamed).map(({ label, notFaster }) => {
    const worst = notFaster.reduce((a, b) => (b.ratio > a.ratio ? b : a));
    const verdict = worst.verdict === 'same' ? ', not distinguishable' : '';
    return `${label} (${ratioText(worst.ratio)} of FP32’s time at ${conditionText(worst, conditions)}${verdict})`;
  });
  return sentence(
    strong(
      `${slow.length} of the ${countText(measured.length, 'measured setting')} ${slow.length === 1 ? 'is' : 'are'} not faster than FP32`,
    ),
    `: ${named.join('; ')}${slow.length > mostNamed ? `; and ${slow.length - mostNamed} more` : ''}. The page of a trial names the operators to blame.`,
  );
}
