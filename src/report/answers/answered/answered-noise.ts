import { countText, magnitudeText, meanText } from '../../number-text.js';
import { sentence, strong } from '../sentence.js';
import { calibrationSentence } from '../answer-pairs.js';
import type { AnsweredQuestion } from './answered-question.js';

/** How far seeds spread, against the interval of one trial. */
export const answeredNoise: AnsweredQuestion = {
  answer: ({ measured: { seeds }, metric: judgedBy }) => {
    if (seeds === null) return null;
    const metric = meanText(judgedBy);
    const widest = seeds.settings.reduce((a, b) => (b.high - b.low > a.high - a.low ? b : a));
    const range = widest.high - widest.low;
    const isSmall = 1.959964 * seeds.deviation < seeds.halfInterval;
    return sentence(
      'The choice of calibration samples moves ',
      `${metric.name} by `,
      strong(magnitudeText(seeds.deviation, metric)),
      ` (standard deviation over ${countText(seeds.seeds, 'seed')}${seeds.settings.length === 1 ? '' : `, of ${seeds.settings.length} settings`}), at most by ${magnitudeText(range, metric)} from seed to seed. `,
      strong(
        isSmall
          ? 'That is less than what the evaluation leaves open'
          : 'That is no less than what the evaluation leaves open',
      ),
      `: the 95 % interval of one trial is ±${magnitudeText(seeds.halfInterval, metric)}.`,
    );
  },
  more: (facts) => {
    const { measured } = facts;
    const metric = meanText(facts.metric);
    return [
      measured.seeds === null
        ? null
        : sentence(
            'Two calibrations that differ by less than ',
            strong(magnitudeText(1.959964 * Math.SQRT2 * measured.seeds.deviation, metric)),
            ' may differ by their samples alone (1.96 √2 standard deviations).',
          ),
      calibrationSentence(facts),
    ];
  },
};
