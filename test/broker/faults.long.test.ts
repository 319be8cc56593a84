import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LEASE_SECONDS } from '../../src/broker/protocol/names.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { BrokerProcess } from './broker-process.js';
import { compareDatabases } from './compare-databases.js';
import { Rack } from './rack.js';
import { runLocally } from './run-locally.js';
import { until } from './until.js';

interface Given {
  readonly rack: Rack;
  /** A network between a program and the broker. */
  readonly network: () => Promise<TcpProxy>;
  /** The run ends well, with the numbers of the local one, and nothing was done twice. */
  readonly endsWithEqualNumbers: (run: BrokerProcess) => Promise<void>;
  /** How many attempts ended so. */
  readonly attempts: (status: 'done' | 'failed' | 'interrupted' | 'running') => number;
}

describeWithRedis('a sweep on agents, under faults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-local-'));
  let local: string;
  beforeAll(async () => {
    local = await runLocally(folder);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A test with a broker and machines of its own; most of its time it waits for a lease to end. */
  const itOnRack = (name: string, test: (given: Given) => Promise<void>): void => {
    it.concurrent(
      name,
      async () => {
        const rack = await Rack.start();
        const proxies: TcpProxy[] = [];
        const given: Given = {
          rack,
          network: async () => {
            const proxy = await TcpProxy.start(rack.redis.port);
            proxies.push(proxy);
            return proxy;
          },
          endsWithEqualNumbers: (run) => endsWithEqualNumbers(rack, run),
          attempts: (status) => Number(rack.rows(`SELECT count(*) FROM attempt WHERE status = '${status}'`)[0]![0]),
        };
        try {
          await test(given);
        } finally {
          await rack.stop();
          await Promise.all(proxies.map((proxy) => proxy.close()));
        }
      },
      900_000,
    );
  };

  const endsWithEqualNumbers = async (rack: Rack, run: BrokerProcess): Promise<void> => {
    const { code, stdout, stderr } = await run.exit;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    expect(compareDatabases(local, rack.database), stdout).toEqual({});
    const twice = rack.rows(
      `SELECT trial_id, stage_id, part, count(*) FROM attempt WHERE status = 'done' GROUP BY 1, 2, 3 HAVING count(*) > 1`,
    );
    expect(twice, stdout).toEqual([]);
  };

  itOnRack('gives the work of an agent that is killed to another', async ({ rack, endsWithEqualNumbers, attempts }) => {
    const machine = rack.machine('a');
    const [a, run] = [await rack.agent('a', { slots: 2 }), rack.run()];
    machine.hold();
    await machine.held();
    await a.kill('SIGKILL');
    await rack.agent('b');
    await endsWithEqualNumbers(run);
    expect(attempts('failed')).toBeGreaterThan(0);
    await machine.hasNoChildren();
  });

  itOnRack(
    'gives the work of a frozen agent to another, and drops what the first finds when it is back',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const [first, second] = [rack.machine('a'), rack.machine('b')];
      const [a, run] = [await rack.agent('a'), rack.run()];
      first.hold();
      await first.held();
      a.freeze();
      second.hold();
      await rack.agent('b');
      await second.held();
      // What the second holds may be other work of the sweep.
      await until(() => attempts('failed') + attempts('interrupted') > 0);
      first.release();
      a.thaw();
      await rack.seen('a', (agent) => agent?.state === 'ready' && agent.busy === 0);
      second.release();
      await endsWithEqualNumbers(run);
      expect(a.isRunning).toBe(true);
    },
  );

  for (const how of ['cut', 'stall'] as const)
    itOnRack(
      `gives the work of an agent to another when its network is ${how === 'cut' ? 'cut' : 'silent'}`,
      async ({ rack, network: start, endsWithEqualNumbers, attempts }) => {
        const network = await start();
        const [first, second] = [rack.machine('a'), rack.machine('b')];
        const a = await rack.agent('a', { url: `redis://127.0.0.1:${network.port}` });
        const run = rack.run();
        first.hold();
        await first.held();
        await network[how]();
        second.hold();
        await rack.agent('b');
        await second.held();
        await until(() => attempts('failed') + attempts('interrupted') > 0);
        first.release();
        await network.heal();
        await rack.seen('a', (agent) => agent?.state === 'ready' && agent.busy === 0);
        second.release();
        await endsWithEqualNumbers(run);
        expect(a.isRunning).toBe(true);
      },
    );

  itOnRack(
    'goes on when the coordinator loses its network for a while',
    async ({ rack, network, endsWithEqualNumbers, attempts }) => {
      const proxy = await network();
      const machine = rack.machine('a');
      await rack.agent('a');
      const run = rack.run({ url: `redis://127.0.0.1:${proxy.port}` });
      machine.hold();
      await machine.held();
      await proxy.cut();
      await run.prints(/is gone\. Waiting/);
      machine.release();
      await rack.seen('a', (agent) => agent?.busy === 0);
      await proxy.heal();
      await endsWithEqualNumbers(run);
      expect(attempts('failed')).toBe(0);
    },
  );

  for (const [seconds, than] of [
    [5, 'sooner than'],
    [LEASE_SECONDS + 5, 'later than'],
  ] as const)
    itOnRack(
      `goes on when the broker is killed and is back ${than} leases end`,
      async ({ rack, endsWithEqualNumbers, attempts }) => {
        const machine = rack.machine('a');
        const [a, run] = [await rack.agent('a'), rack.run()];
        machine.hold();
        await machine.held();
        await rack.redis.kill('SIGKILL');
        await Promise.all([run.prints(/is gone\. Waiting/), a.prints(/is gone\. Waiting/)]);
        machine.release();
        // The very fault: so long it is away.
        await pause(1000 * seconds);
        await rack.redis.restart();
        await endsWithEqualNumbers(run);
        expect(attempts('failed')).toBe(0);
        expect(machine.repeatedJobs(), run.output + a.output).toEqual([]);
      },
    );

  itOnRack(
    'goes on with work that still runs when the broker is back later than leases end',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const machine = rack.machine('a');
      const [a, run] = [await rack.agent('a'), rack.run()];
      machine.hold();
      await machine.held();
      await rack.redis.kill('SIGKILL');
      await Promise.all([run.prints(/is gone\. Waiting/), a.prints(/is gone\. Waiting/)]);
      await pause(1000 * (LEASE_SECONDS + 5));
      await rack.redis.restart();
      await until(() => attempts('interrupted') > 0 && attempts('running') > 0);
      machine.release();
      await endsWithEqualNumbers(run);
      expect(attempts('failed')).toBe(0);
      expect(machine.repeatedJobs(), run.output + a.output).toEqual([]);
    },
  );

  itOnRack(
    'queues anew from its database when the data of the broker is wiped',
    async ({ rack, endsWithEqualNumbers }) => {
      const machine = rack.machine('a');
      const run = rack.run();
      await rack.agent('a', { slots: 2 });
      machine.hold();
      await machine.held();
      rack.redis.wipe();
      machine.release();
      await endsWithEqualNumbers(run);
    },
  );

  itOnRack(
    'adopts what agents finished while the coordinator was gone, and runs none of it twice',
    async ({ rack, endsWithEqualNumbers }) => {
      const machine = rack.machine('a');
      await rack.agent('a');
      const first = rack.run();
      machine.hold();
      await machine.held();
      await first.kill('SIGKILL');
      machine.release();
      await rack.seen('a', (agent) => agent?.busy === 0);
      const second = rack.run();
      await endsWithEqualNumbers(second);
      expect(machine.repeatedJobs()).toEqual([]);
    },
  );

  itOnRack(
    'waits where there are no agents, and where the last one left',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const machine = rack.machine('a');
      const run = rack.run();
      await run.prints(/Waiting for agents/);
      const a = await rack.agent('a', { args: ['--grace', '0'] });
      machine.hold();
      await machine.held();
      expect((await a.kill('SIGTERM')).code).toBe(0);
      await run.prints(/Waiting for agents/, 2);
      await rack.agent('b', { slots: 2 });
      await endsWithEqualNumbers(run);
      expect(attempts('failed')).toBe(0);
    },
  );

  itOnRack('pauses while the broker is full', async ({ rack, endsWithEqualNumbers }) => {
    const machine = rack.machine('a');
    const run = rack.run();
    const a = await rack.agent('a');
    machine.hold();
    await machine.held();
    rack.redis.setMaxMemory(1);
    machine.release();
    await Promise.race([run.prints(/memory of the broker is full/), a.prints(/memory of the broker is full/)]);
    rack.redis.setMaxMemory(0);
    await endsWithEqualNumbers(run);
  });

  itOnRack('is not started on a broker that may drop jobs', async ({ rack }) => {
    rack.redis.setEvictionPolicy('allkeys-lru');
    for (const program of [rack.run(), rack.startAgent('a')]) {
      const { code, stdout, stderr } = await program.exit;
      expect(code, stdout + stderr).toBe(1);
      expect(stderr).toContain('maxmemory-policy allkeys-lru');
      expect(stderr).toContain('noeviction');
    }
  });

  itOnRack('lets an agent that is told to end finish its work', async ({ rack, endsWithEqualNumbers, attempts }) => {
    const machine = rack.machine('a');
    const [a, run] = [await rack.agent('a'), rack.run()];
    machine.hold();
    await machine.held();
    a.signal('SIGTERM');
    await a.prints(/takes no more work/);
    await rack.seen('a', (agent) => agent?.state === 'stopping');
    const begun = machine.jobs().length;
    machine.release();
    expect((await a.exit).code).toBe(0);
    expect(
      machine
        .jobs()
        .slice(begun)
        .map(({ what }) => what),
    ).toEqual(['finished']);
    await run.prints(/Agent \S+ has ended/);
    await rack.agent('b', { slots: 2 });
    await endsWithEqualNumbers(run);
    expect([attempts('failed'), attempts('interrupted')]).toEqual([0, 0]);
  });

  itOnRack(
    'takes back what an agent that is told to end can not finish in time, which is no failure',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const machine = rack.machine('a');
      const [a, run] = [await rack.agent('a', { args: ['--grace', '1'] }), rack.run()];
      machine.hold();
      await machine.held();
      expect((await a.kill('SIGTERM')).code).toBe(0);
      await machine.hasNoChildren();
      await rack.agent('b', { slots: 2 });
      await endsWithEqualNumbers(run);
      expect(attempts('failed')).toBe(0);
      expect(attempts('interrupted')).toBeGreaterThan(0);
    },
  );

  itOnRack(
    'is called off from elsewhere: agents end its work and stay, and it can go on',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const machine = rack.machine('a');
      const [a, run] = [await rack.agent('a', { slots: 2 }), rack.run()];
      machine.hold();
      const child = await machine.held();
      const cancelled = await rack.command('cancel', 'faults');
      expect(cancelled.code, cancelled.stderr).toBe(0);
      expect(cancelled.stdout).toContain('Stopped faults');
      expect((await run.exit).code).toBe(130);
      await machine.hasNoChildren();
      expect(() => process.kill(child, 0)).toThrow(/ESRCH/);
      expect(attempts('interrupted')).toBeGreaterThan(0);
      expect([attempts('failed'), attempts('running')]).toEqual([0, 0]);
      expect(a.isRunning).toBe(true);
      machine.release();
      await endsWithEqualNumbers(rack.run());
    },
  );

  itOnRack(
    'is stopped by Ctrl-C of the coordinator as by a cancel',
    async ({ rack, endsWithEqualNumbers, attempts }) => {
      const machine = rack.machine('a');
      const [, run] = [await rack.agent('a'), rack.run()];
      machine.hold();
      await machine.held();
      expect((await run.kill('SIGINT')).code).toBe(130);
      await machine.hasNoChildren();
      expect(attempts('interrupted')).toBeGreaterThan(0);
      expect(rack.redis.command('KEYS', 'quantsweep:bull:*')).toBe('');
      machine.release();
      await endsWithEqualNumbers(rack.run());
    },
  );

  itOnRack('names agents that get no work, and ends well by the others', async ({ rack, endsWithEqualNumbers }) => {
    const good = rack.machine('good');
    const run = rack.run();
    await rack.agent('good', { slots: 2 });
    good.hold();
    await good.held();
    await rack.seen('good', (agent) => agent?.busy === 2);

    const wrong = rack.dataOf('wrong');
    const samples = join(wrong, 'wrong-scenes-1-3-8.npy');
    const bytes = readFileSync(samples);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(samples, bytes);
    rack.machine('older').hasOnnxruntime('1.2.3');
    rack.machine('other').roundsDifferently();
    rack.machine('broken').losesItsDevice();
    await Promise.all([
      rack.agent('wrong', { data: [wrong] }),
      rack.agent('older'),
      rack.agent('other'),
      rack.agent('broken'),
    ]);
    await rack.seen('broken', (agent) => agent?.state === 'unfit');
    await rack.seen('wrong', (agent) => agent?.state === 'unfit');
    const agents = await rack.agents();
    expect(agents.get('good')).toMatchObject({ state: 'ready', slots: 2, busy: 2 });
    expect(agents.get('wrong')).toMatchObject({ state: 'unfit', busy: 0 });
    expect(agents.get('wrong')!.note).toContain('scenes-1-3-8.npy');
    expect(agents.get('older')).toMatchObject({ state: 'unfit', busy: 0 });
    expect(agents.get('older')!.note).toContain('onnxruntime 1.2.3');
    expect(agents.get('other')).toMatchObject({ state: 'unfit', busy: 0 });
    expect(agents.get('other')!.note).toMatch(
      /numerics class cpu-[0-9a-f]{12}, the sweep is pinned to cpu-[0-9a-f]{12}/,
    );
    expect(agents.get('broken')!.note).toContain('failed 3 times in a row');
    good.release();
    await endsWithEqualNumbers(run);
    for (const label of ['wrong', 'older', 'other', 'broken']) {
      expect(
        rack
          .machine(label)
          .jobs()
          .filter(({ what }) => what === 'finished'),
      ).toEqual([]);
    }
  });
});
