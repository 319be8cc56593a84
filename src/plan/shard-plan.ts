import { estimateCost, type CostContext } from './estimate/estimate-cost.js';
import type { ContentKey, PlannedTrial, SweepPlan } from './plan.js';
import { balance, shorter } from './shard-balance.js';
import { groupsByObserve, groupsBySearch, type ShardUnit } from './shard-units.js';
import { stagesOfTrial } from './stages-of-trial.js';
import type { Shard, ShardOfSweep } from './shard.js';

/** What one shard of a sweep does. */
export interface ShardPlan {
  readonly shard: ShardOfSweep;
  /** The sweep's plan with the shard's trials and the stages that they need alone. */
  readonly plan: SweepPlan;
  /** FP32 forward passes of this shard, and of the longest one. */
  readonly forwardPasses: number;
  readonly longest: number;
  /** How many shards run a stage, for those of this shard. */
  readonly shardsOf: ReadonlyMap<ContentKey, number>;
}

/** What costs are estimated from; the same on every machine. */
export type ShardContext = Pick<CostContext, 'sampleCount' | 'layerCount'>;

/**
 * The trials that one shard of a sweep runs. They follow from the plan alone, not from what is
 * finished nor from the machine, so that machines that know nothing of each other agree.
 *
 * Trials that share an observe stage stay together where shards of about equal cost can be made of
 * whole ones, else such a group is cut. Trials of one search or ranking are parted only where there
 * are fewer of such sets than shards. Every shard runs the references that its trials need, and has
 * their FP32 trials.
 */
export function shardPlan(plan: SweepPlan, shard: Shard, context: ShardContext): ShardPlan {
  const all = estimateCost(plan, { ...context, finished: new Set(), typicalDurationsMs: new Map(), slots: 1 });
  const costs = new Map(all.work.map(({ key, forwardPasses }) => [key, forwardPasses]));
  const shards = shardsOf(plan, shard.of, costs).map((units) => trialsOf(plan, units));
  const trials = shards[shard.index - 1] ?? [];
  const stages = shards.map((own) => new Set(own.flatMap(stagesOfTrial)));
  const needed = stages[shard.index - 1] ?? new Set<ContentKey>();
  const passes = shards.map((own, index) =>
    [...own.map(({ key }) => key), ...stages[index]!].reduce((sum, key) => sum + (costs.get(key) ?? 0), 0),
  );
  return {
    shard: { ...shard, allTrials: plan.trials.length, filled: shards.filter((own) => own.length > 0).length },
    plan: { ...plan, trials, stages: plan.stages.filter(({ key }) => needed.has(key)) },
    forwardPasses: passes[shard.index - 1] ?? 0,
    longest: Math.max(0, ...passes),
    shardsOf: new Map([...needed].map((key) => [key, stages.filter((keys) => keys.has(key)).length])),
  };
}

function shardsOf(
  plan: SweepPlan,
  wanted: number,
  costs: ReadonlyMap<ContentKey, number>,
): readonly (readonly ShardUnit[])[] {
  const groups = groupsByObserve(plan, costs);
  const units = groups.flat();
  if (units.length === 0) return [];
  // Each placed trial has a shard of its own at most.
  const count = Math.min(wanted, units.flatMap(({ positions }) => positions).length);
  const coarse = balance(groups, count, costs);
  if (units.length >= count) return coarse.shards;
  return shorter(coarse, balance(groupsBySearch(plan, costs), count, costs)).shards;
}

function trialsOf({ trials }: SweepPlan, units: readonly ShardUnit[]): readonly PlannedTrial[] {
  const positions = new Set(units.flatMap((unit) => unit.positions));
  const own = trials.filter(({ position }) => positions.has(position));
  const references = new Set(own.map(({ referenceKey }) => referenceKey));
  return trials.filter(
    ({ position, settings, referenceKey }) =>
      positions.has(position) || (settings.role === 'fp32' && references.has(referenceKey)),
  );
}
