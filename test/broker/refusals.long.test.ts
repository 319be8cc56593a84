import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobMessage } from '../../src/broker/protocol/messages.js';
import { places } from '../../src/broker/protocol/names.js';
import { Seal, type Sealed } from '../../src/broker/protocol/seal.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import type { BrokerProcess } from './broker-process.js';
import { compareDatabases } from './compare-databases.js';
import { Rack } from './rack.js';
import { runLocally } from './run-locally.js';
import { until } from './until.js';

const dataset = fileURLToPath(new URL('../../experiments/demo/scenes/dataset.mjs', import.meta.url));

/** One trial on scenes that a module makes. */
const moduleExperiment = `version: 1
name: module
model: { path: model.onnx }
data:
  calibration: { format: module, path: ${JSON.stringify(dataset)}, options: { seed: 2, scenes: 8 }, batchSize: 2, batches: 1 }
  evaluation: { format: module, path: ${JSON.stringify(dataset)}, options: { seed: 3, scenes: 8 }, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 4, modes: [accumulated] }
gate: { samples: 2 }
baselines: [fp32]
grid: { smoothing.alpha: 0.5 }
run: { provider: cpu }
`;

let local: string;
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-local-'));
beforeAll(async () => {
  local = await runLocally(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const endsWithEqualNumbers = async (rack: Rack, run: BrokerProcess): Promise<void> => {
  const { code, stdout, stderr } = await run.exit;
  expect(code, stdout + stderr).toBe(0);
  expect(compareDatabases(local, rack.database), stdout).toEqual({});
};

describeWithRedis('a broker with TLS', () => {
  let rack: Rack;
  beforeAll(async () => {
    rack = await Rack.start({ tls: true });
  });
  afterAll(() => rack.stop());

  it('is not trusted with a certificate of another CA', async () => {
    const env = { QUANTSWEEP_BROKER_CA: rack.redis.authorities!.otherCa };
    for (const program of [rack.run({ env }), rack.startAgent('a', { env })]) {
      const { code, stdout, stderr } = await program.exit;
      expect(code, stdout + stderr).toBe(1);
      expect(stderr).toMatch(/certificate/);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('is not trusted without its CA', async () => {
    const { code, stderr } = await rack.run({ env: { QUANTSWEEP_BROKER_CA: '' } }).exit;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/certificate/)]);
  });

  it('runs a sweep with credentials from files', async () => {
    const without = { QUANTSWEEP_BROKER_USER: '', QUANTSWEEP_BROKER_PASSWORD: '', QUANTSWEEP_BROKER_SECRET: '' };
    const env = { ...without, QUANTSWEEP_BROKER_CA: '' };
    const url = `rediss://localhost:${rack.redis.port}`;
    const agent = await rack.agent('a', {
      ...{ url, env, slots: 2 },
      args: ['--credentials', rack.redis.credentialsFile('agent')],
    });
    const run = rack.run({ url, env, args: ['--credentials', rack.redis.credentialsFile('coordinator')] });
    await endsWithEqualNumbers(rack, run);
    expect((await agent.kill('SIGTERM')).stderr).toBe('');
    expect((await run.exit).stderr).toBe('');
  });
});

describeWithRedis('agents and coordinators refuse', () => {
  let rack: Rack;
  beforeEach(async () => {
    rack = await Rack.start();
  });
  afterEach(() => rack.stop());

  it('to speak in the clear to another machine, or to show a password', async () => {
    for (const url of ['redis://192.0.2.1:6379', `redis://agent:secret@127.0.0.1:${rack.redis.port}`]) {
      for (const program of [rack.run({ url }), rack.startAgent('a', { url })]) {
        const { code, stderr } = await program.exit;
        expect(code, stderr).toBe(2);
        expect(stderr).toMatch(/in the clear|every user of this machine/);
      }
    }
  });

  it('who is not let in by Redis, and say which settings to check', async () => {
    const { code, stderr } = await rack.run({ env: { QUANTSWEEP_BROKER_PASSWORD: 'x'.repeat(20) } }).exit;
    expect([code, stderr]).toEqual([1, expect.stringContaining('QUANTSWEEP_BROKER_PASSWORD')]);
    expect(stderr).not.toContain('x'.repeat(20));
  });

  it('each other where their secrets differ', async () => {
    const stranger = await rack.agent('stranger', { env: { QUANTSWEEP_BROKER_SECRET: 's'.repeat(40) } });
    const run = rack.run();
    await run.prints(/Waiting for agents.* another secret/);
    await rack.agent('good', { slots: 2 });
    await endsWithEqualNumbers(rack, run);
    expect(rack.machine('stranger').jobs()).toEqual([]);
    expect(stranger.isRunning).toBe(true);
  });

  /** Rewrites jobs that wait in the queue of the sweep. */
  const rewriteWaitingJobs = (rewrite: (sealed: Sealed, place: string) => Sealed): number => {
    const queue = rack.redis
      .command('KEYS', 'quantsweep:bull:*:meta')
      .slice('quantsweep:bull:'.length, -':meta'.length);
    const ids = rack.redis
      .command('LRANGE', `quantsweep:bull:${queue}:wait`, '0', '-1')
      .split('\n')
      .filter((id) => id !== '');
    for (const id of ids) {
      const key = `quantsweep:bull:${queue}:${id}`;
      const sealed = JSON.parse(rack.redis.command('HGET', key, 'data')) as Sealed;
      rack.redis.command('HSET', key, 'data', JSON.stringify(rewrite(sealed, places.job(queue, id))));
    }
    return ids.length;
  };

  it('jobs that are not signed with the secret', async () => {
    const machine = rack.machine('a');
    const [a, run] = [await rack.agent('a'), rack.run()];
    machine.hold();
    await machine.held();
    const begun = machine.jobs().length;
    const stranger = new Seal('s'.repeat(40));
    await until(() => rewriteWaitingJobs(({ text }, place) => stranger.close(place, JSON.parse(text) as object)) > 0);
    machine.release();
    await a.prints(/signature/);
    await endsWithEqualNumbers(rack, run);
    expect(machine.jobs().length).toBeGreaterThan(begun);
  });

  it('jobs on files outside their folders, whoever signed them', async () => {
    const machine = rack.machine('a');
    const [a, run] = [await rack.agent('a'), rack.run()];
    machine.hold();
    await machine.held();
    const own = new Seal(rack.redis.credentials('coordinator').secret!);
    const outside = join(rack.folder, 'model.onnx');
    await until(
      () =>
        rewriteWaitingJobs((sealed, place) => {
          const message = own.open(place, sealed) as JobMessage;
          const model = { ...(message.job['model'] as object), path: outside };
          return own.close(place, { ...message, job: { ...message.job, model } });
        }) > 0,
    );
    machine.release();
    await a.prints(/none of the models, data and code of its sweep/);
    await endsWithEqualNumbers(rack, run);
    expect(machine.jobs().length).toBeGreaterThan(1);
    expect(machine.jobs().flatMap(({ paths }) => paths)).not.toContain(outside);
  });

  it('files that a link in their folders leads out to', async () => {
    const data = rack.dataOf('a');
    const outside = join(rack.folder, '..', 'outside');
    mkdirSync(outside);
    renameSync(join(data, 'deep', 'a.onnx'), join(outside, 'a.onnx'));
    symlinkSync(join(outside, 'a.onnx'), join(data, 'deep', 'a.onnx'));
    await rack.agent('a', { data: [data] });
    const run = rack.run();
    await rack.seen('a', (agent) => agent?.state === 'unfit');
    expect((await rack.agents()).get('a')!.note).toMatch(/a\.onnx/);
    expect(rack.machine('a').jobs()).toEqual([]);
    await rack.agent('good', { slots: 2 });
    await endsWithEqualNumbers(rack, run);
    expect(rack.machine('a').jobs()).toEqual([]);
  });
});

describeWithRedis('code on agents', () => {
  it('runs only where its owner allows it by its content', async () => {
    const rack = await Rack.start({ experiment: moduleExperiment });
    try {
      const data = join(rack.folder, '..', 'shared');
      mkdirSync(data);
      copyFileSync(join(rack.folder, 'model.onnx'), join(data, 'model.onnx'));
      const folders = [data, join(dataset, '..')];
      const sha256 = createHash('sha256').update(readFileSync(dataset)).digest('hex');
      await rack.agent('careful', { data: folders });
      await rack.agent('other', { data: folders, args: ['--allow-code', 'a'.repeat(64)] });
      const run = rack.run({ args: ['--allow-code'] });
      for (const name of ['careful', 'other']) {
        await rack.seen(name, (agent) => agent?.state === 'unfit');
        const { note } = (await rack.agents()).get(name)!;
        expect(note).toContain(`--allow-code ${sha256}`);
        expect(note).toContain('dataset.mjs');
      }
      await rack.agent('good', { slots: 2, data: folders, args: ['--allow-code', sha256] });
      const { code, stdout, stderr } = await run.exit;
      expect(code, stdout + stderr).toBe(0);
      for (const name of ['careful', 'other']) {
        expect(rack.machine(name).jobs()).toEqual([]);
      }
    } finally {
      await rack.stop();
    }
  });
});
