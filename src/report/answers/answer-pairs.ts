import type { EffectFacts } from '../facts/effect-facts.js';
import { medianOf } from '../../statistics/median.js';
import { countText, differenceText, meanText, signed } from '../number-text.js';
import type { MetricText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { SweepFacts } from '../facts/sweep-facts.js';

/**
 * Does more calibration pay? The smallest against the largest size at equal settings. Null with one
 * size.
 */
export function calibrationSentence({ effects, metric }: SweepFacts): Sentence | null {
  if (effects.size === null) return null;
  const [small, large] = effects.size.batches;
  return effectSentence(`${large} calibration batches instead of ${small}: `, effects.size, metric, {
    higher: 'more calibration helps',
    lower: 'more calibration hurts',
    neither: 'more calibration does not help measurably',
  });
}

/**
 * Does the wrong axis cost anything? `absmax: view` against `channel`, all else equal. Null unless
 * the sweep has both.
 */
export function methodSentence({ effects, metric }: SweepFacts): Sentence | null {
  if (effects.absmax === null) return null;
  return effectSentence('absmax view (mixed channels) instead of channel: ', effects.absmax, metric, {
    higher: 'view is better',
    lower: 'view is worse',
    neither: 'no significant difference',
  });
}

/** The verdict, the mean effect with its interval, and the spread over the pairs. */
export function effectSentence(
  lead: string,
  { differences, tested }: EffectFacts,
  judgedBy: MetricText,
  words: Readonly<Record<'higher' | 'lower' | 'neither', string>>,
): Sentence {
  const pairs = differences.length;
  const metric = pairs === 1 ? judgedBy : meanText(judgedBy);
  const [low, high] = [differences[0] ?? 0, differences.at(-1) ?? 0];
  const where =
    pairs === 1 ? 'in the one pair of otherwise equal settings' : `over ${pairs} pairs of otherwise equal settings`;
  const spread =
    pairs === 1
      ? ''
      : ` (${signed(low, metric)} to ${differenceText(high, metric)}, median ${differenceText(medianOf(differences), metric)})`;
  if (tested === null) {
    const mean = differences.reduce((sum, difference) => sum + difference / pairs, 0);
    return sentence(
      lead,
      strong(`${pairs === 1 ? '' : 'mean '}${differenceText(mean, metric)}`),
      ` ${where}${spread}; its significance has not been tested.`,
    );
  }
  const verdict = tested.ciLow > 0 ? words.higher : tested.ciHigh < 0 ? words.lower : words.neither;
  const untested = tested.pairs === pairs ? '' : `, for the ${tested.pairs} of them that are paired by sample`;
  const samples = tested.samples === null ? '' : `, paired over ${countText(tested.samples, 'sample')}`;
  return sentence(
    lead,
    strong(verdict),
    `: ${pairs === 1 ? '' : 'mean '}`,
    strong(differenceText(tested.effect, metric)),
    `, 95 % interval ${signed(tested.ciLow, metric)} to ${differenceText(tested.ciHigh, metric)}${untested}, ${where}${spread}${samples}.`,
  );
}
