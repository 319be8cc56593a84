import type { IntervalEffect } from '../../statistics/axis-effects.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import type { AxisGroup } from './axis-groups.js';
import { axisSummaries } from './axis-summaries.js';

type Cells = readonly Bindable[];

/** Columns of `axis_effect(sweep)`, see {@link axisEffectRows}. */
export const axisEffectColumns = [
  ...['comparable', 'evaluation', 'metric', 'axis', 'rank', 'importance', 'total_importance', 'method'],
  ...[
    'level_order',
    'level',
    'trials',
    'mean',
    'best_level',
    'effect',
    'ci_low',
    'ci_high',
    'choice_low',
    'choice_high',
  ],
  ...['pairs', 'all_pairs', 'samples', 'interval_method'],
] as const;

/**
 * The rows of `axis_effect(sweep)`: one for each level of each axis, the groups of comparable
 * trials with the most trials first, in each the most important axis first.
 *
 * @throws StoreError `not-a-database` where stored outcomes are damaged
 */
export function axisEffectRows(connection: Connection, sweep: Bindable): readonly Cells[] {
  return axisSummaries(connection, sweep).flatMap(({ group, method, axes }) =>
    axes.flatMap(({ axis, rank, importance, totalImportance, best, levels }): readonly Cells[] => {
      const { path, levels: names } = group.axes[axis]!;
      return levels.map(({ trials, mean, effect }, level) => [
        ...groupCells(group),
        path,
        BigInt(rank),
        importance,
        totalImportance,
        method,
        BigInt(level + 1),
        names[level]!,
        BigInt(trials),
        mean,
        names[best]!,
        level === best ? 0 : (effect?.effect ?? null),
        ...intervalCells(effect, group),
      ]);
    }),
  );
}

/** Columns of `axis_interaction(sweep)`, see {@link axisInteractionRows}. */
export const axisInteractionColumns = [
  ...['comparable', 'evaluation', 'metric', 'axis', 'with_axis', 'rank', 'importance', 'level', 'other_level'],
  ...['at', 'effect_at', 'at_other', 'effect_at_other', 'difference', 'ci_low', 'ci_high', 'choice_low', 'choice_high'],
  ...['pairs', 'all_pairs', 'samples', 'interval_method'],
] as const;

/**
 * The rows of `axis_interaction(sweep)`: one for each two axes, in groups as
 * {@link axisEffectRows} has them, in each the strongest interaction first.
 *
 * @throws StoreError `not-a-database` where stored outcomes are damaged
 */
export function axisInteractionRows(connection: Connection, sweep: Bindable): readonly Cells[] {
  return axisSummaries(connection, sweep).flatMap(({ group, interactions }) =>
    interactions.map((found): Cells => {
      const [one, other] = [group.axes[found.axis]!, group.axes[found.withAxis]!];
      return [
        ...groupCells(group),
        one.path,
        other.path,
        BigInt(found.rank),
        found.importance,
        one.levels[found.level]!,
        one.levels[found.otherLevel]!,
        other.levels[found.at]!,
        found.effectAt,
        other.levels[found.atOther]!,
        found.effectAtOther,
        found.difference.effect,
        ...intervalCells(found.difference, group),
      ];
    }),
  );
}

function groupCells({ design, evaluation, metric }: AxisGroup): Cells {
  return [BigInt(design.values.length), evaluation, metric];
}

function intervalCells(effect: IntervalEffect | null, { outcomes }: AxisGroup): Cells {
  if (effect === null) return [null, null, null, null, 0n, 0n, null, null];
  const { interval, choiceInterval, pairs, allPairs } = effect;
  return [
    interval?.[0] ?? null,
    interval?.[1] ?? null,
    choiceInterval?.[0] ?? null,
    choiceInterval?.[1] ?? null,
    BigInt(pairs),
    BigInt(allPairs),
    outcomes?.kind === 'bitset' ? BigInt(outcomes.count) : null,
    outcomes === null ? null : outcomes.kind === 'bitset' ? 'paired samples' : 'paired bootstrap',
  ];
}
