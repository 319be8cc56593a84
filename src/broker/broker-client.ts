import type { Redis } from 'ioredis';
import { asBrokerError } from './as-broker-error.js';
import type { BrokerAddress } from './broker-address.js';
import { connectToBroker, leaveBroker } from './connection.js';
import { Directory } from './protocol/directory.js';
import { Seal } from './protocol/seal.js';

/** Looks at a broker, and leaves it. @throws BrokerError */
export async function withDirectory<T>(
  address: BrokerAddress,
  work: (directory: Directory, redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = await connectToBroker(address);
  try {
    return await work(new Directory(redis, new Seal(address.secret)), redis);
  } catch (cause) {
    throw asBrokerError(cause, address);
  } finally {
    await leaveBroker(redis);
  }
}
