import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { constants, deflateRaw, inflateRaw } from 'node:zlib';
import type { Redis } from 'ioredis';
import { QuantsweepError } from '../../errors/quantsweep-error.js';
import { ForgedMessageError } from '../broker-error.js';
import type { ValueReference } from './messages.js';
import { KEEP_SECONDS, keys } from './names.js';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Of one value in memory. */
const LARGEST_BYTES = 2 ** 31;

/** The broker does not hold a value that a message names. */
export class ValueMissingError extends QuantsweepError {
  static override readonly errorClass = 'ValueMissingError';
}

/** A value as it goes to the broker. */
export interface PackedValue extends ValueReference {
  readonly packed: Buffer;
}

/**
 * The bytes of a value: whatever can be cloned to a child process (typed arrays, maps), bit for
 * bit, compressed on another thread.
 */
export async function packValue(value: unknown): Promise<PackedValue> {
  const packed = await deflate(serialize(value), { level: constants.Z_BEST_SPEED });
  return { packed, bytes: packed.length, sha256: createHash('sha256').update(packed).digest('hex') };
}

/** Puts a value on the broker, where it is not there already. */
export async function putValue(redis: Redis, { packed, sha256 }: PackedValue): Promise<void> {
  const key = keys.value(sha256);
  if ((await redis.expire(key, KEEP_SECONDS)) === 1) return;
  await redis.set(key, packed, 'EX', KEEP_SECONDS);
}

/**
 * @throws ValueMissingError where it is not there; ForgedMessageError where its bytes are not those
 *   of the hash, which stands in a signed message
 */
export async function getValue(redis: Redis, { sha256, bytes }: ValueReference): Promise<unknown> {
  const packed = await redis.getBuffer(keys.value(sha256));
  if (packed === null) throw new ValueMissingError(`The broker does not hold the value ${sha256} any more.`);
  if (packed.length !== bytes || createHash('sha256').update(packed).digest('hex') !== sha256) {
    throw new ForgedMessageError(`The broker holds other bytes than those of ${sha256}: they are not used.`);
  }
  return deserialize(await inflate(packed, { maxOutputLength: LARGEST_BYTES }));
}
