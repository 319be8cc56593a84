import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { countText, differenceText, intervalText, valueText } from '../../number-text.js';
import type { Sentence } from '../sentence.js';
import { sentence, strong } from '../sentence.js';
import { bitsOf, costOf } from '../setting-cost.js';
import { tiesOf, type Ties } from '../ties.js';
import type { AnsweredQuestion } from './answered-question.js';

/** The fewest bits, and layers in float, that are tied with the best. */
export const answeredCost: AnsweredQuestion = {
  answer: (facts) => frontSentence(facts),
};

/** Settings of a front that a sentence names. */
const mostNamed = 3;

function frontSentence(facts: SweepFacts): Sentence | null {
  const { best, metric } = facts;
  const ties = tiesOf(facts);
  if (best === null || ties === null) return null;
  const front = cheapestOf([best, ...ties.closeBehind], facts);
  const cheaper = ties.compared.filter(
    (trial) => !ties.closeBehind.includes(trial) && !front.some((one) => isNoDearer(one, trial, facts)),
  );
  const named = front.slice(0, mostNamed).map((trial) => {
    const interval =
      trial.ciLow === null || trial.ciHigh === null ? '' : ` (${intervalText(trial.ciLow, trial.ciHigh, metric)})`;
    const gap = trial.gapToFp32 === null ? '' : `, ${differenceText(trial.gapToFp32, metric)} from FP32`;
    return `${costName(trial, facts)} ${valueText(trial.value, metric)}${interval}${gap}`;
  });
  const more = front.length > mostNamed ? ` and ${front.length - mostNamed} more` : '';
  const rest =
    cheaper.length === 0
      ? 'Nothing cheaper was tried.'
      : `${cheaper.length === 1 ? 'The one setting' : `Each of the ${cheaper.length} settings`} that saves more in bits or layers is worse than the best (${costName(best, facts)} ${valueText(best.value, metric)}) by its own paired test${correctedText(cheaper, ties)}.`;
  return sentence(
    strong(
      `${front
        .slice(0, mostNamed)
        .map((trial) => costName(trial, facts))
        .join(' or ')} ${front.length === 1 ? 'is' : 'are'} the least that keeps up with the best`,
    ),
    `: ${named.join('; ')}${more}. ${rest}`,
  );
}

/** Tables call settings tied that differ only before the correction: here it is said, too. */
function correctedText(settings: readonly TrialFacts[], { tied }: Ties): string {
  const only = settings.filter((trial) => tied.includes(trial)).length;
  if (only === 0) return '';
  return settings.length === 1
    ? ', though not after the correction for the choice of the best'
    : `, ${only} of them not after the correction for the choice of the best`;
}

/** Of some settings those that no other is as cheap as in everything, and cheaper in something. */
function cheapestOf(settings: readonly TrialFacts[], facts: SweepFacts): TrialFacts[] {
  const least = settings.filter(
    (trial) =>
      !settings.some((other) => other !== trial && isNoDearer(other, trial, facts) && !isNoDearer(trial, other, facts)),
  );
  // Of equally cheap ones that with the highest value.
  const byName = new Map<string, TrialFacts>();
  for (const trial of least) {
    const known = byName.get(costName(trial, facts));
    if (known === undefined || (trial.place ?? Infinity) < (known.place ?? Infinity))
      byName.set(costName(trial, facts), trial);
  }
  return [...byName.values()].sort(
    (a, b) => costOf(a, facts).bitOperations - costOf(b, facts).bitOperations || (a.place ?? 0) - (b.place ?? 0),
  );
}

function isNoDearer(one: TrialFacts, other: TrialFacts, facts: SweepFacts): boolean {
  const [a, b] = [bitsOf(one), bitsOf(other)];
  const [own, others] = [costOf(one, facts), costOf(other, facts)];
  return (
    a.weight <= b.weight &&
    a.activation <= b.activation &&
    own.floatLayers <= others.floatLayers &&
    own.time.low <= others.time.high
  );
}

/** `W4A6, 3 layers in float`. */
function costName(trial: TrialFacts, facts: SweepFacts): string {
  const { weight, activation } = bitsOf(trial);
  const parts = facts.measured.floatParts;
  const own = parts.get(trial.trial);
  const bits = `W${weight}A${activation}`;
  if ([...parts.values()].every(({ layers }) => layers === (own?.layers ?? 0))) return bits;
  const faster = own?.faster ?? null;
  const why =
    faster === null
      ? ''
      : faster.layers === own!.layers
        ? ', as that is faster'
        : `, ${faster.layers} as that is faster`;
  return `${bits} with ${countText(own?.layers ?? 0, 'layer')} in float${why}`;
}
