import { UsageError } from '../../errors/usage-error.js';
import type { Shard } from '../../api/require-shard.js';

/**
 * The shard that `--shard i/N` names. Whether there can be one of these numbers is asked where it
 * is used. @throws UsageError
 */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  if (index === undefined || of === undefined) {
    throw new UsageError(`Expected --shard i/N, as the second of four: --shard 2/4; got "${text}".`);
  }
  return { index: Number(index), of: Number(of) };
}
