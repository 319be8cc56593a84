import { Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ContentStore } from '../../content/content-store.js';
import { identifyResolved } from '../../content/identify-resolved.js';
import { replacePaths } from '../../content/replace-paths.js';
import { JobInterrupted, type Executor, type OpenExecutor } from '../../engine/executor.js';
import type { Job as EngineJob } from '../../engine/jobs/jobs.js';
import type { Slot } from '../../engine/slot.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import { handshakeName } from '../protocol/handshake.js';
import type { JobMessage, SweepMessage } from '../protocol/messages.js';
import { keys, places, queueName } from '../protocol/names.js';
import type { Seal } from '../protocol/seal.js';
import { endBull } from '../end-bull.js';
import { checkPaths } from './check-paths.js';
import { contentOf } from './content-of.js';
import type { ValueCache } from './value-cache.js';

/** Milliseconds without work after which children are ended: they hold memory. */
const REST_MS = 60_000;
/** Milliseconds after which an agent looks again for what it lacked. */
const TRY_AGAIN_MS = 30_000;
/** Jobs given back in a row after which the agent takes none of the sweep for a while. */
const MOST_GIVEN_BACK = 3;

export interface AgentSweepOptions {
  readonly redis: Redis;
  readonly seal: Seal;
  readonly content: ContentStore;
  readonly values: ValueCache;
  /** Id of the agent. */
  readonly agent: string;
  readonly slots: (session: SweepMessage['session']) => readonly Slot[];
  readonly open: OpenExecutor;
}

/** A job that this agent holds. */
export interface TakenJob {
  readonly sweep: AgentSweep;
  readonly job: Job;
  readonly id: string;
  readonly token: string;
}

/** One sweep on one agent: whether the agent has what it takes, and its queue. */
export class AgentSweep {
  readonly queue: string;
  readonly #options: AgentSweepOptions;
  readonly #worker: Worker;
  #paths: ReadonlyMap<string, string> = new Map();
  /** Large values on this machine's files, by what was fetched: one object for all its jobs. */
  #replaced = new WeakMap<object, object>();
  #inputs: readonly InputIdentity[] = [];
  #executor: Executor | null = null;
  #restsSince = performance.now();
  #takes = 0;
  #givenBack = 0;
  #state: 'looking' | 'ready' | 'unfit' | 'closed' = 'looking';
  #looking: Promise<void> | null = null;
  readonly #closing = new AbortController();
  #reason: string | null = null;
  #lookedAt = 0;

  constructor(
    readonly sweep: SweepMessage,
    options: AgentSweepOptions,
  ) {
    this.#options = options;
    this.queue = queueName(handshakeName(sweep.handshake), sweep.id);
    this.#worker = new Worker(this.queue, null, {
      ...{ connection: options.redis, prefix: keys.bull, name: options.agent },
      ...{ autorun: false, skipStalledCheck: true, skipLockRenewal: true, lockDuration: this.leaseMs },
    });
    this.#worker.on('error', () => undefined);
  }

  /** Milliseconds for which this agent holds a job without a sign of life. */
  get leaseMs(): number {
    return Math.round(this.sweep.leaseSeconds * 1000);
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Its content is being looked for, for the first time. */
  get isNew(): boolean {
    return this.#state === 'looking';
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** True where the same work is meant, by a coordinator that was started again. */
  isOf({ since: _since, host: _host, ...other }: SweepMessage): boolean {
    const { since, host, ...own } = this.sweep;
    return JSON.stringify(own) === JSON.stringify(other);
  }

  /** Known once the agent has looked; null: it can work on the sweep. */
  get verdict(): { readonly reason: string | null } | null {
    return this.#state === 'looking' || this.#state === 'closed' ? null : { reason: this.#reason };
  }

  /** Finds models, data and code of the sweep, again after a while where something was missing. */
  async look(): Promise<void> {
    if (this.#state === 'ready' || this.#state === 'closed') return;
    if (this.#state === 'unfit' && performance.now() - this.#lookedAt < TRY_AGAIN_MS) return;
    this.#looking ??= this.#find().finally(() => (this.#looking = null));
    await this.#looking;
  }

  async #find(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const { content } = this.#options;
      await this.#release();
      this.#paths = await content.resolve(this.sweep.items, signal);
      const inputs = replacePaths(this.sweep.inputs, this.#paths);
      // Dataset modules say what they depend on, so they are run.
      await content.admit(contentOf(inputs));
      this.#inputs = await identifyResolved(inputs);
      this.#reason = null;
      if (!this.#isClosed) this.#state = 'ready';
    } catch (cause) {
      if (signal.aborted) return;
      this.unfit(cause instanceof Error ? cause.message : String(cause));
    } finally {
      this.#lookedAt = performance.now();
    }
  }

  /** The agent can't do this sweep's work. */
  unfit(reason: string): void {
    if (this.#isClosed) return;
    this.#state = 'unfit';
    this.#reason = reason;
    this.#lookedAt = performance.now();
  }

  /**
   * A job could not be done for a reason that is not the job's own. What goes on like that would be
   * given back for ever, as fast as it comes.
   */
  gaveBack(reason: string): void {
    if (++this.#givenBack < MOST_GIVEN_BACK) return;
    this.#givenBack = 0;
    this.unfit(`${MOST_GIVEN_BACK} jobs in a row could not be done: ${reason}`);
  }

  /** A job was done. */
  wasOfUse(): void {
    this.#givenBack = 0;
  }

  /** Which of the sweep's content is no longer as it was, in words; null: none that shows. */
  async changedContent(): Promise<string | null> {
    const bad = await this.#options.content.recheck(this.sweep.items);
    return bad.length === 0 ? null : bad.map(({ message }) => message).join('\n');
  }

  /** The next job, now this agent's; null where none waits. */
  async take(): Promise<TakenJob | null> {
    if (!this.isReady) return null;
    const token = `${this.#options.agent}-${++this.#takes}`;
    const job = (await this.#worker.getNextJob(token, { block: false })) as Job | undefined;
    return job?.id === undefined ? null : { sweep: this, job, id: job.id, token };
  }

  /** @throws ForgedMessageError */
  messageOf({ job, id }: TakenJob): JobMessage {
    return this.#options.seal.open(places.job(this.queue, id), job.data) as JobMessage;
  }

  /**
   * The job on this machine's files.
   *
   * @throws ValueMissingError, ForgedMessageError, ForeignPathError; ContentError for code that is
   *   not allowed
   */
  async jobOf({ kind, job, values }: JobMessage): Promise<EngineJob> {
    const large = Object.entries(values).map(async ([name, reference]) => {
      const value = (await this.#options.values.get(reference)) as object;
      const replaced = this.#replaced.get(value) ?? replacePaths(value, this.#paths);
      this.#replaced.set(value, replaced);
      return [name, replaced] as const;
    });
    const fields = { ...replacePaths(job, this.#paths), ...Object.fromEntries(await Promise.all(large)) };
    // A coordinator of this protocol made it of such a job.
    const found = { kind, ...fields } as EngineJob;
    checkPaths(found, new Set(this.#paths.values()));
    await this.#options.content.admit(contentOf(fields));
    return found;
  }

  /** Runs this sweep's jobs, in children that are started when they are first needed. */
  get executor(): Executor {
    // Children that are started now would outlive it.
    if (this.#isClosed) throw new JobInterrupted('The sweep has ended on this agent.');
    const { hangSeconds, memoryMb, session } = this.sweep;
    this.#restsSince = performance.now();
    this.#executor ??= this.#options.open({
      ...{ hangSeconds, memoryMb, inputs: this.#inputs },
      slots: this.#options.slots(session),
    });
    return this.#executor;
  }

  /** Ends children that have had nothing to do for a while. @param isBusy a job of it runs */
  async rest(isBusy: boolean): Promise<void> {
    if (isBusy) this.#restsSince = performance.now();
    else if (performance.now() - this.#restsSince > REST_MS || !this.isReady) await this.#endChildren();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#closing.abort();
    await this.#looking;
    await this.#endChildren();
    await this.#release();
    await endBull(this.#worker);
  }

  /** What the sweep had of the cache may leave it. */
  async #release(): Promise<void> {
    if (this.#paths.size > 0) await this.#options.content.release(this.sweep.items);
    this.#paths = new Map();
    this.#replaced = new WeakMap();
  }

  async #endChildren(): Promise<void> {
    const executor = this.#executor;
    this.#executor = null;
    await executor?.close();
  }
}
