import type { Shard } from '../plan/shard.js';
import { shardPlan, type ShardPlan } from '../plan/shard-plan.js';
import type { PreparedSweep } from '../prepare/prepare-sweep.js';

/** What a shard does of a sweep; null where there is none, and the whole sweep runs. */
export function ownShard(
  { plan, inputs }: Pick<PreparedSweep, 'plan' | 'inputs'>,
  shard: Shard | undefined,
): ShardPlan | null {
  if (shard === undefined) return null;
  return shardPlan(plan, shard, {
    sampleCount: (source) => inputs.sampleCount(source),
    layerCount: ({ path }) => inputs.models.get(path)?.layers.length ?? 0,
  });
}
