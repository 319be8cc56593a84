import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ValueCache } from '../../src/broker/agent/value-cache.js';
import { brokerAddress } from '../../src/broker/broker-address.js';
import { connectToBroker, leaveBroker } from '../../src/broker/connection.js';
import type { ValueReference } from '../../src/broker/protocol/messages.js';
import { packValue, putValue } from '../../src/broker/protocol/values.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';

describeWithRedis('values of an agent', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connectToBroker(brokerAddress(server.url, null, server.environment('coordinator')));
  });

  afterAll(async () => {
    await leaveBroker(redis);
    await server.stop();
  });

  async function uploaded(numbers: readonly number[]): Promise<ValueReference> {
    const packed = await packValue(numbers);
    await putValue(redis, packed);
    return packed;
  }

  const many = (from: number): readonly number[] => Array.from({ length: 500 }, (_, i) => Math.sin(i + from));

  it('are fetched once', async () => {
    const cache = new ValueCache(redis);
    const reference = await uploaded([1]);
    const first = await cache.get(reference);
    expect(first).toEqual([1]);
    expect(await cache.get(reference)).toBe(first);
  });

  it('stay where every job takes large ones beside small ones, whatever their sizes', async () => {
    const large = await Promise.all([0, 1].map((from) => uploaded(many(from))));
    const cache = new ValueCache(redis, { most: 100, large: 1000 });
    const first = await Promise.all(large.map((reference) => cache.get(reference)));
    for (let job = 0; job < 5; job++) {
      expect(await cache.get(await uploaded([job]))).toEqual([job]);
      for (const [i, reference] of large.entries()) expect(await cache.get(reference)).toBe(first[i]);
    }
  });

  it('go in their order, the large ones but for the last two', async () => {
    const cache = new ValueCache(redis, { most: 100, large: 1000 });
    const references = await Promise.all([10, 11, 12].map((from) => uploaded(many(from))));
    const before = [];
    for (const reference of references) before.push(await cache.get(reference));
    expect(await cache.get(references[1]!)).toBe(before[1]);
    expect(await cache.get(references[2]!)).toBe(before[2]);
    expect(await cache.get(references[0]!)).not.toBe(before[0]);
  });
});
