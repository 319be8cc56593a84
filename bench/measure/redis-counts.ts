import type { RedisServer } from '../../test/support/redis-server.js';

/** What a Redis has done since it started. */
export interface RedisCounts {
  readonly cpuMs: number;
  /** Those inside scripts are counted as well. */
  readonly commands: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export function redisCounts(redis: RedisServer): RedisCounts {
  const told = `${redis.command('INFO', 'cpu')}\n${redis.command('INFO', 'stats')}`;
  const field = (name: string): number => {
    const found = new RegExp(`^${name}:([\\d.]+)`, 'm').exec(told);
    if (found === null) throw new Error(`Expected ${name} in INFO, got ${told}`);
    return Number(found[1]);
  };
  return {
    cpuMs: 1000 * (field('used_cpu_user') + field('used_cpu_sys')),
    commands: field('total_commands_processed'),
    bytesIn: field('total_net_input_bytes'),
    bytesOut: field('total_net_output_bytes'),
  };
}

/** What was done between two looks. */
export function countsSince(before: RedisCounts, after: RedisCounts): RedisCounts {
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    commands: after.commands - before.commands,
    bytesIn: after.bytesIn - before.bytesIn,
    bytesOut: after.bytesOut - before.bytesOut,
  };
}
