import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { InputIdentity } from '../formats/input-identity.js';
import type { FailureRecord } from '../records/failure-record.js';
import type { Place } from '../records/place.js';
import type { JobKind, JobOf, JobResult } from './jobs/jobs.js';
import type { Slot } from './slot.js';

/** One piece of a sweep's work. */
export interface Work<K extends JobKind> {
  /** Content key of the stage or trial that it belongs to. */
  readonly key: string;
  /**
   * Which part of the stage; null for a trial. The same key and part are the same work, in every
   * run.
   */
  readonly part: string | null;
  /** For people: `observe batches 0-187`, or a trial's label. */
  readonly label?: string;
  readonly job: JobOf<K>;
  /**
   * Samples of one run at most, since memory was short before or is foretold to be; null: as many
   * as the settings say.
   */
  readonly batchLimit: number | null;
}

/** What is told while work runs. */
export interface WorkEvents {
  /**
   * The work has a place and begins. Told once, before any progress. What it returns is awaited:
   * the work begins, or where it runs elsewhere already its result is handed over, only then; where
   * it rejects, the work ends with that error.
   */
  started(place: Place): void | Promise<void>;
  /**
   * Of `total` steps `done` are done; what a step is, is the job's affair. Told as often as the
   * executor likes.
   */
  progress(done: number, total: number): void;
}

/**
 * What runs jobs. It is all that a sweep knows of execution: children of this process are one
 * implementation, agents on other machines can be another. The conformance suite of the tests runs
 * over each of them.
 *
 * Who owns what: the executor owns places, processes and sessions; who opened it closes it. Whoever
 * gives it work owns the order of work, attempts and their records, retries, batch limits, and the
 * store, of which an executor knows nothing. It tries nothing again by itself: one call of `run` is
 * one attempt.
 *
 * How work ends otherwise than with its result:
 * - {@link JobError}: it failed, and `failure` says what that means. `retry` false: it would fail
 *   the same way again. `retry` true: what ran it was lost or short of something, another attempt
 *   may succeed, with `smallerBatches` one that feeds fewer samples at once. `endsSweep`: all other
 *   work would fail of it too. The place is usable again.
 * - {@link JobReturned}: its place went away or gave it back, which is no fault of the work and no
 *   failure: it is to be given again.
 * - {@link JobInterrupted}: it was stopped, by its signal or as the executor was closed. Nothing of
 *   it runs any more.
 * - What `started` rejected with.
 *
 * A job gives the same numbers, bit for bit, in every executor on the same class of machine; how
 * long it took, and what executed it, is in its result.
 */
export interface Executor {
  /** Pieces of work that run at once. May be 0 for a while, where places come and go. */
  readonly capacity: number;
  /**
   * Pieces of work that are worth giving at once, at least `capacity`: more where handing one over
   * takes time. What is given beyond it waits in the executor, and nothing gets faster by it.
   */
  readonly window: number;
  /**
   * The numerics class of every machine that runs this executor's work, see `engine/numerics`:
   * equal work has equal bits on machines of one class. Decided when it is first asked for, and the
   * same from then on; asked before the first piece of a sweep's work.
   *
   * @param wanted the class of what is finished already; null: any. An executor that has a choice
   *   takes it, one that has none tells its own
   * @throws JobInterrupted when the signal is aborted while it waits for a machine
   */
  numericsClass(wanted: string | null, signal?: AbortSignal): Promise<string>;
  /** Calls the listener whenever capacity or window have changed. */
  onCapacity(listener: () => void): void;
  /**
   * Runs work to its end. More of it than there is capacity for waits, first come, first served.
   *
   * @param signal aborting it stops this work alone, at once
   * @throws JobError, JobReturned, JobInterrupted
   */
  run<K extends JobKind>(work: Work<K>, on: WorkEvents, signal?: AbortSignal): Promise<JobResult<K>>;
  /**
   * Stops what runs and waits until nothing is left of it. Work that is given later is interrupted.
   * Can be called again.
   */
  close(): Promise<void>;
}

/** What an executor is opened for. */
export interface ExecutorRequest {
  /**
   * Children to run and what each of them runs on, where the executor runs them on this machine.
   */
  readonly slots: readonly Slot[];
  /** Seconds without a sign of life after which work counts as hanging. */
  readonly hangSeconds: number;
  /** Resident memory in MiB that one piece of work may use; null: no limit. */
  readonly memoryMb: number | null;
  /** What the sweep was planned with; jobs are refused once one of them has changed. */
  readonly inputs: readonly InputIdentity[];
  /**
   * Told of the end of what a process of this machine has written to its standard output and error,
   * for people; at most a few times a second for each slot.
   *
   * @param place the slot, see `slotPlaces`
   */
  readonly onLog?: (place: string, text: string) => void;
}

export type OpenExecutor = (request: ExecutorRequest) => Executor;

/** A job failed, in its own words or because what ran it was lost. */
export class JobError extends QuantsweepError {
  static override readonly errorClass = 'JobError';

  constructor(readonly failure: FailureRecord) {
    super(failure.message);
  }
}

/**
 * What ran the work went away or gave it back: a machine that is taken away with notice, one that
 * lacks the data. The attempt counts as interrupted, and the work is given again.
 */
export class JobReturned extends QuantsweepError {
  static override readonly errorClass = 'JobReturned';
}

/** Work was stopped, or its executor closed, before it came to its end. */
export class JobInterrupted extends QuantsweepError {
  static override readonly errorClass = 'JobInterrupted';
}

/** Runs a job that no sweep keeps a record of. @throws JobError, JobInterrupted */
export function runOnce<K extends JobKind>(
  executor: Executor,
  job: JobOf<K> & { readonly kind: K },
  signal?: AbortSignal,
): Promise<JobResult<K>> {
  const silent: WorkEvents = { started: () => undefined, progress: () => undefined };
  return executor.run<K>({ key: job.kind, part: null, job, batchLimit: null }, silent, signal);
}
