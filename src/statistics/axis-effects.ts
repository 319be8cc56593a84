import { AlikePairs, type TrialPair } from './alike-pairs.js';
import type { AxisDesign } from './axis-design.js';
import { contrastInterval, contrastOf, widenedInterval, type Contrast, type GroupOutcomes } from './contrast.js';
import { varianceShares, type VarianceShares } from './variance-shares.js';

/** A mean difference with intervals; null where no outcomes are stored. */
export interface IntervalEffect {
  readonly effect: number;
  readonly pairs: number;
  /** Pairs there are; more than `pairs` where so many were not needed. */
  readonly allPairs: number;
  /** 95 %, over samples. */
  readonly interval: readonly [low: number, high: number] | null;
  /** The same, allowing for the choice of the levels among all. */
  readonly choiceInterval: readonly [low: number, high: number] | null;
}

/** One axis of a design. */
export interface AxisSummary {
  readonly axis: number;
  /** From 1, the most important. */
  readonly rank: number;
  readonly importance: number | null;
  readonly totalImportance: number | null;
  /** The level with the highest mean. */
  readonly best: number;
  readonly levels: readonly {
    readonly trials: number;
    readonly mean: number;
    /** The level instead of the best; null for the best, and where no two trials are alike. */
    readonly effect: IntervalEffect | null;
  }[];
}

/** How the effect of an axis changes with another. */
export interface InteractionSummary {
  /** The more important of the two first. */
  readonly axis: number;
  readonly withAxis: number;
  readonly rank: number;
  readonly importance: number;
  /** Best and worst level of the first axis. */
  readonly level: number;
  readonly otherLevel: number;
  /** Levels of the second axis at which the first gains most and least. */
  readonly at: number;
  readonly atOther: number;
  readonly effectAt: number;
  readonly effectAtOther: number;
  readonly difference: IntervalEffect;
}

/** Pairs that one effect is taken from at most; of more, evenly spread ones. */
const mostPairs = 20_000;

/** What each axis does to the values, most important first. */
export function summarizeAxes(
  design: AxisDesign,
  outcomes: GroupOutcomes | null,
  shares = varianceShares(design),
): readonly AxisSummary[] {
  return order(shares).map((axis, place) => {
    const means = shares.means[axis]!;
    const best = extreme(means, (mean, most) => mean > most);
    const alike = new AlikePairs(design, axis);
    return {
      axis,
      rank: place + 1,
      importance: shares.axes?.[axis] ?? null,
      totalImportance: totalShare(shares, axis),
      best,
      levels: Array.from(means, (mean, level) => ({
        trials: design.levels[axis]!.filter((own) => own === level).length,
        mean,
        effect:
          level === best
            ? null
            : effectOf(alike.between(best, level), design, outcomes, (means.length * (means.length - 1)) / 2),
      })),
    };
  });
}

/** The interactions of two axes that can be told, strongest first. */
export function summarizeInteractions(
  design: AxisDesign,
  outcomes: GroupOutcomes | null,
  shares = varianceShares(design),
): readonly InteractionSummary[] {
  const ranks = order(shares);
  const strongest = [...shares.pairs].sort((a, b) => b.share - a.share);
  const told = strongest.flatMap(({ pair, share }) => {
    const [axis, withAxis] = [...pair].sort((a, b) => ranks.indexOf(a) - ranks.indexOf(b)) as [number, number];
    const interaction = interactionOf(axis, withAxis, shares, design, outcomes);
    return interaction === null ? [] : [{ ...interaction, axis, withAxis, importance: share }];
  });
  return told.map((interaction, place) => ({ ...interaction, rank: place + 1 }));
}

/** Axes, most important first; of equal ones in their own order. */
function order({ axes, means }: VarianceShares): number[] {
  const own = means.map((_, axis) => axis);
  return axes === null ? own : own.sort((a, b) => axes[b]! - axes[a]!);
}

function totalShare({ axes, pairs }: VarianceShares, axis: number): number | null {
  if (axes === null) return null;
  return pairs.filter(({ pair }) => pair.includes(axis)).reduce((sum, { share }) => sum + share, axes[axis]!);
}

function extreme(values: Float64Array, isAhead: (value: number, other: number) => boolean): number {
  return values.reduce((chosen, value, at) => (isAhead(value, values[chosen]!) ? at : chosen), 0);
}

function effectOf(
  pairs: readonly TrialPair[],
  { values }: AxisDesign,
  outcomes: GroupOutcomes | null,
  choices: number,
): IntervalEffect | null {
  if (pairs.length === 0) return null;
  const used = thinned(pairs);
  const contrast = { plus: used.map(([, two]) => two), minus: used.map(([one]) => one), terms: used.length, reach: 1 };
  return intervalEffect(contrast as Contrast, pairs.length, values, outcomes, choices);
}

function intervalEffect(
  contrast: Contrast,
  allPairs: number,
  values: Float64Array,
  outcomes: GroupOutcomes | null,
  choices: number,
): IntervalEffect {
  const told = contrastInterval(contrast, outcomes, values);
  return {
    effect: told?.effect ?? contrastOf(values, contrast),
    pairs: contrast.terms,
    allPairs,
    interval: told === null ? null : [told.ciLow, told.ciHigh],
    choiceInterval: told === null ? null : widenedInterval(told, choices),
  };
}

function thinned<T>(items: readonly T[]): readonly T[] {
  if (items.length <= mostPairs) return items;
  return Array.from({ length: mostPairs }, (_, at) => items[Math.floor((at * items.length) / mostPairs)]!);
}

/**
 * Takes the best level of the first axis instead of its worst, at the level of the second where
 * that gains most and where it gains least, over trials that are all there: two pairs that differ
 * in the second axis alone.
 */
function interactionOf(
  axis: number,
  withAxis: number,
  { means }: VarianceShares,
  design: AxisDesign,
  outcomes: GroupOutcomes | null,
): Omit<InteractionSummary, 'axis' | 'withAxis' | 'importance' | 'rank'> | null {
  const { values, sizes, levels } = design;
  const level = extreme(means[axis]!, (mean, most) => mean > most);
  const otherLevel = extreme(means[axis]!, (mean, least) => mean < least);
  const second = levels[withAxis]!;
  const pairs = new AlikePairs(design, axis)
    .between(otherLevel, level)
    .filter(([one, two]) => second[one]! >= 0 && second[one] === second[two]);
  const gainOf = (own: readonly TrialPair[]): number =>
    contrastOf(values, { plus: own.map(([, two]) => two), minus: own.map(([one]) => one), terms: own.length });
  const byLevel = Array.from({ length: sizes[withAxis]! }, (_, at) => pairs.filter(([one]) => second[one] === at))
    .map((own, at) => ({ at, own, gain: own.length === 0 ? null : gainOf(own) }))
    .filter(({ gain }) => gain !== null)
    .sort((a, b) => b.gain! - a.gain!);
  if (byLevel.length < 2) return null;
  const [{ at: most, own: gainMost }, { at: least, own: gainLeast }] = [byLevel[0]!, byLevel.at(-1)!];
  const rest = levels.filter((_, other) => other !== axis && other !== withAxis);
  const keyOf = ([one, two]: TrialPair): string => rest.map((own) => `${own[one]} ${own[two]}`).join();
  const beside = new Map(gainLeast.map((pair) => [keyOf(pair), pair]));
  const all = gainMost.flatMap((pair) => {
    const other = beside.get(keyOf(pair));
    return other === undefined ? [] : [[pair, other] as const];
  });
  if (all.length === 0) return null;
  const gains = [0, 1].map((side) => gainOf(all.map((quad) => quad[side]!)));
  const isTurned = gains[0]! < gains[1]!;
  const used = thinned(isTurned ? all.map(([one, other]) => [other, one] as const) : all);
  const contrast: Contrast = {
    plus: used.flatMap(([[, two], [one]]) => [two, one]),
    minus: used.flatMap(([[one], [, two]]) => [one, two]),
    terms: used.length,
    reach: 2,
  };
  const choose = (count: number): number => (count * (count - 1)) / 2;
  const choices = choose(sizes[axis]!) * choose(sizes[withAxis]!);
  return {
    level,
    otherLevel,
    at: isTurned ? least : most,
    atOther: isTurned ? most : least,
    effectAt: gainOf(used.map(([one]) => one)),
    effectAtOther: gainOf(used.map(([, other]) => other)),
    difference: intervalEffect(contrast, all.length, values, outcomes, choices),
  };
}
