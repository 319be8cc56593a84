import { createHash, randomUUID } from 'node:crypto';
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

/**
 * Bytes that go into one string of the broker: by default it takes 512 MB. A larger value is a list
 * of such strings.
 */
const CHUNK_BYTES = 64 * 2 ** 20;

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
export async function putValue(redis: Redis, { packed, sha256 }: PackedValue, chunk = CHUNK_BYTES): Promise<void> {
  const key = keys.value(sha256);
  if ((await redis.expire(key, KEEP_SECONDS)) === 1) return;
  if (packed.length <= chunk) await redis.set(key, packed, 'EX', KEEP_SECONDS);
  else await putList(redis, key, packed, chunk);
}

/** Under another name until it is whole. */
async function putList(redis: Redis, key: string, packed: Buffer, chunk: number): Promise<void> {
  const unfinished = `${key}:${randomUUID()}`;
  try {
    for (let at = 0; at < packed.length; at += chunk) {
      await redis.rpush(unfinished, packed.subarray(at, at + chunk));
      await redis.expire(unfinished, KEEP_SECONDS);
    }
    await redis.rename(unfinished, key);
  } catch (cause) {
    await redis.del(unfinished).catch(() => undefined);
    throw cause;
  }
}

async function getPacked(redis: Redis, sha256: string, isList: boolean): Promise<Buffer | null> {
  const key = keys.value(sha256);
  if (!isList) return redis.getBuffer(key);
  const chunks = await redis.lrangeBuffer(key, 0, -1);
  return chunks.length === 0 ? null : Buffer.concat(chunks);
}

/**
 * @throws ValueMissingError where it is not there; ForgedMessageError where its bytes are not those
 *   of the hash, which stands in a signed message
 */
export async function getValue(redis: Redis, { sha256, bytes }: ValueReference, chunk = CHUNK_BYTES): Promise<unknown> {
  const packed = await getPacked(redis, sha256, bytes > chunk);
  if (packed === null) throw new ValueMissingError(`The broker does not hold the value ${sha256} any more.`);
  if (packed.length !== bytes || createHash('sha256').update(packed).digest('hex') !== sha256) {
    throw new ForgedMessageError(`The broker holds other bytes than those of ${sha256}: they are not used.`);
  }
  return deserialize(await inflate(packed, { maxOutputLength: LARGEST_BYTES }));
}
