import { fork, type ChildProcess } from 'node:child_process';
import type { FailureRecord } from '../evaluate/results.js';
import type { ChildMessage, Job, JobResult, ParentMessage, Slot } from './jobs.js';

/** A job failed, in the child's own words or because the child died. */
export class JobError extends Error {
  override readonly name = 'JobError';

  constructor(readonly failure: FailureRecord) {
    super(failure.message);
  }
}

/** The pool was closed while the job ran. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

interface Running {
  readonly id: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly resolve: (result: JobResult<Job['kind']>) => void;
  readonly reject: (error: Error) => void;
}

interface Worker {
  readonly slot: Slot;
  child: ChildProcess | null;
  running: Running | null;
  /** The last words on the child's stderr, for the message when it dies. */
  stderr: string;
}

const STDERR_KEPT = 4000;

/**
 * Child processes, one per slot, each running one job at a time. onnxruntime-node blocks the event loop, and a crash
 * in native code ends its process: both stay in the child. A dead child is replaced when the slot is next used.
 */
export class WorkerPool {
  readonly #workers: readonly Worker[];
  readonly #entry: URL;
  #nextId = 1;
  #closed = false;

  /** @param entry the compiled `worker-main.js` */
  constructor(slots: readonly Slot[], entry: URL) {
    this.#workers = slots.map((slot) => ({ slot, child: null, running: null, stderr: '' }));
    this.#entry = entry;
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Index of a slot that runs nothing, or null. */
  idleSlot(): number | null {
    const index = this.#workers.findIndex((w) => w.running === null);
    return index < 0 ? null : index;
  }

  device(slot: number): string {
    return this.#workers[slot]!.slot.device;
  }

  /**
   * Runs a job on a slot that is idle.
   *
   * @throws JobError when the job fails or its child dies, JobInterrupted when the pool is closed meanwhile
   */
  run<K extends Job['kind']>(
    slot: number,
    job: Extract<Job, { kind: K }>,
    onProgress: (done: number, total: number) => void = () => undefined,
  ): Promise<JobResult<K>> {
    const worker = this.#workers[slot]!;
    if (this.#closed) return Promise.reject(new JobInterrupted('The pool is closed.'));
    if (worker.running !== null) throw new Error(`Invariant: slot ${worker.slot.device} already runs a job.`);
    const id = this.#nextId++;
    const child = (worker.child ??= this.#start(worker));
    return new Promise<JobResult<K>>((resolve, reject) => {
      worker.running = {
        id,
        onProgress,
        // The child answers a job of kind K with a result of kind K.
        resolve: (result) => {
          resolve(result as JobResult<K>);
        },
        reject,
      };
      const message: ParentMessage = { kind: 'job', id, job, session: worker.slot.session };
      child.send(message);
    });
  }

  /** Ends all children at once; running jobs reject with JobInterrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#workers.map(endChild));
  }

  #start(worker: Worker): ChildProcess {
    const child = fork(this.#entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    worker.stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      worker.stderr = (worker.stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
    });
    child.on('message', (message: ChildMessage) => {
      this.#receive(worker, message);
    });
    child.on('error', (cause) => {
      child.kill('SIGKILL');
      this.#lose(worker, child, `could not be started or reached: ${cause.message}`);
    });
    child.on('exit', (code, signal) => {
      this.#lose(worker, child, signal === null ? `exited with code ${code ?? '?'}` : `was ended by ${signal}`);
    });
    return child;
  }

  #receive(worker: Worker, message: ChildMessage): void {
    const { running } = worker;
    if (message.kind === 'ready' || message.id !== running?.id) return;
    switch (message.kind) {
      case 'progress':
        running.onProgress(message.done, message.total);
        return;
      case 'result':
        worker.running = null;
        running.resolve(message.result);
        return;
      case 'failure':
        worker.running = null;
        running.reject(new JobError(message.failure));
        return;
    }
  }

  #lose(worker: Worker, child: ChildProcess, how: string): void {
    if (worker.child !== child) return;
    const { running } = worker;
    worker.child = null;
    worker.running = null;
    if (running === null) return;
    if (this.#closed) {
      running.reject(new JobInterrupted('The sweep was stopped.'));
      return;
    }
    const words = worker.stderr.trim();
    const message = `The child process on ${worker.slot.device} ${how}.${words === '' ? '' : ` Its last words: ${words}`}`;
    running.reject(new JobError({ errorClass: 'WorkerDied', message, retry: true }));
  }
}

async function endChild(worker: Worker): Promise<void> {
  const { child } = worker;
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  child.kill('SIGKILL');
  await ended;
}
