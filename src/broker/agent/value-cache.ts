import type { Redis } from 'ioredis';
import type { ValueReference } from '../protocol/messages.js';
import { getValue } from '../protocol/values.js';

/** Bytes as they lie on the broker. */
interface CacheLimits {
  /** Of values that are kept beside the last large ones. */
  readonly most: number;
  /** From so many on a value is large: second moments or histograms of a large model. */
  readonly large: number;
}

const MIB = 2 ** 20;

/** Large values that a job has at most: its histograms and its second moments. */
const MOST_LARGE = 2;

/** Values of jobs, fetched once: trials of one calibration share their statistics. */
export class ValueCache {
  readonly #kept = new Map<string, { readonly bytes: number; readonly value: Promise<unknown> }>();

  constructor(
    private readonly redis: Redis,
    private readonly limits: CacheLimits = { most: 64 * MIB, large: 16 * MIB },
  ) {}

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
    // Other values of the same job, fetched beside a large one, must not push it out.
    const kept = [...this.#kept];
    const large = new Set(kept.filter(([, { bytes }]) => bytes >= this.limits.large).slice(-MOST_LARGE));
    const others = kept.filter((entry) => !large.has(entry));
    let total = others.reduce((sum, [, { bytes }]) => sum + bytes, 0);
    for (const [sha256, { bytes }] of others) {
      if (total <= this.limits.most) return;
      this.#kept.delete(sha256);
      total -= bytes;
    }
  }
}
