import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { brokerAddress } from '../src/broker/broker-address.js';
import { brokerEngine } from '../src/broker/coordinator/broker-engine.js';
import { localExecutor } from '../src/engine/local/local-executor.js';
import { startRedis } from '../test/support/redis-server.js';
import { clocked } from './measure/interleaved-rounds.js';
import { cpuMsOf } from './measure/process-cpu.js';
import { countsSince, redisCounts } from './measure/redis-counts.js';
import { RunningAgent } from './running-agent.js';
import { runTinyJobs, writeTinyJobs } from './tiny-jobs.js';

const SLOTS = 2;
/** Jobs before those that count. */
const WARM_UP = 50;

/** Costs of a job that does next to nothing. */
export interface BrokerOverhead {
  readonly jobs: number;
  /** CPU milliseconds by job. */
  readonly coordinatorMs: number;
  readonly redisMs: number;
  readonly agentMs: number;
  /** Of the process that runs the local executor. */
  readonly localMs: number;
  readonly jobsPerSecond: number;
  readonly localJobsPerSecond: number;
  /** At Redis, by job. */
  readonly commands: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The same jobs over a broker and one agent, and in children of this process. */
export async function measureBrokerOverhead(folder: string, jobs: number): Promise<BrokerOverhead> {
  const data = join(folder, 'data');
  mkdirSync(data);
  const tiny = await writeTinyJobs(data, WARM_UP + jobs, SLOTS);
  const [warmUp, counted] = [tiny.jobs.slice(0, WARM_UP), tiny.jobs.slice(WARM_UP)];
  const ownMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };

  const redis = await startRedis();
  const agent = new RunningAgent(redis, join(folder, 'agent'), [data], SLOTS);
  await agent.prints(/is ready/);
  const engine = await brokerEngine(
    brokerAddress(redis.url, null, redis.environment('coordinator')),
    { name: 'tiny', database: join(folder, 'tiny.db'), tasks: [] },
    { onNews: () => undefined, onAgents: () => undefined, onCancelled: () => undefined },
  );
  const queue = engine.open(tiny.request);
  await queue.numericsClass(null);
  await runTinyJobs(queue, warmUp);
  const before = { redis: redisCounts(redis), own: ownMs(), agent: cpuMsOf(agent.pid) };
  const ms = await clocked(() => runTinyJobs(queue, counted));
  const own = ownMs() - before.own;
  const agentMs = cpuMsOf(agent.pid) - before.agent;
  const done = countsSince(before.redis, redisCounts(redis));
  await queue.close();
  await engine.close();
  await agent.end();
  await redis.stop();

  const local = localExecutor(new URL('../dist/engine/local/worker-main.js', import.meta.url))(tiny.request);
  await runTinyJobs(local, warmUp);
  const localBefore = ownMs();
  const localMs = await clocked(() => runTinyJobs(local, counted));
  const localOwn = ownMs() - localBefore;
  await local.close();
  return {
    ...{ jobs, coordinatorMs: own / jobs, redisMs: done.cpuMs / jobs, agentMs: agentMs / jobs },
    ...{ localMs: localOwn / jobs, jobsPerSecond: (1000 * jobs) / ms, localJobsPerSecond: (1000 * jobs) / localMs },
    ...{ commands: done.commands / jobs, bytesIn: done.bytesIn / jobs, bytesOut: done.bytesOut / jobs },
  };
}
