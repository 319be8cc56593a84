import type { ChosenFrom, TestedDifference } from '../../statistics/choice-among.js';
import { judgeDifference } from '../../statistics/choice-among.js';
import { pValueText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** A paired test, and by which method. */
export interface NamedTest extends TestedDifference {
  readonly method: 'mcnemar' | 'paired bootstrap';
}

/** Neither of two trials was chosen for its value. */
export const notChosen: ChosenFrom = { one: 1, other: 1 };

/**
 * Whether a difference is more than chance, with the test that says so: the only words for it on
 * any page. What was chosen as the best of many is allowed for, as {@link judgeDifference} has it.
 *
 * @param chosen settings of which the trial whose value is `difference` higher, and the other, were
 *   chosen
 */
export function noisePhrase(test: NamedTest | null, chosen: ChosenFrom = notChosen): Sentence {
  if (test === null) return sentence('its significance has not been tested');
  const name = test.method === 'mcnemar' ? 'McNemar' : 'paired bootstrap';
  const { chosenFrom, correctedP, relation, differs } = judgeDifference(test, chosen);
  const alone = pValueText(test.pValue, test.pRelation);
  const isAloneSignificant = judgeDifference(test, notChosen).differs;
  if (chosenFrom === 1 || !isAloneSignificant)
    return sentence(
      strong(differs ? 'statistically significant' : 'not statistically significant'),
      ` (${name} ${alone})`,
    );
  const choice = `the choice among ${chosenFrom} settings`;
  const corrected = pValueText(correctedP, relation);
  return differs
    ? sentence(strong('statistically significant'), ` (${name} ${corrected}, corrected for ${choice})`)
    : sentence(
        strong('not statistically significant'),
        ` after correction for ${choice} (${name} ${alone}, corrected ${corrected.replace(/^p (?:= )?/, '')})`,
      );
}

/** p and what it says, for tiles: `p = 0.03` and `outside the noise`, the choice allowed for. */
export function noiseTile(test: TestedDifference | null, chosen: ChosenFrom = notChosen): readonly [string, string] {
  if (test === null) return ['–', 'not tested'];
  const { chosenFrom, correctedP, relation, differs } = judgeDifference(test, chosen);
  const words = differs ? 'statistically significant' : 'not statistically significant';
  return [
    pValueText(correctedP, relation),
    chosenFrom === 1 ? words : `${words}, corrected for the choice among ${chosenFrom}`,
  ];
}
