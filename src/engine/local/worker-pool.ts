import { fork, type ChildProcess } from 'node:child_process';
import type { FailureRecord } from '../../records/failure-record.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import { failureOf, failureRecord } from '../failure-of.js';
import { WorkerDied, WorkerNotStarted } from '../trouble.js';
import { ChildWatch, type WatchLimits } from './child-watch.js';
import { HEARTBEAT_FD, parseBeats } from './heartbeat.js';
import { JobError, JobInterrupted } from '../executor.js';
import type { JobKind, JobOf, JobResult } from '../jobs/jobs.js';
import type { Slot } from '../slot.js';
import { slotPlaces } from '../slot-places.js';
import { LogTail } from './log-tail.js';
import type { ChildMessage, ParentMessage } from './messages.js';
import { SpilledFields } from './spilled-fields.js';
import { removeChildScratch, SCRATCH_VARIABLE, scratchFolder } from '../../formats/io/scratch-folder.js';
import { surroundingsFault } from '../../errors/surroundings-error.js';

interface Running {
  readonly id: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly resolve: (result: JobResult<JobKind>) => void;
  readonly reject: (error: Error) => void;
  readonly watch: ChildWatch;
}

/** How a pool treats its children. */
export interface PoolOptions extends WatchLimits {
  /** What the sweep was planned with; children refuse work on anything else. */
  readonly inputs: readonly InputIdentity[];
  /** See `ExecutorRequest`. */
  readonly onLog?: (place: string, text: string) => void;
}

interface Worker {
  readonly slot: Slot;
  readonly place: string;
  /** Of all children of the slot, one after the other. */
  readonly log: LogTail;
  child: ChildProcess | null;
  /** False until the child has said that it can work. */
  isReady: boolean;
  running: Running | null;
  /** The last words on the child's stderr, for the message when it dies. */
  stderr: string;
  /** Why this pool kills the child; null unless it does. */
  verdict: FailureRecord | 'interrupted' | null;
}

const STDERR_KEPT = 4000;

/** Milliseconds between two looks at the children. */
const TICK_MS = 500;

/**
 * Child processes, one per slot, each running one job at a time. onnxruntime-node blocks the event
 * loop, and a crash in native code ends its process: both stay in the child. A dead child is
 * replaced when the slot is next used.
 */
export class WorkerPool {
  readonly #workers: readonly Worker[];
  readonly #entry: URL;
  readonly #options: PoolOptions;
  readonly #ticking: NodeJS.Timeout;
  readonly #fields = new SpilledFields();
  #nextId = 1;
  #closed = false;

  /** @param entry the compiled `worker-main.js` */
  constructor(
    slots: readonly Slot[],
    entry: URL,
    options: PoolOptions = { hangSeconds: 60, memoryMb: null, inputs: [] },
  ) {
    const places = slotPlaces(slots);
    this.#workers = slots.map((slot, index) => ({
      slot,
      place: places[index]!,
      log: new LogTail(),
      child: null,
      isReady: false,
      running: null,
      stderr: '',
      verdict: null,
    }));
    this.#entry = entry;
    this.#options = options;
    this.#ticking = setInterval(() => {
      this.#workers.forEach(giveUpHanging);
      this.#tellLogs();
    }, TICK_MS);
    this.#ticking.unref();
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
   * @param batchLimit samples of one run at most; null: as many as the settings say
   * @throws JobError when the job fails or its child dies, JobInterrupted when the pool is closed
   *   meanwhile
   */
  run<K extends JobKind>(
    slot: number,
    job: JobOf<K>,
    onProgress: (done: number, total: number) => void = () => undefined,
    batchLimit: number | null = null,
  ): Promise<JobResult<K>> {
    const worker = this.#workers[slot]!;
    if (this.#closed) return Promise.reject(new JobInterrupted('The pool is closed.'));
    if (worker.running !== null) throw new Error(`Invariant: slot ${worker.slot.device} already runs a job.`);
    const id = this.#nextId++;
    let held: ReturnType<SpilledFields['hold']>;
    try {
      held = this.#fields.hold(job);
    } catch (cause) {
      return Promise.reject(new JobError(failureOf(cause)));
    }
    const { spilled, release } = held;
    const child = (worker.child ??= this.#start(worker));
    return new Promise<JobResult<K>>((resolve, reject) => {
      worker.running = {
        id,
        watch: new ChildWatch(this.#options, TICK_MS),
        onProgress,
        // The child answers a job of kind K with a result of kind K.
        resolve: (result) => {
          resolve(result as JobResult<K>);
        },
        reject,
      };
      const { session } = worker.slot;
      const message: ParentMessage = { kind: 'job', id, spilled, session, batchLimit, inputs: this.#options.inputs };
      child.send(message);
    }).finally(release);
  }

  /**
   * Ends the child of a slot that runs a job, which rejects with JobInterrupted; the slot is usable
   * then.
   */
  async interrupt(slot: number): Promise<void> {
    const worker = this.#workers[slot]!;
    if (worker.running === null) return;
    worker.verdict = 'interrupted';
    await endChild(worker);
  }

  /** Ends all children at once; running jobs reject with JobInterrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticking);
    await Promise.all(this.#workers.map(endChild));
    this.#fields.close();
    this.#tellLogs();
  }

  #tellLogs(): void {
    for (const { place, log } of this.#workers) {
      const news = log.takeNews();
      if (news !== null) this.#options.onLog?.(place, news);
    }
  }

  #start(worker: Worker): ChildProcess {
    const child = fork(this.#entry, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
      env: { ...process.env, [SCRATCH_VARIABLE]: scratchFolder() },
    });
    worker.isReady = false;
    worker.stderr = '';
    worker.verdict = null;
    let heard = '';
    child.stdio[HEARTBEAT_FD]?.on('data', (chunk: Buffer) => {
      const { beats, rest } = parseBeats(heard + chunk.toString('latin1'));
      heard = rest;
      for (const beat of beats) worker.running?.watch.beat(beat);
    });
    child.stdout?.on('data', worker.log.stream());
    const logError = worker.log.stream();
    child.stderr?.on('data', (chunk: Buffer) => {
      logError(chunk);
      worker.stderr = (worker.stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
    });
    child.on('message', (message: ChildMessage) => {
      this.#receive(worker, message);
    });
    child.on('error', (cause) => {
      child.kill('SIGKILL');
      this.#lose(worker, child, `could not be started or reached: ${cause.message}`, cause);
    });
    child.on('exit', (code, signal) => {
      if (child.pid !== undefined) removeChildScratch(child.pid);
      this.#lose(worker, child, signal === null ? `exited with code ${code ?? '?'}` : `was ended by ${signal}`);
    });
    return child;
  }

  #receive(worker: Worker, message: ChildMessage): void {
    const { running } = worker;
    if (message.kind === 'ready') worker.isReady = true;
    if (message.kind === 'ready' || message.id !== running?.id) return;
    // It came to its end while it was being stopped: the child ends all the same, and the job with
    // it.
    if (worker.verdict === 'interrupted') return;
    switch (message.kind) {
      case 'progress':
        running.watch.progress();
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

  #lose(worker: Worker, child: ChildProcess, how: string, cause?: Error): void {
    if (worker.child !== child) return;
    const { running } = worker;
    worker.child = null;
    worker.running = null;
    if (!this.#closed && worker.verdict !== 'interrupted') worker.log.say(`the process ${how}`);
    if (running === null) return;
    if (this.#closed || worker.verdict === 'interrupted') {
      running.reject(new JobInterrupted('The sweep was stopped.'));
      return;
    }
    if (worker.verdict !== null) {
      running.reject(new JobError(worker.verdict));
      return;
    }
    const words = lastWords(worker.stderr);
    const message = `The child process on ${worker.slot.device} ${how}.${words === '' ? '' : ` Its last words: ${words}`}`;
    const fault = surroundingsFault(cause);
    if (fault !== null) {
      // The system may have room for another process a moment later.
      running.reject(new JobError({ ...failureRecord(fault), retry: true }));
    } else if (worker.isReady) {
      running.reject(new JobError(failureRecord(new WorkerDied(message))));
    } else {
      // It never got as far as its work, so it has not failed at it.
      const advice = 'Worker processes must be able to start: check the limits on memory, open files and processes.';
      running.reject(new JobError(failureRecord(new WorkerNotStarted(`${message} ${advice}`))));
    }
  }
}

/** What a process printed before it ended, without the stack of an uncaught error. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => !/^\s+at |^node:internal|^Node\.js v|^\s*\^+\s*$|^\s*throw /.test(line));
  return lines.join('\n').trim();
}

function giveUpHanging(worker: Worker): void {
  const { child, running, verdict } = worker;
  if (child === null || running === null || verdict !== null) return;
  worker.verdict = running.watch.tick(worker.slot.device);
  // SIGKILL also ends a process that is stopped.
  if (worker.verdict !== null) child.kill('SIGKILL');
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
