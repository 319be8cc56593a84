import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { brokerAddress, type BrokerAddress } from '../../src/broker/broker-address.js';
import { connectToBroker, leaveBroker } from '../../src/broker/connection.js';
import { brokerEngine, type BrokerEngine } from '../../src/broker/coordinator/broker-engine.js';
import { sweepId } from '../../src/broker/coordinator/sweep-id.js';
import { Directory } from '../../src/broker/protocol/directory.js';
import { handshakeName, ownHandshake } from '../../src/broker/protocol/handshake.js';
import { keys, queueName } from '../../src/broker/protocol/names.js';
import { Seal } from '../../src/broker/protocol/seal.js';
import { JobInterrupted, type Executor, type Work } from '../../src/engine/executor.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from './until.js';

const numericsClass = 'cpu-0123456789ab';
const handshake = ownHandshake('cpu', numericsClass);
const silent = { started: () => undefined, progress: () => undefined };

function work(key: string): Work<'numerics'> {
  return { key, part: null, job: { kind: 'numerics' }, batchLimit: null };
}

describeWithRedis('a coordinator whose work is not taken', () => {
  let folder: string;
  let redis: RedisServer;
  let address: BrokerAddress;
  let engine: BrokerEngine;
  let executor: Executor;
  let id: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quantsweep-stopped-'));
    redis = await startRedis();
    address = brokerAddress(redis.url, null, redis.environment('coordinator'));
    const sweep = { name: 'stopped', database: join(folder, 'quantsweep.db'), tasks: [], numericsClass };
    id = sweepId(sweep.name, sweep.database);
    await tell((directory) =>
      directory.tellAgent({
        ...{ id: 'agent', host: 'rack', label: null, gpu: null, handshake, slots: 1, state: 'ready', reason: null },
        ...{ sweeps: { [id]: { reason: null } }, jobs: [], lastError: null, seenAt: new Date().toISOString() },
      }),
    );
    // It gives no further sign of life, however long a test takes.
    redis.command('PERSIST', keys.agent('agent'));
    const nothing = { onNews: () => undefined, onAgents: () => undefined, onCancelled: () => undefined };
    engine = await brokerEngine(address, sweep, nothing);
    const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
    executor = engine.open({ slots: [{ device: '', session }], hangSeconds: 60, memoryMb: null, inputs: [] });
  });

  afterEach(async () => {
    redis.unfreeze();
    await executor.close();
    await engine.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function tell<T>(work: (directory: Directory) => Promise<T>): Promise<T> {
    const connection = await connectToBroker(address);
    try {
      return await work(new Directory(connection, new Seal(address.secret)));
    } finally {
      await leaveBroker(connection);
    }
  }

  const waiting = (): number =>
    Number(redis.command('LLEN', `${keys.bull}:${queueName(handshakeName(handshake), id)}:wait`));

  it('stops while the broker does not answer', async () => {
    expect(await executor.numericsClass(null)).toBe(numericsClass);
    redis.freeze();
    const stop = new AbortController();
    const running = executor.run(work('a'), silent, stop.signal);
    stop.abort();
    await expect(running).rejects.toThrow(JobInterrupted);
  });

  it('is closed while the broker goes away as it is asked for a class', async () => {
    await redis.kill('SIGKILL');
    const asked = executor.numericsClass(null);
    await executor.close();
    await expect(asked).rejects.toThrow(JobInterrupted);
  });

  it('gives a job once, however long the broker has no room for it, and stops meanwhile', async () => {
    await executor.numericsClass(null);
    redis.setMaxMemory(1);
    const stops = [new AbortController(), new AbortController()];
    const [first, second] = stops.map((stop, index) => executor.run(work(`full ${index}`), silent, stop.signal));
    stops[0]!.abort();
    await expect(first).rejects.toThrow(JobInterrupted);
    // Longer than between two looks at whether jobs got lost.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    redis.setMaxMemory(0);
    await until(() => waiting() === 1);
    stops[1]!.abort();
    await expect(second).rejects.toThrow('The sweep was stopped');
    await until(() => waiting() === 0);
  });

  it('gives the place of stopped work to the next that waits', async () => {
    const stops = Array.from({ length: 4 }, () => new AbortController());
    const runs = stops.map((stop, index) => executor.run(work(`place ${index}`), silent, stop.signal));
    const ended = Promise.allSettled(runs);
    await until(() => waiting() === 2);
    stops[2]!.abort();
    await expect(runs[2]).rejects.toThrow(JobInterrupted);
    stops[0]!.abort();
    await expect(runs[0]).rejects.toThrow(JobInterrupted);
    await until(() => waiting() === 2);
    for (const stop of stops) stop.abort();
    await ended;
  });

  it('leaves no value on the broker that its jobs were to read', async () => {
    const stop = new AbortController();
    const alphas = { alphas: new Map([['/conv', 0.5]]) };
    const job = { ...work('values').job, ...alphas };
    const running = executor.run({ ...work('values'), job }, silent, stop.signal);
    await until(() => waiting() === 1);
    expect(redis.command('KEYS', keys.value('*'))).not.toBe('');
    stop.abort();
    await expect(running).rejects.toThrow(JobInterrupted);
    await executor.close();
    expect(redis.command('KEYS', keys.value('*'))).toBe('');
  });

  it('takes off what a coordinator left that never came back', async () => {
    const left = 'abandoned123';
    const session = { optimizationLevel: 'all', allowFallback: false } as const;
    await tell(async (directory) => {
      await directory.tellSweep({
        ...{ id: left, name: 'left', handshake, host: 'gone', since: '', session, leaseSeconds: 15 },
        ...{ hangSeconds: 60, memoryMb: null, inputs: [], items: [] },
      });
      redis.command('DEL', keys.alive(left));
      expect(await directory.removeAbandoned(handshake)).toEqual([]);
      // Its time to live is over.
      redis.command('DEL', keys.sweep(left));
      expect(await directory.fittingSweeps(handshakeName(handshake))).toEqual([]);
    });
    redis.command('HSET', `${keys.bull}:${queueName(handshakeName(handshake), left)}:meta`, 'version', 'bullmq');
    await executor.numericsClass(null);
    await until(() => redis.command('KEYS', `*${left}*`) === '');
    expect(redis.command('SMEMBERS', keys.fitting(handshakeName(handshake)))).toBe(id);
    expect(redis.command('SMEMBERS', keys.sweeps)).toBe(id);
  });
});
