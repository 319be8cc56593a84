import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisServer } from '../support/redis-server.js';
import { BrokerProcess } from './broker-process.js';

export interface AgentOptions {
  readonly redis: RedisServer;
  /** Where the agent lives: its cache, and its working directory. Made where it is not there. */
  readonly folder: string;
  /** Folders with models and data. */
  readonly data: readonly string[];
  /** In place of Redis' own address, e.g. that of a proxy. */
  readonly url?: string;
  readonly slots?: number;
  /** Further arguments, e.g. `['--grace', '5']`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a real agent with a cache of its own. It says `ready` when it takes work. */
export function startAgent({ redis, folder, data, url, slots = 1, args = [], env = {} }: AgentOptions): BrokerProcess {
  mkdirSync(folder, { recursive: true });
  const cache = join(folder, 'cache');
  return new BrokerProcess(
    [
      ...['agent', '--broker', url ?? redis.url, '--provider', 'cpu', '--slots', String(slots)],
      ...data.flatMap((each) => ['--data', each]),
      ...['--cache', cache, ...args],
    ],
    folder,
    { ...redis.environment('agent'), ...env },
  );
}
