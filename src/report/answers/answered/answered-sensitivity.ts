import type { LayerChange, SensitiveLayer, SensitivityFacts } from '../../facts/sensitivity-facts.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { countText, differenceText, magnitudeText, signed, type MetricText } from '../../number-text.js';
import type { Sentence } from '../sentence.js';
import { sentence, strong } from '../sentence.js';
import type { AnsweredQuestion } from './answered-question.js';

/** Layers that a sentence names. */
const mostNamed = 3;

/**
 * Which layers pay, whether they can be told apart, and what keeping the worst in float brings
 * back.
 */
export const answeredSensitivity: AnsweredQuestion = {
  answer: ({ measured: { sensitivity }, metric }, { lacksWhole }) =>
    sensitivity === null ? null : (rankSentence(sensitivity, metric) ?? unknownSentence(lacksWhole)),
  more: (facts) => [ladderSentence(facts), costSentence(facts)],
};

function rankSentence({ layers, rankedBy, standOut, tied }: SensitivityFacts, metric: MetricText): Sentence | null {
  const measured = layers.filter((layer) => layer[rankedBy] !== null);
  const [worst] = measured;
  if (worst === undefined) return null;
  const change = worst[rankedBy]!;
  const what =
    rankedBy === 'gain'
      ? ['Left alone in float it brings back ', strong(magnitudeText(change.change, metric))]
      : ['Quantized alone it costs ', strong(magnitudeText(change.change, metric))];
  if (change.change <= 0)
    return sentence(
      strong('No layer stands out'),
      rankedBy === 'gain'
        ? `: left alone in float, none of ${measured.length} raises ${metric.name}.`
        : `: quantized alone, none of ${measured.length} lowers ${metric.name}.`,
    );
  if (tied !== null && measured.length > 1 && tied.size === measured.length - 1)
    return sentence(
      strong('No layer stands out'),
      `: none of the other ${tied.size} can be told from the first, ${worst.layer}, on these samples. `,
      ...what,
      `${intervalOf(change, metric)}. ${standOutText(standOut, measured.length, rankedBy)}`,
    );
  return sentence(
    strong(worst.layer),
    ' is the most sensitive layer. ',
    ...what,
    `${intervalOf(change, metric)}. ${tieText(measured, tied)} ${standOutText(standOut, measured.length, rankedBy)}`,
  );
}

/** Trials of layers have finished, but not what they are compared with. */
function unknownSentence(lacksWhole: boolean): Sentence {
  return sentence(
    strong('Which layers are most sensitive is unknown'),
    lacksWhole
      ? ': no trial quantizes every layer at the same settings, to compare those with one layer in float with.'
      : ': what the trials of single layers are compared with has not finished.',
  );
}

/** `These 3 cannot be told apart: a, b, c.` */
function tieText(measured: readonly SensitiveLayer[], tied: ReadonlySet<number> | null): string {
  if (tied === null) return 'Whether others differ from it has not been tested.';
  const [worst, ...others] = measured;
  if (tied.size === 0) return 'All others differ from it significantly.';
  const names = [worst!, ...others.filter(({ position }) => tied.has(position))].map(({ layer }) => layer);
  return names.length <= mostNamed
    ? `These ${names.length} cannot be told apart: ${names.join(', ')}.`
    : `It cannot be told from ${countText(names.length - 1, 'other')} of ${measured.length} layers.`;
}

function standOutText(standOut: number, of: number, by: 'cost' | 'gain'): string {
  const does =
    by === 'gain' ? 'bring back more than noise when left in float' : 'cost more than noise when quantized alone';
  return standOut === 0 ? `No single layer’s interval excludes 0.` : `${standOut} of ${of} layers ${does}.`;
}

function intervalOf({ ciLow, ciHigh }: LayerChange, metric: MetricText): string {
  return ciLow === null || ciHigh === null ? '' : ` (95 % interval ${rangeText(ciLow, ciHigh, metric)})`;
}

/** What keeping the worst several in float brings back: the rung that brings back most. */
function ladderSentence({ measured: { floatLadder }, trials, metric }: SweepFacts): Sentence | null {
  if (floatLadder === null) return null;
  const top = floatLadder.rungs.reduce((a, b) => (b.effect > a.effect ? b : a));
  const whole = trials.find(({ trial }) => trial === floatLadder.whole);
  const gap = whole?.gapToFp32 ?? null;
  const first = floatLadder.rungs[0]!;
  const one =
    first === top
      ? ''
      : ` The worst ${first.keepFloat === 1 ? 'one' : first.keepFloat} alone: ${differenceText(first.effect, metric)}.`;
  if (top.effect <= 0)
    return sentence(strong('Keeping the worst layers in float brings nothing back'), ' on these samples.');
  return sentence(
    'Keeping the worst ',
    strong(countText(top.keepFloat, 'layer')),
    ' in float brings back ',
    strong(magnitudeText(top.effect, metric)),
    ` (95 % interval ${rangeText(top.ciLow, top.ciHigh, metric)}${top.ciLow > 0 ? '' : ', not significant'})`,
    gap !== null && gap < 0 ? ` of the ${magnitudeText(gap, metric)} that quantizing every layer costs.` : '.',
    one,
  );
}

/** The other of the two measures, in a few words. */
function costSentence({ measured: { sensitivity }, metric }: SweepFacts): Sentence | null {
  if (sensitivity === null || sensitivity.rankedBy === 'cost') return null;
  const costs = sensitivity.layers.flatMap(({ layer, cost }) => (cost === null ? [] : [{ layer, cost }]));
  if (costs.length === 0) return null;
  const most = costs.reduce((a, b) => (b.cost.change > a.cost.change ? b : a));
  const clear = costs.filter(({ cost }) => (cost.ciLow ?? -1) > 0).length;
  return sentence(
    ...(most.cost.change > 0
      ? [
          'Quantized alone, no layer costs more than ',
          strong(magnitudeText(most.cost.change, metric)),
          ` (${most.layer}); `,
        ]
      : [`Quantized alone, no layer lowers ${metric.name}; `]),
    `${clear === 0 ? 'none of these costs is above the noise' : `${clear} of ${costs.length} are above the noise`}.`,
  );
}

/** Both ends with one unit; without signs where both lie above 0. */
function rangeText(low: number, high: number, metric: MetricText): string {
  const text = `${signed(low, metric)} to ${differenceText(high, metric)}`;
  return low > 0 ? text.replaceAll('+', '') : text;
}
