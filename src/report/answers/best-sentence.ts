import { countText, intervalText, magnitudeText, valueText } from '../number-text.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { comparedWith } from '../facts/sweep-facts.js';
import { finishedSettings } from './judged-settings.js';
import { noisePhrase } from './noise-phrase.js';
import { missingBaseline } from './pending-note.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** The best setting with its interval and its distance from FP32; why there is none. */
export function bestSentence(facts: SweepFacts): Sentence {
  const { best, metric, trials, allTrials } = facts;
  if (best === null || best.value === null) {
    const candidates = trials.filter((trial) => trial.role === 'candidate');
    if (candidates.length === 0)
      return sentence(
        allTrials.some(({ role }) => role === 'sensitivity')
          ? 'The sweep has no settings to choose from, only baselines and trials of single layers.'
          : 'The sweep has no settings to choose from, only baselines.',
      );
    const failed = candidates.filter((trial) => trial.status === 'failed').length;
    if (failed === candidates.length)
      return sentence(strong('No answer: '), `all ${countText(failed, 'setting')} failed.`);
    return sentence(strong('No answer yet: '), `none of the ${countText(candidates.length, 'setting')} has finished.`);
  }
  const interval =
    best.ciLow === null || best.ciHigh === null
      ? ''
      : ` (95 % interval ${intervalText(best.ciLow, best.ciHigh, metric)})`;
  const finished = finishedSettings(facts);
  const lead = finished === 1 ? ' reaches ' : ' is best: ';
  const start = [strong(best.label), lead, `${metric.name} `, strong(valueText(best.value, metric)), interval];
  if (best.fp32Value === null || best.gapToFp32 === null) {
    return sentence(...start, `. The cost of quantization is unknown: ${missingBaseline(facts, 'fp32')}`);
  }
  const noise = noisePhrase(comparedWith(facts, best, 'fp32'), { one: finished, other: 1 });
  return sentence(...start, `, ${against(best.gapToFp32, 'FP32', best.fp32Value, facts)}; `, ...noise, '.');
}

/** What smoothing brings the best setting. Null without one. */
export function unsmoothedSentence(facts: SweepFacts): Sentence | null {
  const { best } = facts;
  if (best === null) return null;
  if (best.unsmoothedValue === null || best.gainOverUnsmoothed === null) {
    return sentence(`The gain from smoothing is unknown: ${missingBaseline(facts, 'unsmoothed')}`);
  }
  const gain = against(best.gainOverUnsmoothed, 'unsmoothed', best.unsmoothedValue, facts);
  return sentence(
    'Smoothing: ',
    strong(gain),
    '; ',
    ...noisePhrase(comparedWith(facts, best, 'unsmoothed'), { one: finishedSettings(facts), other: 1 }),
    '.',
  );
}

function against(difference: number, name: string, value: number, { metric }: SweepFacts): string {
  const other = `${name} (${valueText(value, metric)})`;
  if (difference === 0) return `equal to ${other}`;
  return `${magnitudeText(difference, metric)} ${difference > 0 ? 'above' : 'below'} ${other}`;
}
