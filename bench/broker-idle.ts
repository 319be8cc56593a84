import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerAddress } from '../src/broker/broker-address.js';
import { brokerEngine } from '../src/broker/coordinator/broker-engine.js';
import { startRedis } from '../test/support/redis-server.js';
import { cpuMsOf } from './measure/process-cpu.js';
import { countsSince, redisCounts } from './measure/redis-counts.js';
import { mean } from './measure/spread.js';
import { RunningAgent } from './running-agent.js';
import { runTinyJobs, writeTinyJobs } from './tiny-jobs.js';

/** What agents cost that have nothing to do. */
export interface IdleCosts {
  readonly agents: number;
  /** A sweep is open, and gives no work. */
  readonly hasSweep: boolean;
  /** Shares of one core. */
  readonly agentShare: number;
  readonly redisShare: number;
  readonly commandsPerSecond: number;
}

/** Idle agents without and with a sweep on the broker. @param seconds of each look */
export async function measureIdleCosts(
  folder: string,
  counts: readonly number[],
  seconds: number,
): Promise<readonly IdleCosts[]> {
  const data = join(folder, 'data');
  mkdirSync(data);
  const tiny = await writeTinyJobs(data, 8, 2);
  const redis = await startRedis();
  const agents: RunningAgent[] = [];
  const look = async (hasSweep: boolean): Promise<IdleCosts> => {
    await pause(2000);
    const [counted, own] = [redisCounts(redis), agents.map(({ pid }) => cpuMsOf(pid))];
    const start = performance.now();
    await pause(1000 * seconds);
    const ms = performance.now() - start;
    const done = countsSince(counted, redisCounts(redis));
    return {
      ...{ agents: agents.length, hasSweep, redisShare: done.cpuMs / ms },
      agentShare: agents.length === 0 ? 0 : mean(agents.map(({ pid }, index) => (cpuMsOf(pid) - own[index]!) / ms)),
      commandsPerSecond: (1000 * done.commands) / ms,
    };
  };
  const costs: IdleCosts[] = [await look(false)];
  for (const count of counts) {
    while (agents.length < count) {
      const agent = new RunningAgent(redis, join(folder, `agent-${agents.length}`), [data], 2);
      agents.push(agent);
      await agent.prints(/is ready/);
    }
    costs.push(await look(false));
  }
  const engine = await brokerEngine(
    brokerAddress(redis.url, null, redis.environment('coordinator')),
    { name: 'tiny', database: join(folder, 'tiny.db'), tasks: [] },
    { onNews: () => undefined, onAgents: () => undefined, onCancelled: () => undefined },
  );
  const executor = engine.open(tiny.request);
  await executor.numericsClass(null);
  await runTinyJobs(executor, tiny.jobs);
  for (const count of counts.toReversed()) {
    while (agents.length > count) await agents.pop()!.end();
    costs.push(await look(true));
  }
  await executor.close();
  await engine.close();
  for (const agent of agents) await agent.end();
  await redis.stop();
  return costs;
}
