import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, toRows } from '../query.js';
import { axisName } from './axes.js';

/** A mean difference over pairs of otherwise equal trials. */
export interface PairedDifference {
  readonly effect: number;
  /** 95 % interval over the evaluation samples; null where none is stored. */
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly pairs: number;
  /** Null for metrics that are not right or wrong by sample. */
  readonly samples: number | null;
}

/** One value of an axis. */
export interface AxisLevel {
  /** As v_setting writes it: `0.5`, `percentile`. */
  readonly value: string;
  readonly trials: number;
  /** Mean of the metric over all combinations of the other axes. */
  readonly mean: number;
  /** This value instead of the axis' best one; null for the best, and where no two trials pair. */
  readonly againstBest: PairedDifference | null;
}

/** What one axis of the sweep does to the primary metric. */
export interface AxisEffect {
  /** `quantization.weight.bits` */
  readonly path: string;
  /** `weight bits` */
  readonly name: string;
  /** 1 is the most important. */
  readonly rank: number;
  /** Share of the variance, 0 to 1, that the axis explains by itself; null where all is equal. */
  readonly importance: number | null;
  /** The same with all interactions that the axis has part in. */
  readonly totalImportance: number | null;
  /** Two or more, numbers in ascending order, others as the sweep has them. */
  readonly levels: readonly AxisLevel[];
  /** The level with the highest mean. */
  readonly best: AxisLevel;
  /** The level that loses most against the best; null where none pairs with it. */
  readonly worst: AxisLevel | null;
  /**
   * The best level instead of the worst. The interval allows for the choice of two levels among all
   * (Bonferroni); with two levels that is the plain one.
   */
  readonly gain: PairedDifference | null;
  /** Whether the interval of `gain` excludes 0; false without an interval. */
  readonly isBeyondNoise: boolean;
}

/** How the effect of one axis depends on the value of another. */
export interface AxisInteraction {
  readonly path: string;
  readonly withPath: string;
  /** Share of the variance, 0 to 1; null where all is equal. */
  readonly importance: number | null;
  /** `level` instead of `otherLevel` of the first axis gains so much ... */
  readonly level: string;
  readonly otherLevel: string;
  /** ... where the second axis has this value, */
  readonly at: string;
  readonly effectAt: number;
  /** and so much where it has this one. */
  readonly atOther: string;
  readonly effectAtOther: number;
  /** effectAt - effectAtOther; the interval allows for the choice of the two values. */
  readonly difference: PairedDifference;
  readonly isBeyondNoise: boolean;
}

/** The axes of a sweep, over the candidates that are judged alike. */
export interface AxisEffects {
  /** Most important first. Empty where fewer than two values of any axis have finished. */
  readonly axes: readonly AxisEffect[];
  /** Strongest first. */
  readonly interactions: readonly AxisInteraction[];
  /** Trials that this is of. */
  readonly trials: number;
  /** True: every combination has finished and importance is an exact sum of squares. */
  readonly isExact: boolean;
  /** Groups of trials that can be compared (model, evaluation); this is of the largest. */
  readonly groups: number;
}

/** The queries behind {@link AxisEffects}, as pages show them. */
export const axisEffectsSql = {
  effects: (sweep: string): string =>
    `SELECT comparable, evaluation, metric, axis, rank, importance, total_importance, method, level_order, level, trials, mean,
       best_level, effect, ci_low, ci_high, choice_low, choice_high, pairs, samples
FROM v_axis_effect WHERE sweep = ${sqlText(sweep)} ORDER BY comparable DESC, evaluation, rank, level_order`,
  interactions: (sweep: string): string =>
    `SELECT comparable, evaluation, metric, axis, with_axis, rank, importance, level, other_level, at, effect_at, at_other, effect_at_other,
       difference, choice_low, choice_high, pairs, samples
FROM v_axis_interaction WHERE sweep = ${sqlText(sweep)} ORDER BY comparable DESC, evaluation, rank`,
};

/** Reads what each axis of a sweep does. */
export function readAxisEffects(query: Query, sweep: string): AxisEffects {
  const effects = toRows(query(axisEffectsSql.effects(sweep), []));
  return toAxisEffects(effects, effects.length === 0 ? [] : toRows(query(axisEffectsSql.interactions(sweep), [])));
}

/** The axes of the largest group, from rows of v_axis_effect and v_axis_interaction in order. */
export function toAxisEffects(effects: readonly Row[], interactions: readonly Row[] = []): AxisEffects {
  const groups = new Set(effects.map((row) => textOf(row, 'evaluation'))).size;
  const [first] = effects;
  if (first === undefined) return { axes: [], interactions: [], trials: 0, isExact: false, groups };
  const ofGroup = (row: Row): boolean => row['evaluation'] === first['evaluation'] && row['metric'] === first['metric'];
  const own = effects.filter(ofGroup);
  const axes = [...new Set(own.map((row) => textOf(row, 'axis')))];
  return {
    axes: axes.map((axis) => toAxisEffect(own.filter((row) => row['axis'] === axis))),
    interactions: interactions.filter(ofGroup).map(toInteraction),
    trials: numberOf(first, 'comparable'),
    isExact: first['method'] === 'exact',
    groups,
  };
}

/** One axis, from its rows of v_axis_effect in order. */
function toAxisEffect(rows: readonly Row[]): AxisEffect {
  const [first] = rows as [Row, ...Row[]];
  const levels = rows.map(toLevel);
  const best = levels[rows.findIndex((row) => row['level'] === first['best_level'])]!;
  const lost = (at: number): number => levels[at]!.againstBest?.effect ?? Infinity;
  const lowest = levels.reduce((least, _, at) => (lost(at) < lost(least) ? at : least), 0);
  const against = levels[lowest]!.againstBest;
  const row = rows[lowest]!;
  const gain =
    against === null
      ? null
      : {
          ...against,
          effect: -against.effect,
          ciLow: negated(numberOrNull(row, 'choice_high')),
          ciHigh: negated(numberOrNull(row, 'choice_low')),
        };
  const path = textOf(first, 'axis');
  return {
    path,
    name: axisName(path),
    rank: numberOf(first, 'rank'),
    importance: numberOrNull(first, 'importance'),
    totalImportance: numberOrNull(first, 'total_importance'),
    levels,
    best,
    worst: against === null ? null : levels[lowest]!,
    gain,
    isBeyondNoise: gain !== null && excludesZero(gain),
  };
}

function toLevel(row: Row): AxisLevel {
  const effect = numberOrNull(row, 'effect');
  const interval = { ciLow: numberOrNull(row, 'ci_low'), ciHigh: numberOrNull(row, 'ci_high') };
  return {
    value: textOf(row, 'level'),
    trials: numberOf(row, 'trials'),
    mean: numberOf(row, 'mean'),
    againstBest:
      effect === null || row['level'] === row['best_level'] ? null : { effect, ...interval, ...countsOf(row) },
  };
}

function toInteraction(row: Row): AxisInteraction {
  const difference = {
    effect: numberOf(row, 'difference'),
    ciLow: numberOrNull(row, 'choice_low'),
    ciHigh: numberOrNull(row, 'choice_high'),
    ...countsOf(row),
  };
  return {
    path: textOf(row, 'axis'),
    withPath: textOf(row, 'with_axis'),
    importance: numberOrNull(row, 'importance'),
    level: textOf(row, 'level'),
    otherLevel: textOf(row, 'other_level'),
    at: textOf(row, 'at'),
    effectAt: numberOf(row, 'effect_at'),
    atOther: textOf(row, 'at_other'),
    effectAtOther: numberOf(row, 'effect_at_other'),
    difference,
    isBeyondNoise: excludesZero(difference),
  };
}

function countsOf(row: Row): Pick<PairedDifference, 'pairs' | 'samples'> {
  return {
    pairs: numberOf(row, 'pairs'),
    samples: numberOrNull(row, 'samples'),
  };
}

function excludesZero({ ciLow, ciHigh }: PairedDifference): boolean {
  return ciLow !== null && ciHigh !== null && (ciLow > 0 || ciHigh < 0);
}

function negated(value: number | null): number | null {
  return value === null ? null : -value;
}
