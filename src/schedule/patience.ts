import { setTimeout as pause } from 'node:timers/promises';

import { StoreError } from '../store/store-error.js';
import type { OnSweepEvent } from './sweep-events.js';

const tryEveryMs = 500;
const tellEveryMs = 60_000;

/** How long a sweep waits for a database that another program holds. */
export interface PatienceLimits {
  /** `run.lockWaitMinutes` */
  readonly minutes: number;
  readonly onEvent: OnSweepEvent;
  /** Aborting it ends the waiting. */
  readonly signal: AbortSignal;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  readonly pauseMs?: number;
}

/**
 * Writes to the store wait here while another program holds the right to write the database. A
 * write of the store is one transaction, so one that was refused is tried again as it is. Between
 * tries the process goes on: children are heard, Ctrl-C ends the sweep.
 */
export class Patience {
  readonly #limits: PatienceLimits;
  readonly #now: () => number;
  /** While one write asks again the others wait for it. */
  #asking: Promise<void> | null = null;
  /**
   * With which the waiting ended: what the sweep still has to write is tried once, and fails of the
   * same.
   */
  #ended: StoreError | null = null;

  constructor(limits: PatienceLimits) {
    this.#limits = limits;
    this.#now = limits.now ?? (() => performance.now());
  }

  /**
   * What `work` returns. @throws StoreError `busy` when `run.lockWaitMinutes` are over, and
   * whatever else `work` throws
   */
  async write<T>(work: () => T): Promise<T> {
    while (this.#asking !== null) await this.#asking;
    try {
      return work();
    } catch (cause) {
      if (!isBusy(cause)) throw cause;
      if (this.#ended !== null) throw this.#ended;
      return await this.#askAgain(work, cause);
    }
  }

  async #askAgain<T>(work: () => T, first: StoreError): Promise<T> {
    const { minutes, onEvent, signal, pauseMs = tryEveryMs } = this.#limits;
    let release: () => void = () => undefined;
    this.#asking = new Promise((resolve) => (release = resolve));
    const start = this.#now();
    let toldAt = -Infinity;
    try {
      for (let last = first; ;) {
        const waitedMs = this.#now() - start;
        if (signal.aborted) throw last;
        if (waitedMs >= minutes * 60_000) throw tooLong(last, minutes);
        if (waitedMs - toldAt >= tellEveryMs) {
          toldAt = waitedMs;
          onEvent({ kind: 'waiting', message: last.message, waitedMs, limitMinutes: minutes });
        }
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
        try {
          const result = work();
          onEvent({ kind: 'waited', waitedMs: this.#now() - start });
          return result;
        } catch (cause) {
          if (!isBusy(cause)) throw cause;
          last = cause;
        }
      }
    } catch (cause) {
      if (isBusy(cause)) this.#ended = cause;
      throw cause;
    } finally {
      this.#asking = null;
      release();
    }
  }
}

function isBusy(cause: unknown): cause is StoreError {
  return cause instanceof StoreError && cause.code === 'busy';
}

function tooLong(cause: StoreError, minutes: number): StoreError {
  return new StoreError(
    'busy',
    `${cause.message} The sweep waited ${minutes} min for it (run.lockWaitMinutes). Everything stored before is kept. Run the same command again to continue.`,
    { cause },
  );
}
