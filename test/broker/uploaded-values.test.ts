import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { brokerAddress } from '../../src/broker/broker-address.js';
import { connectToBroker, leaveBroker } from '../../src/broker/connection.js';
import { UploadedValues, type HeldValue } from '../../src/broker/coordinator/uploaded-values.js';
import { ForgedMessageError } from '../../src/broker/broker-error.js';
import { getValue, packValue, putValue, ValueMissingError } from '../../src/broker/protocol/values.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';

describeWithRedis('uploaded values', () => {
  let server: RedisServer;
  let redis: Redis;
  let packed = 0;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connectToBroker(brokerAddress(server.url, null, server.environment('coordinator')));
  });

  afterEach(() => {
    server.wipe();
    packed = 0;
  });

  afterAll(async () => {
    await leaveBroker(redis);
    await server.stop();
  });

  const uploaded = (): UploadedValues => new UploadedValues(redis, (write) => write());
  const hold = (values: UploadedValues, value: object): Promise<HeldValue> =>
    values.hold(value, () => {
      packed++;
      return packValue(value);
    });
  const there = (): number => server.command('KEYS', 'quantsweep:value:*').split('\n').filter(Boolean).length;
  const observation = (number: number): object => ({ absmax: Float64Array.of(number) });

  it('packs and uploads a value once, however many jobs have it', async () => {
    const values = uploaded();
    const value = observation(1);
    const held = await Promise.all([hold(values, value), hold(values, value), hold(values, value)]);
    expect(packed).toBe(1);
    expect(new Set(held.map(({ reference }) => reference.sha256)).size).toBe(1);
    expect(await getValue(redis, held[0].reference)).toEqual(value);
  });

  it('leaves few of those that no job needs any more, and all that one does', async () => {
    const values = uploaded();
    const first = await hold(values, observation(0));
    const again = await hold(values, observation(0));
    for (let number = 1; number <= 100; number++) {
      const held = await hold(values, observation(number));
      held.release();
      held.release();
    }
    again.release();
    for (let number = 101; number <= 200; number++) (await hold(values, observation(number))).release();
    expect(await getValue(redis, first.reference)).toEqual(observation(0));
    expect(there()).toBeLessThanOrEqual(10);
  });

  it('uploads a value again that it has taken off', async () => {
    const values = uploaded();
    const value = observation(0);
    (await hold(values, value)).release();
    for (let number = 1; number <= 20; number++) (await hold(values, observation(number))).release();
    const { reference } = await hold(values, value);
    expect(packed).toBe(22);
    expect(await getValue(redis, reference)).toEqual(value);
  });

  it('uploads a value again that the broker lost', async () => {
    const values = uploaded();
    const value = observation(0);
    await hold(values, value);
    server.wipe();
    values.forget();
    expect(await getValue(redis, (await hold(values, value)).reference)).toEqual(value);
  });

  it('tries a value again that could not be packed', async () => {
    const values = uploaded();
    const value = observation(0);
    await expect(values.hold(value, () => Promise.reject(new Error('too large')))).rejects.toThrow('too large');
    expect(await getValue(redis, (await hold(values, value)).reference)).toEqual(value);
  });

  it('uploads a value in pieces that is more than one string of the broker may be', async () => {
    const value = { products: Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i)) };
    const packed = await packValue(value);
    const chunk = Math.ceil(packed.bytes / 3.5);
    await putValue(redis, packed, chunk);
    expect(server.command('LLEN', `quantsweep:value:${packed.sha256}`).trim()).toBe('4');
    expect(await getValue(redis, packed, chunk)).toEqual(value);
    await putValue(redis, packed, chunk);
    expect(server.command('LLEN', `quantsweep:value:${packed.sha256}`).trim()).toBe('4');
    expect(there()).toBe(1);
    await expect(getValue(redis, { ...packed, sha256: 'other' }, chunk)).rejects.toThrow(ValueMissingError);
    server.command('RPOP', `quantsweep:value:${packed.sha256}`);
    await expect(getValue(redis, packed, chunk)).rejects.toThrow(ForgedMessageError);
  });

  it('takes all of them off at the end', async () => {
    const values = uploaded();
    await hold(values, observation(1));
    (await hold(values, observation(2))).release();
    expect(there()).toBe(2);
    await values.clear();
    expect(there()).toBe(0);
  });
});
