import type { Redis } from 'ioredis';
import type { ValueReference } from '../protocol/messages.js';
import { keys } from '../protocol/names.js';
import { putValue, type PackedValue } from '../protocol/values.js';

/** Values that no job needs and that stay nevertheless: the jobs that come next often need them. */
const MOST_UNUSED = 8;

/** A value that stays on the broker until it is released. */
export interface HeldValue {
  readonly reference: ValueReference;
  release(): void;
}

interface Upload {
  readonly reference: Promise<ValueReference>;
  /** Null until it is known. */
  sha256: string | null;
  holders: number;
  isDropped: boolean;
}

/**
 * Large values of jobs. Each is packed and uploaded once, however many jobs have it, and taken off
 * the broker when they have ended: what lies there is bounded by the jobs, not by the sweep.
 */
export class UploadedValues {
  readonly #redis: Redis;
  readonly #write: <T>(write: () => Promise<T>) => Promise<T>;
  /** By identity. */
  #uploads = new WeakMap<object, Upload>();
  readonly #there = new Set<Upload>();
  /** Those without a holder, oldest first. */
  readonly #unused = new Set<Upload>();

  /** @param write does a write, and waits while the broker is full */
  constructor(redis: Redis, write: <T>(write: () => Promise<T>) => Promise<T>) {
    this.#redis = redis;
    this.#write = write;
  }

  /** Uploads a value where it is not there. @param pack not called where it is */
  async hold(value: object, pack: () => Promise<PackedValue>): Promise<HeldValue> {
    const upload = this.#uploadOf(value, pack);
    upload.holders++;
    this.#unused.delete(upload);
    const reference = await upload.reference;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      upload.holders--;
      if (upload.holders > 0) return;
      this.#unused.add(upload);
      this.#dropOldest();
    };
    return { reference, release };
  }

  /** The broker may have lost values: from now on all are uploaded again where they are missing. */
  forget(): void {
    this.#uploads = new WeakMap();
  }

  /** Takes all of them off the broker. */
  async clear(): Promise<void> {
    const names = new Set([...this.#there].flatMap(({ sha256 }) => (sha256 === null ? [] : [keys.value(sha256)])));
    this.forget();
    this.#there.clear();
    this.#unused.clear();
    if (names.size > 0) await this.#redis.del(...names);
  }

  #uploadOf(value: object, pack: () => Promise<PackedValue>): Upload {
    const known = this.#uploads.get(value);
    if (known?.isDropped === false) return known;
    const put = async (): Promise<ValueReference> => {
      const packed = await pack();
      upload.sha256 = packed.sha256;
      await this.#write(() => putValue(this.#redis, packed));
      return { sha256: packed.sha256, bytes: packed.bytes };
    };
    const upload: Upload = { reference: Promise.resolve().then(put), sha256: null, holders: 0, isDropped: false };
    upload.reference.catch(() => {
      upload.isDropped = true;
      this.#there.delete(upload);
    });
    this.#uploads.set(value, upload);
    this.#there.add(upload);
    return upload;
  }

  #dropOldest(): void {
    for (const upload of this.#unused) {
      if (this.#unused.size <= MOST_UNUSED) return;
      upload.isDropped = true;
      this.#unused.delete(upload);
      this.#there.delete(upload);
      const { sha256 } = upload;
      // Another object may have had the same content.
      if (sha256 === null || [...this.#there].some((other) => other.sha256 === sha256)) continue;
      void this.#redis.del(keys.value(sha256)).catch(() => undefined);
    }
  }
}
