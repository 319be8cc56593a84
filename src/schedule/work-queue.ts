import { setTimeout as pause } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { ExecutionRecord } from '../records/execution-record.js';
import type { FailureRecord } from '../records/failure-record.js';
import type { Job, JobResults } from '../engine/jobs/jobs.js';
import { failureOf } from '../engine/local/failure-of.js';
import { JobError, JobInterrupted, type WorkerPool } from '../engine/local/worker-pool.js';
import type { AttemptSubject, SweepStore } from '../store/store.js';
import type { Patience } from './patience.js';
import type { OnSweepEvent } from './sweep-events.js';

/** One job for one child, with the attempt that it is recorded as. */
export interface WorkItem<K extends Job['kind']> {
  /** Made when a slot takes the item: jobs hold statistics, and thousands may wait. */
  readonly job: () => Extract<Job, { kind: K }>;
  readonly subject: AttemptSubject;
  /** For people: `observe batches 0-187`, or a trial's label. */
  readonly label: string;
  /** Larger runs first. */
  readonly priority: number;
  readonly cost: number;
  /** Samples of one run where memory is not short. */
  readonly batchSize: number;
  /** Samples of one run from the first attempt on, at most; null: as many as the settings say. */
  readonly batchLimit: number | null;
}

export interface WorkResult<K extends Job['kind']> {
  readonly value: JobResults[K];
  readonly execution: ExecutionRecord;
  /** The attempt, still to be finished by the store call that commits the result. */
  readonly attempt: number;
  readonly durationMs: number;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

function halved(batch: number): number | null {
  return batch > 1 ? Math.floor(batch / 2) : null;
}

/** What memory was foretold to allow, where that is less than the settings ask for. */
function fewer({ batchSize, batchLimit }: Pick<WorkItem<'trial'>, 'batchSize' | 'batchLimit'>): number | null {
  return batchLimit !== null && batchLimit < batchSize ? batchLimit : null;
}

/**
 * Runs work items on the pool's slots, highest priority first, records every attempt, and gives work whose child was
 * lost further attempts.
 */
export class WorkQueue {
  readonly #pool: WorkerPool;
  readonly #store: SweepStore;
  readonly #patience: Patience;
  readonly #retries: number;
  readonly #onEvent: OnSweepEvent;
  readonly #queue: PQueue;
  readonly #running = new Map<string, number>();
  #costDone = 0;
  #costTotal = 0;
  readonly #stopping = new AbortController();

  constructor(pool: WorkerPool, store: SweepStore, patience: Patience, retries: number, onEvent: OnSweepEvent) {
    this.#pool = pool;
    this.#store = store;
    this.#patience = patience;
    this.#retries = retries;
    this.#onEvent = onEvent;
    this.#queue = new PQueue({ concurrency: pool.size });
  }

  /** Announces work before its items are known, so that the share of work done is of all of it. */
  expect(cost: number): void {
    this.#costTotal += cost;
  }

  /** Takes announced work off that will not be done, or counts it as done. */
  settle(cost: number): void {
    this.#costDone += cost;
    this.#report();
  }

  /** @throws JobError when the last attempt failed, JobInterrupted when the sweep was stopped */
  run<K extends Job['kind']>(item: WorkItem<K>): Promise<WorkResult<K>> {
    return this.#attempts(item);
  }

  /** Ends the children; all unfinished items reject with JobInterrupted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pool.close();
  }

  /** Smaller batches are tried until none is smaller; attempts that are lost for another reason are counted. */
  async #attempts<K extends Job['kind']>(item: WorkItem<K>): Promise<WorkResult<K>> {
    let batchLimit: number | null = fewer(item);
    let lost = 0;
    for (let number = 1; ; number++) {
      try {
        // Queued anew each time: the slot serves other work while this waits.
        return await this.#queue.add(() => this.#attempt(item, batchLimit), { priority: item.priority });
      } catch (cause) {
        const failure = cause instanceof JobError && cause.failure.retry ? cause.failure : null;
        const outOfMemory = failure?.smallerBatches === true;
        if (!outOfMemory) lost++;
        // A child that is lost twice at the same work may have been ended by a kernel that was short of memory.
        const mayBeMemory = outOfMemory || (lost > 1 && failure?.endsSweep !== true);
        const smaller: number | null = mayBeMemory ? halved(batchLimit ?? item.batchSize) : null;
        if (failure === null || (outOfMemory && smaller === null) || lost > this.#retries) {
          this.settle(item.cost);
          throw cause;
        }
        batchLimit = smaller ?? batchLimit;
        this.#onEvent({ kind: 'retrying', label: item.label, failure, attempt: number + 1, batchLimit });
        await this.#pause(number);
      }
    }
  }

  /** Twice as long each time: what was short (memory, a device) gets time to come back. */
  async #pause(number: number): Promise<void> {
    const waitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1));
    await pause(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #attempt<K extends Job['kind']>(item: WorkItem<K>, batchLimit: number | null): Promise<WorkResult<K>> {
    const { attempt, start, result } = await this.#patience.write(() => this.#begin(item, batchLimit));
    try {
      const { value, execution } = await result;
      this.#costDone += item.cost;
      return { value, execution, attempt, durationMs: performance.now() - start };
    } catch (cause) {
      await this.#patience.write(() => {
        this.#recordEnd(attempt, cause);
      });
      throw cause;
    } finally {
      this.#running.delete(item.label);
      this.#report();
    }
  }

  /** In one go, so that no other item gets the same slot: it is taken when its child is given work. */
  #begin<K extends Job['kind']>(item: WorkItem<K>, batchLimit: number | null) {
    if (this.#stopping.signal.aborted) throw new JobInterrupted('The sweep was stopped.');
    const slot = this.#pool.idleSlot();
    if (slot === null) throw new Error('Invariant: the queue runs no more items than there are slots.');
    const job = item.job();
    const attempt = this.#store.startAttempt(item.subject, this.#pool.device(slot));
    this.#onEvent({ kind: 'workStarted', label: item.label });
    const start = performance.now();
    const onProgress = (done: number, total: number): void => {
      this.#running.set(item.label, (item.cost * done) / total);
      this.#report();
    };
    return { attempt, start, result: this.#pool.run(slot, job, onProgress, batchLimit) };
  }

  #recordEnd(attempt: number, cause: unknown): void {
    if (cause instanceof JobInterrupted) this.#store.interruptAttempt(attempt);
    else this.#store.failAttempt(attempt, failureRecord(cause));
  }

  #report(): void {
    const running = [...this.#running.values()].reduce((a, b) => a + b, 0);
    const share = this.#costTotal > 0 ? Math.min(1, (this.#costDone + running) / this.#costTotal) : 1;
    this.#onEvent({ kind: 'progress', share, running: [...this.#running.keys()] });
  }
}

/** A failure's record, also of errors that did not come from a child. */
export function failureRecord(cause: unknown): FailureRecord {
  return cause instanceof JobError ? cause.failure : failureOf(cause);
}
