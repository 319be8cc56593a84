import { UsageError } from '../errors/usage-error.js';
import type { Shard } from '../plan/shard.js';

export type { Shard, ShardOfSweep } from '../plan/shard.js';

/** Throws UsageError for a shard that there can't be. */
export function requireShard(shard: Shard | undefined): void {
  if (shard === undefined) return;
  const { index, of } = shard;
  if (Number.isInteger(index) && Number.isInteger(of) && index >= 1 && index <= of) return;
  throw new UsageError(
    `Expected a shard i of N with 1 <= i <= N, both integers, as the second of four: 2/4; got ${index}/${of}.`,
  );
}
