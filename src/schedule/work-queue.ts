import { setTimeout as pause } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { ExecutionRecord } from '../records/execution-record.js';
import type { FailureRecord } from '../records/failure-record.js';
import { JobError, JobInterrupted, JobReturned, type Executor, type WorkEvents } from '../engine/executor.js';
import { failureOf } from '../engine/failure-of.js';
import type { JobKind, JobOf, JobResults } from '../engine/jobs/jobs.js';
import type { AttemptSubject, SweepStore } from '../store/store.js';
import { Alone } from './alone.js';
import type { Patience } from './patience.js';
import type { OnSweepEvent } from './sweep-events.js';

/** One job, with the attempt that it is recorded as. */
export interface WorkItem<K extends JobKind> {
  /** Made when a slot takes the item: jobs hold statistics, and thousands may wait. */
  readonly job: () => JobOf<K>;
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
  /** Nothing else of this queue runs meanwhile: it is timed. Absent: no. */
  readonly isAlone?: boolean;
}

export interface WorkResult<K extends JobKind> {
  readonly value: JobResults[K];
  readonly execution: ExecutionRecord;
  /** The attempt, still to be finished by the store call that commits the result. */
  readonly attempt: number;
  readonly durationMs: number;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Agents that may be lost at the same work: what takes machines down is not given to all of them.
 */
const MOST_LOST_AGENTS = 2;

function halved(batch: number): number | null {
  return batch > 1 ? Math.floor(batch / 2) : null;
}

/** What memory was foretold to allow, where that is less than the settings ask for. */
function fewer({ batchSize, batchLimit }: Pick<WorkItem<'trial'>, 'batchSize' | 'batchLimit'>): number | null {
  return batchLimit !== null && batchLimit < batchSize ? batchLimit : null;
}

/** What a queue works with. */
export interface WorkQueueOptions {
  readonly executor: Executor;
  readonly store: SweepStore;
  readonly patience: Patience;
  /** Further attempts of work that was lost. */
  readonly retries: number;
  readonly onEvent: OnSweepEvent;
}

/**
 * Hands work items to the executor, highest priority first and no more than it runs at once,
 * records every attempt, and gives work whose place was lost further attempts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #queue: PQueue;
  readonly #alone = new Alone();
  readonly #running = new Map<string, number>();
  #costDone = 0;
  #costTotal = 0;
  readonly #stopping = new AbortController();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#queue = new PQueue();
    const { executor } = options;
    const fit = (): void => {
      // Where nothing can run for a while everything waits.
      if (executor.window === 0 && !this.#stopping.signal.aborted) this.#queue.pause();
      else {
        this.#queue.concurrency = Math.max(1, executor.window);
        this.#queue.start();
      }
    };
    fit();
    executor.onCapacity(fit);
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
  run<K extends JobKind>(item: WorkItem<K>): Promise<WorkResult<K>> {
    return this.#attempts(item);
  }

  /** Stops all work; unfinished items reject with JobInterrupted. */
  stop(): void {
    this.#stopping.abort();
    // What waits is told so when it is its turn.
    this.#queue.start();
  }

  /**
   * Smaller batches are tried until none is smaller; attempts that are lost for another reason are
   * counted.
   */
  async #attempts<K extends JobKind>(item: WorkItem<K>): Promise<WorkResult<K>> {
    let batchLimit: number | null = fewer(item);
    let lost = 0;
    const lostAgents = new Set<string>();
    for (let number = 1; ;) {
      try {
        // Queued anew each time: the slot serves other work while this waits.
        return await this.#queue.add(
          () => this.#alone.run(() => this.#untilNotReturned(item, batchLimit), item.isAlone === true),
          { priority: item.priority },
        );
      } catch (cause) {
        const failure = cause instanceof JobError && cause.failure.retry ? cause.failure : null;
        const outOfMemory = failure?.smallerBatches === true;
        const lostAgent = failure?.lostAgent;
        if (lostAgent !== undefined) lostAgents.add(lostAgent);
        if (!outOfMemory) lost++;
        // A child that is lost twice at the same work may have been ended by a kernel that was
        // short of memory. A machine that is lost says nothing of memory.
        const mayBeMemory = outOfMemory || (lost - lostAgents.size > 1 && failure?.endsSweep !== true);
        const smaller: number | null = mayBeMemory ? halved(batchLimit ?? item.batchSize) : null;
        const isPoison = lostAgents.size >= MOST_LOST_AGENTS;
        if (failure === null || (outOfMemory && smaller === null) || lost > this.#options.retries || isPoison) {
          this.settle(item.cost);
          throw cause;
        }
        batchLimit = smaller ?? batchLimit;
        this.#options.onEvent({ kind: 'retrying', label: item.label, failure, attempt: number + 1, batchLimit });
        await this.#pause(number++);
      }
    }
  }

  /**
   * Work that was returned is given again, as often as it takes. It keeps its turn: what had it may
   * still be at it, and would drop it for other work.
   */
  async #untilNotReturned<K extends JobKind>(item: WorkItem<K>, batchLimit: number | null): Promise<WorkResult<K>> {
    for (;;) {
      try {
        return await this.#attempt(item, batchLimit);
      } catch (cause) {
        if (!(cause instanceof JobReturned)) throw cause;
        await this.#pause(1);
      }
    }
  }

  /** Twice as long each time: what was short (memory, a device) gets time to come back. */
  async #pause(number: number): Promise<void> {
    const waitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1));
    await pause(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #attempt<K extends JobKind>(item: WorkItem<K>, batchLimit: number | null): Promise<WorkResult<K>> {
    const { executor, store, patience, onEvent } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) throw new JobInterrupted('The sweep was stopped.');
    const job = await patience.write(item.job);
    const { subject, label } = item;
    const work = { key: subject.key, part: subject.kind === 'stage' ? subject.part : null, label, job, batchLimit };
    const begun: { attempt: number | null; start: number } = { attempt: null, start: 0 };
    const on: WorkEvents = {
      started: async (place) => {
        begun.attempt = await patience.write(() => store.startAttempt(subject, place));
        onEvent({ kind: 'workStarted', label });
        begun.start = performance.now();
      },
      progress: (done, total) => {
        this.#running.set(label, (item.cost * done) / total);
        this.#report();
      },
    };
    try {
      const { value, execution } = await executor.run<K>(work, on, signal);
      const { attempt, start } = begun;
      if (attempt === null) throw new Error('Invariant: work that has a result was started.');
      this.#costDone += item.cost;
      return { value, execution, attempt, durationMs: performance.now() - start };
    } catch (cause) {
      const { attempt } = begun;
      if (attempt !== null) {
        await patience.write(() => {
          this.#recordEnd(attempt, cause);
        });
      }
      throw cause;
    } finally {
      this.#running.delete(label);
      this.#report();
    }
  }

  #recordEnd(attempt: number, cause: unknown): void {
    const isNoFailure = cause instanceof JobInterrupted || cause instanceof JobReturned;
    if (isNoFailure) this.#options.store.interruptAttempt(attempt);
    else this.#options.store.failAttempt(attempt, attemptFailure(cause));
  }

  #report(): void {
    const running = [...this.#running.values()].reduce((a, b) => a + b, 0);
    const share = this.#costTotal > 0 ? Math.min(1, (this.#costDone + running) / this.#costTotal) : 1;
    this.#options.onEvent({ kind: 'progress', share, running: [...this.#running.keys()] });
  }
}

/** A failure's record, also of errors that did not come from a child. */
export function attemptFailure(cause: unknown): FailureRecord {
  return cause instanceof JobError ? cause.failure : failureOf(cause);
}
