import type { ContentKey, PlannedTrial, SweepPlan } from './plan.js';
import { stagesOfTrial } from './stages-of-trial.js';

/** Trials that go to one shard together. */
export interface ShardUnit {
  /** Positions in the plan, ascending. */
  readonly positions: readonly number[];
  /** Cost of the trials and of the stages that no other unit needs. */
  readonly own: number;
  /** Stages that other units need as well: a shard runs each once. */
  readonly shared: readonly ContentKey[];
}

/** Units that share an observe stage, or what takes its place. */
export type ShardGroup = readonly ShardUnit[];

/** FP32 forward passes by key of a stage or trial, as `estimateCost` has them. */
export type Costs = ReadonlyMap<ContentKey, number>;

/**
 * Trials in groups by the observe stage that they share. Within a group, trials of one search or
 * ranking are one unit.
 */
export function groupsByObserve(plan: SweepPlan, costs: Costs): readonly ShardGroup[] {
  const units = toUnits(joined(placedTrials(plan)), costs);
  return grouped(units, (unit) => plan.trials[unit.positions[0]!]!.observeKey);
}

/**
 * As {@link groupsByObserve}, one step finer: trials of one search or ranking are a group, each
 * trial is a unit.
 */
export function groupsBySearch(plan: SweepPlan, costs: Costs): readonly ShardGroup[] {
  const sets = joined(placedTrials(plan));
  const setOf = new Map(sets.flatMap((trials, index) => trials.map(({ position }) => [position, String(index)])));
  const units = toUnits(
    sets.flat().map((trial) => [trial]),
    costs,
  );
  return grouped(units, (unit) => setOf.get(unit.positions[0]!)!);
}

/**
 * An FP32 trial is the result of its reference stage under another name. It goes wherever a trial
 * needs that stage, and is placed by itself only where none does.
 */
function placedTrials({ trials }: SweepPlan): readonly PlannedTrial[] {
  const needed = new Set(trials.flatMap((t) => (t.settings.role === 'fp32' ? [] : [t.referenceKey])));
  return trials.filter(({ settings, referenceKey }) => settings.role !== 'fp32' || !needed.has(referenceKey));
}

/** Trials that are connected by searches and rankings, in the plan's order. */
function joined(trials: readonly PlannedTrial[]): readonly (readonly PlannedTrial[])[] {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    return root;
  };
  const join = (one: string, other: string): void => {
    const [first, second] = [rootOf(one), rootOf(other)];
    if (first !== second) parent.set(second, first);
  };
  for (const { key, searchKey, rankKey, keepKey } of trials) {
    for (const stage of [searchKey, rankKey, keepKey]) if (stage !== null) join(stage, key);
  }
  const sets = new Map<string, PlannedTrial[]>();
  for (const trial of trials) {
    const root = rootOf(trial.key);
    sets.set(root, [...(sets.get(root) ?? []), trial]);
  }
  return [...sets.values()];
}

function toUnits(sets: readonly (readonly PlannedTrial[])[], costs: Costs): readonly ShardUnit[] {
  const stages = sets.map((trials) => [...new Set(trials.flatMap(stagesOfTrial))]);
  const users = new Map<ContentKey, number>();
  for (const key of stages.flat()) users.set(key, (users.get(key) ?? 0) + 1);
  const costOf = (key: ContentKey): number => costs.get(key) ?? 0;
  return sets.map((trials, index) => {
    const [shared, alone] = [
      stages[index]!.filter((k) => users.get(k)! > 1),
      stages[index]!.filter((k) => users.get(k) === 1),
    ];
    const own = [...trials.map(({ key }) => key), ...alone].reduce((sum, key) => sum + costOf(key), 0);
    return { positions: trials.map(({ position }) => position), own, shared };
  });
}

function grouped(units: readonly ShardUnit[], nameOf: (unit: ShardUnit) => string | null): readonly ShardGroup[] {
  const groups = new Map<string, ShardUnit[]>();
  for (const unit of units) {
    // Without an observe stage: an FP32 trial that stands alone.
    const name = nameOf(unit) ?? `trial ${unit.positions[0]!}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [unit]);
    else group.push(unit);
  }
  return [...groups.values()];
}
