import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:tls';
import { Queue, QueueEvents, Worker, type ConnectionOptions } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithRedis } from './describe-with-redis.js';
import { startRedis, type RedisRole, type RedisServer } from './redis-server.js';

describeWithRedis('Redis as the tests start it', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('listens on loopback alone, with the settings that a broker needs', () => {
    const settings = (name: string): string => redis.command('CONFIG', 'GET', name).split('\n')[1]!;
    expect(settings('bind')).toBe('127.0.0.1');
    expect(settings('appendonly')).toBe('yes');
    expect(settings('maxmemory-policy')).toBe('noeviction');
  });

  it.each<RedisRole>(['coordinator', 'agent'])('lets the %s do what its role needs', (role) => {
    redis.commandAs(role, 'SET', 'quantsweep:value:x', '1');
    expect(redis.commandAs(role, 'EVAL', `return redis.call('GET', KEYS[1])`, '1', 'quantsweep:value:x')).toBe('1');
    expect(redis.commandAs(role, 'GET', 'quantsweep:sweep:x')).toBe('');
    expect(redis.commandAs(role, 'INFO', 'server')).toContain('redis_version');
  });

  it('lets the coordinator alone announce sweeps and call work off', () => {
    redis.commandAs('coordinator', 'SADD', 'quantsweep:fitting:x', 'sweep');
    redis.commandAs('coordinator', 'SET', 'quantsweep:sweep:x', 'sweep');
    redis.commandAs('coordinator', 'PUBLISH', 'quantsweep:cancel', 'x');
    for (const words of [
      ['SADD', 'quantsweep:fitting:x', 'sweep'],
      ['SET', 'quantsweep:sweep:x', 'sweep'],
      ['PUBLISH', 'quantsweep:cancel', 'x'],
    ]) {
      expect(() => redis.commandAs('agent', ...words), words.join(' ')).toThrow(/NOPERM/);
    }
  });

  it.each<RedisRole>(['coordinator', 'agent'])('lets the %s do no more', (role) => {
    for (const words of [
      ...[
        ['SET', 'other:x', '1'],
        ['GET', '{quantsweep}:x'],
        ['PUBLISH', 'other', 'x'],
      ],
      ...[['FLUSHALL'], ['FLUSHDB'], ['KEYS', '*'], ['SCAN', '0'], ['RANDOMKEY'], ['DEBUG', 'SLEEP', '0']],
      ...[['CONFIG', 'GET', 'dir'], ['ACL', 'LIST'], ['SHUTDOWN'], ['CLIENT', 'LIST'], ['MONITOR']],
      ...[['SCRIPT', 'FLUSH'], ['FUNCTION', 'LIST'], ['SWAPDB', '0', '1'], ['REPLICAOF', 'NO', 'ONE'], ['BGSAVE']],
      ['EVAL', `return redis.call('FLUSHALL')`, '0'],
      ['EVAL', `return redis.call('GET', 'other:x')`, '0'],
    ]) {
      expect(() => redis.commandAs(role, ...words), words.join(' ')).toThrow(
        // Redis refuses DEBUG to everybody, before it asks who may.
        words[0] === 'DEBUG' ? /not allowed/ : /NOPERM|user executing the script can't/,
      );
    }
  });

  it('keeps passwords and keys to their owner', () => {
    expect(statSync(redis.credentialsFile('agent')).mode & 0o777).toBe(0o600);
    const { secret } = redis.credentials('agent');
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(redis.credentials('coordinator').secret).toBe(secret);
    expect(redis.credentials('admin').secret).toBe(undefined);
  });

  it('knows nobody without a password', () => {
    expect(() => redis.commandAs('agent', '--pass', 'wrong', 'PING')).toThrow(/WRONGPASS|AUTH failed/);
    expect(() => redis.commandAs('agent', '--user', 'default', '--pass', 'any', 'PING')).toThrow(/WRONGPASS|AUTH/);
  });

  it('runs the jobs of BullMQ for both roles', async () => {
    const connection = (role: 'coordinator' | 'agent'): ConnectionOptions => {
      const { user, password } = redis.credentials(role);
      return { host: '127.0.0.1', port: redis.port, username: user, password, maxRetriesPerRequest: null };
    };
    const options = { prefix: 'quantsweep:bull' };
    const queue = new Queue<number, number>('jobs', { ...options, connection: connection('coordinator') });
    const events = new QueueEvents('jobs', { ...options, connection: connection('coordinator') });
    const worker = new Worker<number, number>(
      'jobs',
      async (job) => {
        await job.updateProgress(50);
        if (job.data === 3) throw new Error('three');
        return job.data * 2;
      },
      { ...options, connection: connection('agent'), concurrency: 2 },
    );
    const problems: Error[] = [];
    const note = (error: Error): void => void problems.push(error);
    queue.on('error', note);
    events.on('error', note);
    worker.on('error', note);
    try {
      await events.waitUntilReady();
      const jobs = await queue.addBulk([1, 2, 3].map((data) => ({ name: 'double', data, opts: { priority: data } })));
      const results = await Promise.allSettled(jobs.map((job) => job.waitUntilFinished(events)));
      expect(results).toMatchObject([{ value: 2 }, { value: 4 }, { reason: { message: 'three' } }]);
      const late = await queue.add('double', 4, { delay: 3_600_000 });
      await late.changePriority({ priority: 1 });
      await late.remove();
      expect(await queue.getJobCounts()).toMatchObject({ completed: 2, failed: 1, delayed: 0 });
      await worker.close();
      await queue.clean(0, 10, 'completed');
      await queue.obliterate({ force: true });
      expect(redis.command('KEYS', 'quantsweep:bull:jobs*')).toBe('');
    } finally {
      await Promise.all([worker.close(), events.close(), queue.close()]);
    }
    expect(problems).toEqual([]);
  });

  it('has its data again after kill -9', async () => {
    redis.command('SET', 'quantsweep:kept', 'yes');
    // Scripts of several writes are transactions, which Redis replays with the rights of a user.
    const script = `redis.call('SET', KEYS[1], '1'); redis.call('SET', KEYS[2], '2')`;
    redis.commandAs('coordinator', 'EVAL', script, '2', 'quantsweep:value:a', 'quantsweep:value:b');
    const pid = redis.pid;
    await redis.kill('SIGKILL');
    expect(() => redis.command('PING')).toThrow(/refused/);
    await redis.restart();
    expect(redis.pid).not.toBe(pid);
    expect(redis.command('GET', 'quantsweep:kept')).toBe('yes');
    expect(redis.command('MGET', 'quantsweep:value:a', 'quantsweep:value:b')).toBe('1\n2');
  });

  it('forgets everything when it is wiped', () => {
    redis.command('SET', 'quantsweep:kept', 'yes');
    redis.wipe();
    expect(redis.command('DBSIZE')).toBe('0');
  });

  it('refuses writes when it is full', () => {
    redis.setMaxMemory(1);
    try {
      expect(() => redis.commandAs('coordinator', 'SET', 'quantsweep:value:x', '1')).toThrow(/OOM/);
    } finally {
      redis.setMaxMemory(0);
    }
    expect(redis.usedMemory()).toBeGreaterThan(1);
    expect(redis.usedMemoryPeak()).toBeGreaterThan(1);
  });

  it('ends while it is frozen', async () => {
    const other = await startRedis();
    other.freeze();
    await other.stop();
    expect(() => process.kill(other.pid, 0)).toThrow(/ESRCH/);
  });
});

describeWithRedis('Redis with TLS', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ tls: true });
  });
  afterAll(() => redis.stop());

  it('answers clients that trust its CA', () => {
    expect(redis.url).toMatch(/^rediss:/);
    expect(redis.commandAs('agent', 'PING')).toBe('PONG');
  });

  it.each(['127.0.0.1', 'localhost'])('shows a certificate for %s that the CA signed', async (servername) => {
    const name = servername === 'localhost' ? { servername } : {};
    const socket = connect({ host: servername, port: redis.port, ca: readFileSync(redis.authorities!.ca), ...name });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('is not trusted by clients of another CA', async () => {
    const socket = connect({ host: '127.0.0.1', port: redis.port, ca: readFileSync(redis.authorities!.otherCa) });
    const [error] = (await once(socket, 'error').catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
  });
});
