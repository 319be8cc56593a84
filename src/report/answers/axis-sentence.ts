import { capitalized } from '../capitalized.js';
import type { AxisEffect } from '../facts/axis-effects.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { countText, differenceText, meanText, signed, type MetricText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** Axes that get a sentence of their own, beside the most important one. */
const mostNamed = 5;

/**
 * What each setting does to the metric: the most important one with its share of the variance and
 * what its best value gains, then the others in short. Empty where fewer than two axes have
 * finished values, and where FP32 is no reference.
 */
export function axisSentences({ measured, metric: judgedBy, isVoid }: SweepFacts): readonly Sentence[] {
  if (isVoid) return [];
  const metric = meanText(judgedBy);
  const { axes, groups, trials } = measured.axisEffects();
  const [first, ...others] = axes;
  if (first === undefined || others.length === 0) return [];
  const own = `${shareText(first)}${gainText(first, metric)}.${groupText(groups, trials)}`;
  const lead = first.isBeyondNoise
    ? sentence(strong(`${capitalized(first.name)} matters most`), own)
    : axes.some(({ isBeyondNoise }) => isBeyondNoise)
      ? sentence(strong(`${capitalized(first.name)} explains most, but not beyond the noise`), own)
      : axes.some(({ gain }) => gain !== null && gain.ciLow !== null)
        ? sentence(strong('No setting matters beyond the noise'), `: ${first.name}, the first of ${axes.length}${own}`)
        : sentence(strong(`${capitalized(first.name)} explains most`), own);
  const rest = others.slice(0, mostNamed).map((axis) => `${axis.name}${shareText(axis)}${verdictText(axis, metric)}`);
  const more = others.length > rest.length ? `; and ${countText(others.length - rest.length, 'other')}` : '';
  return [lead, sentence(`Then ${rest.join('; ')}${more}.`)];
}

/** `, 71 % of the variance` */
function shareText({ importance }: AxisEffect): string {
  return importance === null ? '' : `, ${(100 * importance).toFixed(importance < 0.1 ? 1 : 0)}\u00a0% of the variance`;
}

/** `: 8 instead of 6 gains 12.30 points (95 % interval 11.00 to 13.50 points)` */
function gainText({ gain, best, worst, levels }: AxisEffect, metric: MetricText): string {
  if (gain === null || worst === null) return '';
  const interval =
    gain.ciLow === null || gain.ciHigh === null
      ? ', not tested'
      : ` (95 % interval ${signed(gain.ciLow, metric)} to ${differenceText(gain.ciHigh, metric)}${levels.length > 2 ? `, corrected for the choice of two of ${levels.length} values` : ''})`;
  return `: ${best.value} instead of ${worst.value} changes ${metric.name} by ${differenceText(gain.effect, metric)}${interval}`;
}

/** Settings of different models or evaluations are not averaged. */
function groupText(groups: number, trials: number): string {
  return groups < 2
    ? ''
    : ` This is over the ${trials} settings of one model and evaluation; those of ${countText(groups - 1, 'other')} count apart.`;
}

function verdictText(axis: AxisEffect, metric: MetricText): string {
  const { gain, worst, best, isBeyondNoise } = axis;
  if (gain === null || worst === null) return '';
  const words = isBeyondNoise ? '' : gain.ciLow === null ? ', not tested' : ', inside the noise';
  return ` (${best.value} instead of ${worst.value}: ${differenceText(gain.effect, metric)}${words})`;
}
