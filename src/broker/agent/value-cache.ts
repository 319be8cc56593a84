import type { Redis } from 'ioredis';
import type { ValueReference } from '../protocol/messages.js';
import { getValue } from '../protocol/values.js';

/** Bytes, as they lie on the broker, of values that are kept. */
const MOST_BYTES = 64 * 2 ** 20;

/** Values of jobs, fetched once: trials of one calibration share their statistics. */
export class ValueCache {
  readonly #kept = new Map<string, { readonly bytes: number; readonly value: Promise<unknown> }>();

  constructor(private readonly redis: Redis) {}

  /** @throws ValueMissingError, ForgedMessageError */
  get(reference: ValueReference): Promise<unknown> {
    const { sha256, bytes } = reference;
    const known = this.#kept.get(sha256);
    this.#kept.delete(sha256);
    const kept = known ?? { bytes, value: getValue(this.redis, reference) };
    this.#kept.set(sha256, kept);
    kept.value.catch(() => this.#kept.delete(sha256));
    this.#makeRoom();
    return kept.value;
  }

  #makeRoom(): void {
    let total = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [sha256, { bytes }] of this.#kept) {
      if (total <= MOST_BYTES || this.#kept.size === 1) return;
      this.#kept.delete(sha256);
      total -= bytes;
    }
  }
}
