import { modesWithAlphas, type AlphaMode } from '../../smooth/modes/registry.js';
import type { AlphaPair, StaticDynamicFacts } from '../facts/static-dynamic-facts.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { magnitudeText, valueText } from '../number-text.js';
import { noisePhrase } from './noise-phrase.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** The best of either at equal settings, named; the sign and the test are of these two. */
export function staticDynamicSentence({ staticDynamic, metric, trials }: SweepFacts): Sentence | null {
  if (staticDynamic === null) {
    const has = (modes: readonly AlphaMode[]): boolean =>
      trials.some(
        ({ role, status, alphaMode }) => role === 'candidate' && status === 'done' && modes.includes(alphaMode),
      );
    return has(modesWithAlphas('fixed', 'searchedOnce')) && has(modesWithAlphas('searchedPerLayer'))
      ? sentence(
          'Static against dynamic alpha: ',
          strong('not compared'),
          ' because no two finished trials differ only in that.',
        )
      : null;
  }
  const { best, verdict, chosen } = staticDynamic;
  const values = `${staticName(best)} ${valueText(best.staticValue, metric)}, ${best.dynamicLabel} ${valueText(best.dynamicValue, metric)}`;
  const others = otherPairsText(staticDynamic);
  const difference = best.staticValue - best.dynamicValue;
  if (difference === 0)
    return sentence('Static against dynamic alpha: ', strong('equal'), ` at best (${values})${others}.`);
  const ahead = `${difference > 0 ? 'static' : 'dynamic'} is ahead by ${magnitudeText(difference, metric)}`;
  return sentence(
    'Static against dynamic alpha: ',
    strong(ahead),
    ` (${values}); `,
    ...noisePhrase(verdict, chosen),
    `${others}.`,
  );
}

/** The label of a static trial; alpha `auto` by what chose it. */
function staticName({ staticLabel, staticBy, staticAlpha }: AlphaPair): string {
  if (staticBy === 'grid') return staticLabel;
  const alpha = staticAlpha === null ? 'alpha' : `alpha ${staticAlpha}`;
  return `${staticLabel} (static ${alpha}, chosen by divergence)`;
}

function otherPairsText({ pairs, staticAhead, dynamicAhead }: StaticDynamicFacts): string {
  return pairs < 2
    ? ''
    : `. Of ${pairs} settings that have both, static is ahead in ${staticAhead}, dynamic in ${dynamicAhead}`;
}
