import {
  JobError,
  JobInterrupted,
  runOnce,
  type Executor,
  type ExecutorRequest,
  type Work,
  type WorkEvents,
} from '../../src/engine/executor.js';
import { failureOf } from '../../src/engine/failure-of.js';
import { JobCaches } from '../../src/engine/jobs/job-caches.js';
import type { JobKind, JobResult } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';

/**
 * Runs jobs in this very process, one after the other. It can stop a job where it tells its
 * progress, which is what an executor without processes of its own can do.
 */
export class MemoryExecutor implements Executor {
  readonly #request: ExecutorRequest;
  readonly #caches = new JobCaches();
  readonly #closing = new AbortController();
  /** Settles when what was given before has ended. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(request: ExecutorRequest) {
    this.#request = request;
  }

  get capacity(): number {
    return 1;
  }

  get window(): number {
    return 1;
  }

  async numericsClass(_wanted: string | null, signal?: AbortSignal): Promise<string> {
    const { value } = await runOnce<'numerics'>(this, { kind: 'numerics' }, signal);
    return value.numericsClass;
  }

  onCapacity(): void {
    // One process stays one process.
  }

  run<K extends JobKind>(work: Work<K>, on: WorkEvents, signal?: AbortSignal): Promise<JobResult<K>> {
    const stops = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const running = this.#before.then(() => this.#runNow(work, on, AbortSignal.any(stops)));
    this.#before = running.catch(() => undefined);
    return running;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#before;
  }

  async #runNow<K extends JobKind>(
    { job, batchLimit }: Work<K>,
    on: WorkEvents,
    signal: AbortSignal,
  ): Promise<JobResult<K>> {
    stopIfAborted(signal);
    const [slot] = this.#request.slots;
    await on.started({ device: slot!.device });
    stopIfAborted(signal);
    const report = (done: number, total: number): void => {
      stopIfAborted(signal);
      on.progress(done, total);
    };
    try {
      const surroundings = { batchLimit, inputs: this.#request.inputs, caches: this.#caches };
      // A job of kind K has a result of kind K.
      return (await runJob(job, slot!.session, report, surroundings)) as JobResult<K>;
    } catch (cause) {
      throw cause instanceof JobInterrupted ? cause : new JobError(failureOf(cause));
    }
  }
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new JobInterrupted('Stopped.');
}
