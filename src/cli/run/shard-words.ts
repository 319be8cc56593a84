import type { ShardOfSweep } from '../../api/require-shard.js';
import { plural } from '../show/format-values.js';

/** `43 trials`, or `shard 2 of 4: 11 of 43 trials`. */
export function shardWords(shard: ShardOfSweep | null, trials: number): string {
  if (shard === null) return plural(trials, 'trial');
  return `shard ${shard.index} of ${shard.of}: ${trials} of ${plural(shard.allTrials, 'trial')}`;
}

/** Why a shard has nothing to do. */
export function emptyShardText({ index, of, allTrials, filled }: ShardOfSweep): string {
  return `Shard ${index} of ${of} has no trials: the ${plural(allTrials, 'trial')} of the sweep fill ${plural(filled, 'shard')}. Nothing is to be done here.`;
}
