import {
  JobInterrupted,
  runOnce,
  type Executor,
  type ExecutorRequest,
  type OpenExecutor,
  type WorkEvents,
} from '../executor.js';
import type { JobKind, JobResult } from '../jobs/jobs.js';
import type { Work } from '../executor.js';
import { WorkerPool } from './worker-pool.js';

/** The compiled program of a child. */
const compiledEntry = new URL('./worker-main.js', import.meta.url);

/**
 * Opens executors whose work runs in children of this process, one for each slot. A child is
 * started when its slot is first used and serves all further work of the slot.
 *
 * @param entry the compiled `worker-main.js`
 */
export function localExecutor(entry: URL = compiledEntry): OpenExecutor {
  return (request) => new LocalExecutor(request, entry);
}

/** Waits for a slot. */
interface Waiting {
  readonly take: (slot: number) => void;
  readonly giveUp: (error: JobInterrupted) => void;
}

class LocalExecutor implements Executor {
  readonly #pool: WorkerPool;
  readonly #free: number[];
  readonly #waiting = new Set<Waiting>();
  #isClosed = false;
  #numericsClass: Promise<string> | null = null;

  constructor({ slots, ...options }: ExecutorRequest, entry: URL) {
    this.#pool = new WorkerPool(slots, entry, options);
    this.#free = slots.map((_, slot) => slot);
  }

  get capacity(): number {
    return this.#pool.size;
  }

  get window(): number {
    return this.capacity;
  }

  numericsClass(_wanted: string | null, signal?: AbortSignal): Promise<string> {
    this.#numericsClass ??= runOnce<'numerics'>(this, { kind: 'numerics' }, signal).then(
      ({ value }) => value.numericsClass,
      (cause: unknown) => {
        // Another call may have a better fortune, or a signal that is not aborted.
        this.#numericsClass = null;
        throw cause;
      },
    );
    return this.#numericsClass;
  }

  onCapacity(): void {
    // The slots of a machine stay as they are.
  }

  async run<K extends JobKind>(
    { job, batchLimit }: Work<K>,
    on: WorkEvents,
    signal?: AbortSignal,
  ): Promise<JobResult<K>> {
    const slot = await this.#takeSlot(signal);
    const stop = (): void => void this.#pool.interrupt(slot);
    try {
      await on.started({ device: this.#pool.device(slot) });
      if (signal?.aborted === true) throw stopped();
      signal?.addEventListener('abort', stop, { once: true });
      return await this.#pool.run<K>(slot, job, on.progress.bind(on), batchLimit);
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#giveBack(slot);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { giveUp } of this.#waiting) giveUp(closed());
    this.#waiting.clear();
    await this.#pool.close();
  }

  async #takeSlot(signal: AbortSignal | undefined): Promise<number> {
    if (this.#isClosed) throw closed();
    if (signal?.aborted === true) throw stopped();
    // The first one, so that little work starts few children.
    const slot = this.#free.shift();
    if (slot !== undefined) return slot;
    return new Promise((take, giveUp) => {
      const waiting: Waiting = {
        take: (freed) => {
          signal?.removeEventListener('abort', leave);
          take(freed);
        },
        giveUp,
      };
      const leave = (): void => {
        this.#waiting.delete(waiting);
        giveUp(stopped());
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
    });
  }

  #giveBack(slot: number): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(slot);
      this.#free.sort((a, b) => a - b);
    } else {
      this.#waiting.delete(next);
      next.take(slot);
    }
  }
}

function stopped(): JobInterrupted {
  return new JobInterrupted('The sweep was stopped.');
}

function closed(): JobInterrupted {
  return new JobInterrupted('The executor is closed.');
}
