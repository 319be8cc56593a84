import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, quantsweep } from '../cli/command-line.js';
import { demoScenes, everyKindOfNumber } from '../determinism/every-kind-of-number.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { BrokerProcess } from './broker-process.js';
import { compareDatabases } from './compare-databases.js';
import { startAgent } from './start-agent.js';

/** Another seed kills other processes at other moments. */
const SEED = Number(process.env['QUANTSWEEP_KILL_SEED'] ?? 1);
const KILLS = Number(process.env['QUANTSWEEP_KILLS'] ?? 20);

describeWithRedis('a sweep of every kind of number on agents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-equal-'));
  const started: BrokerProcess[] = [];
  const local = join(folder, 'local', 'quantsweep.db');
  let redis: RedisServer;

  const experimentIn = (name: string): string => {
    const own = join(folder, name);
    mkdirSync(own);
    copyFileSync(demoModel, join(own, 'model.onnx'));
    cpSync(demoScenes, join(own, 'scenes'), { recursive: true });
    writeFileSync(join(own, 'sweep.yaml'), everyKindOfNumber('model.onnx', 'scenes/dataset.mjs'));
    return own;
  };

  /** An agent with data of its own, under other names than the coordinator's. */
  const agent = (name: string, slots: number): BrokerProcess => {
    const own = join(folder, name);
    mkdirSync(join(own, 'data', 'models'), { recursive: true });
    copyFileSync(demoModel, join(own, 'data', 'models', `${name}.onnx`));
    cpSync(demoScenes, join(own, 'data', 'code'), { recursive: true });
    const code = createHash('sha256')
      .update(readFileSync(join(demoScenes, 'dataset.mjs')))
      .digest('hex');
    const args = ['--allow-code', code];
    const process = startAgent({ redis, folder: own, data: [join(own, 'data')], slots, args });
    started.push(process);
    return process;
  };

  const run = (own: string): BrokerProcess => {
    const args = ['run', 'sweep.yaml', '--allow-code', '--broker', redis.url, '--lease', '4'];
    const process = new BrokerProcess([...args, '--set', 'run.retries=10'], own, redis.environment('coordinator'));
    started.push(process);
    return process;
  };

  const finishedTwice = (database: string): readonly unknown[] =>
    queryDatabase(
      database,
      `SELECT stage, trial, part, count(*) FROM v_attempt WHERE status = 'done' GROUP BY stage, trial, part HAVING count(*) > 1`,
    ).rows;

  beforeAll(async () => {
    redis = await startRedis();
    const { code, stdout, stderr } = await quantsweep(experimentIn('local'), 'run', '--allow-code', 'sweep.yaml');
    expect(code, stdout + stderr).toBe(0);
  });

  afterAll(async () => {
    await Promise.all(started.map((each) => each.end()));
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('stores what a local run stores, bit for bit', async () => {
    const agents = [agent('one', 1), agent('two', 2)];
    // Else one of them may find nothing left to do.
    await Promise.all(agents.map((each) => each.prints(/is ready/)));
    const own = experimentIn('calm');
    const { code } = await run(own).exit;
    expect(code).toBe(0);
    await Promise.all(agents.map((each) => each.end()));
    const database = join(own, 'quantsweep.db');
    expect(compareDatabases(local, database)).toEqual({});
    expect(finishedTwice(database)).toEqual([]);
    const hosts = queryDatabase(database, `SELECT count(DISTINCT agent) FROM v_attempt WHERE status = 'done'`).rows;
    expect(hosts).toEqual([[2]]);
  });

  it(`does so while ${KILLS} times an agent, the broker or the coordinator is killed (seed ${SEED})`, async () => {
    const random = pseudoRandom(SEED);
    const own = experimentIn('storm');
    const database = join(own, 'quantsweep.db');
    const agents: BrokerProcess[] = [agent('three', 1), agent('four', 2)];
    const names = ['three', 'four'];
    let coordinator = run(own);
    const story: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(500 + 2500 * random());
      const victim = ['agent', 'agent', 'broker', 'coordinator'][Math.floor(4 * random())]!;
      story.push(victim);
      if (victim === 'broker') {
        await redis.kill('SIGKILL');
        await pause(1000 * random());
        await redis.restart();
      } else if (victim === 'coordinator' && coordinator.isRunning) {
        await coordinator.end();
        coordinator = run(own);
      } else {
        const index = Math.floor(2 * random());
        await agents[index]!.end();
        agents[index] = agent(`${names[index]!}-${kill}`, index + 1);
      }
    }
    while ((await coordinator.exit).code !== 0) {
      // It may have ended between the broker's death and its return.
      story.push(`exit ${(await coordinator.exit).code}`);
      expect(story.length, coordinator.output).toBeLessThan(KILLS + 5);
      coordinator = run(own);
    }
    expect(compareDatabases(local, database), story.join(' ')).toEqual({});
    expect(finishedTwice(database)).toEqual([]);
  });
});

/** Numbers in [0, 1) that a seed decides (mulberry32). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
