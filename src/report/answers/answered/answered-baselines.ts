import { comparedWith, firstByPlace } from '../../facts/sweep-facts.js';
import { differenceText, intervalText, valueText } from '../../number-text.js';
import { noisePhrase } from '../noise-phrase.js';
import { sentence, strong } from '../sentence.js';
import type { AnsweredQuestion } from './answered-question.js';

/** What quantizing costs where nothing is smoothed. */
export const answeredBaselines: AnsweredQuestion = {
  answer: (facts) => {
    const { trials, metric } = facts;
    const finished = trials.filter(({ status, value }) => status === 'done' && value !== null);
    const all = finished.filter(({ role }) => role === 'unsmoothed');
    const unsmoothed = firstByPlace(all) ?? all[0];
    const fp32 = finished.find(({ role }) => role === 'fp32');
    const test = unsmoothed === undefined ? null : comparedWith(facts, unsmoothed, 'fp32');
    if (unsmoothed !== undefined && unsmoothed.gapToFp32 !== null)
      return sentence(
        ...(all.length > 1
          ? [`Of ${all.length} settings without smoothing, `, strong(unsmoothed.label), ' is best: ']
          : ['Quantized without smoothing, ']),
        strong(
          all.length > 1
            ? `${metric.name} ${valueText(unsmoothed.value, metric)}`
            : `${metric.name} is ${valueText(unsmoothed.value, metric)}`,
        ),
        `, ${differenceText(unsmoothed.gapToFp32, metric)} from FP32 (${valueText(unsmoothed.fp32Value, metric)}); `,
        ...noisePhrase(test, { one: all.length, other: 1 }),
        all.length > 1
          ? `. The lowest of them reaches ${valueText(Math.min(...all.map(({ value }) => value ?? 1)), metric)}. Trials without smoothing are baselines: none is recommended.`
          : '. The sweep has no settings to choose from, only baselines.',
      );
    const only = fp32 ?? unsmoothed;
    if (only === undefined) return sentence('The sweep has no settings to choose from, only baselines.');
    const interval =
      only.ciLow === null || only.ciHigh === null
        ? ''
        : ` (95 % interval ${intervalText(only.ciLow, only.ciHigh, metric)})`;
    return sentence(
      `${only.role === 'fp32' ? 'FP32' : 'Quantized without smoothing, the model'} reaches ${metric.name} `,
      strong(valueText(only.value, metric)),
      `${interval}. The sweep has no settings to choose from, only baselines.`,
    );
  },
};
