import type { RedisServer } from '../support/redis-server.js';
import { BrokerProcess } from './broker-process.js';

export interface RunOptions {
  readonly redis: RedisServer;
  /** The experiment's folder; its database is there. */
  readonly folder: string;
  readonly experiment: string;
  /** In place of Redis' own address, e.g. that of a proxy. */
  readonly url?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a real coordinator. */
export function startRun({ redis, folder, experiment, url, args = [], env = {} }: RunOptions): BrokerProcess {
  return new BrokerProcess(['run', experiment, '--broker', url ?? redis.url, ...args], folder, {
    ...redis.environment('coordinator'),
    ...env,
  });
}
