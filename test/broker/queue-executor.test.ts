import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { brokerAddress } from '../../src/broker/broker-address.js';
import { brokerEngine, type BrokerEngine } from '../../src/broker/coordinator/broker-engine.js';
import type { ExecutorRequest, Executor } from '../../src/engine/executor.js';
import { describeExecutor } from '../engine/executor-conformance.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import type { BrokerProcess } from './broker-process.js';
import { startAgent } from './start-agent.js';

describeWithRedis('a queue with an agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-queue-'));
  const engines: BrokerEngine[] = [];
  let redis: RedisServer;
  let agent: BrokerProcess;

  beforeAll(async () => {
    redis = await startRedis();
    agent = startAgent({ redis, folder, data: [tmpdir()] });
    await agent.prints(/is ready/);
  });

  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await agent.end();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (request: ExecutorRequest): Promise<Executor> => {
    const address = brokerAddress(redis.url, null, redis.environment('coordinator'));
    const sweep = { name: 'conformance', database: join(folder, `${engines.length}.db`), tasks: [] };
    const nothing = { onNews: () => undefined, onAgents: () => undefined, onCancelled: () => undefined };
    const engine = await brokerEngine(address, sweep, nothing);
    engines.push(engine);
    return engine.open(request);
  };
  // An agent tells of progress once a second, and finds equal files wherever they are.
  describeExecutor('agents of a broker', open, { tellsEveryStep: false, usesTheseFiles: false });
});
