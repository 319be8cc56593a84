import type { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, QueueEvents, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { replacePaths } from '../../content/replace-paths.js';
import {
  JobError,
  JobInterrupted,
  JobReturned,
  type Executor,
  type Work,
  type WorkEvents,
} from '../../engine/executor.js';
import type { JobKind, JobResult } from '../../engine/jobs/jobs.js';
import { AgentLost } from '../../engine/trouble.js';
import { failureRecord } from '../../engine/failure-of.js';
import type { AgentRecord } from '../../records/agent-record.js';
import { asBrokerError } from '../as-broker-error.js';
import type { BrokerAddress } from '../broker-address.js';
import { ForgedMessageError } from '../broker-error.js';
import { refusalOf, writeWhenThereIsRoom } from '../connection.js';
import { Directory } from '../protocol/directory.js';
import { handshakeName, misfit, ownHandshake, type Handshake } from '../protocol/handshake.js';
import type {
  JobMessage,
  OutcomeMessage,
  PlaceMessage,
  ProgressMessage,
  SweepMessage,
  ValueReference,
} from '../protocol/messages.js';
import { BEAT_MS, KEEP_SECONDS, keys, places, queueName } from '../protocol/names.js';
import { isPlainJson } from '../protocol/plain-json.js';
import type { Seal } from '../protocol/seal.js';
import { getValue, packValue, ValueMissingError } from '../protocol/values.js';
import { workHash } from '../protocol/work-hash.js';
import { endBull } from '../end-bull.js';
import { every } from '../every.js';
import { removeQueue } from '../remove-queue.js';
import { wasLost } from '../was-lost.js';
import { withinMs } from '../within-ms.js';
import { agentRecord, liveSlots, seeAgents, type SeenAgent } from './agent-board.js';
import type { OnBrokerNews } from './broker-news.js';
import { strangersText } from './strangers-text.js';
import { UploadedValues, type HeldValue } from './uploaded-values.js';

/**
 * Jobs on the broker for each one that agents can run: handing one over takes no agent's time then.
 */
const WINDOW_PER_SLOT = 2;
/** Milliseconds for which a job that is called off may take to end on its agent. */
const CANCEL_MS = 10_000;
/** Milliseconds between two looks at whether the broker still has every job. */
const RECONCILE_MS = 5000;
/** Agents that are gone and still told of: machines that come and go have new names each time. */
const MOST_GONE = 100;
/** Fields of jobs beyond so many characters go as values of their own. */
const LARGEST_PLAIN = 4096;

/** A sweep, before it is known which class of machines runs it. */
export interface DescribedSweep {
  readonly sweep: Omit<SweepMessage, 'handshake'>;
  /** Paths of this machine -> tokens of their content. */
  readonly tokens: ReadonlyMap<string, string>;
}

export interface QueueExecutorOptions {
  /** For messages. */
  readonly address: Pick<BrokerAddress, 'text' | 'user'>;
  readonly redis: Redis;
  /** A connection that does nothing but listen. */
  readonly subscriber: Redis;
  readonly seal: Seal;
  /** See `sweepId`. */
  readonly sweep: string;
  readonly provider: string;
  /** The class that was asked for; null: that of what is finished, or the one with most slots. */
  readonly numericsClass: string | null;
  /** Reads models, data and code for what identifies them. */
  readonly describe: () => Promise<DescribedSweep>;
  readonly onNews: OnBrokerNews;
  readonly onAgents: (agents: readonly AgentRecord[]) => void;
  /** Somebody called the sweep off. */
  readonly onCancelled: () => void;
}

/** A job that this coordinator waits for. */
interface Pending {
  readonly id: string;
  /** See `workHash`. */
  readonly hash: string;
  readonly on: WorkEvents;
  readonly resolve: (result: JobResult<JobKind>) => void;
  readonly reject: (error: unknown) => void;
  /** Settles when the work's owner knows where it runs; null: it does not run yet. */
  started: Promise<void> | null;
  place: PlaceMessage | null;
  /** The broker has it, so that it is lost where the broker does not know it. */
  isGiven: boolean;
  /** It is about to end: further news of it is dropped. */
  isEnding: boolean;
}

/** The queue of the class of machines that was decided for. */
interface OpenQueue extends DescribedSweep {
  readonly name: string;
  readonly handshake: Handshake;
  readonly queue: Queue;
  readonly events: QueueEvents;
  /** Runs no jobs: it looks for those whose agent is gone. */
  readonly watch: Worker;
}

/**
 * Hands work to agents on other machines, over a queue of BullMQ that is this sweep's alone.
 * BullMQ keeps the leases; retries, the order of stages and the store stay with the sweep's own
 * process. What is finished on the broker when a coordinator comes back, it adopts: the id of a job
 * is the hash of its content.
 */
export class QueueExecutor implements Executor {
  readonly #options: QueueExecutorOptions;
  readonly #directory: Directory;
  readonly #pending = new Map<string, Pending>();
  readonly #waiting: (() => void)[] = [];
  readonly #tries = new Map<string, number>();
  /** Work that was lost, by `workHash`: an agent may have it still, so it is given first. */
  readonly #lostWork = new Set<string>();
  readonly #values: UploadedValues;
  readonly #listeners: (() => void)[] = [];
  readonly #closing = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  /** To be closed, with connections of their own. */
  readonly #parts: (Queue | QueueEvents | Worker)[] = [];
  /** Finished jobs that still lie on the broker, oldest first, with their results. */
  readonly #settled: { readonly id: string; readonly value: string | null }[] = [];
  readonly #gone = new Map<string, SeenAgent>();
  #seen: readonly SeenAgent[] = [];
  #open: Promise<OpenQueue> | null = null;
  #opened: OpenQueue | null = null;
  #slots = 0;
  #inFlight = 0;
  /** Why the broker takes no writes; null: it does. */
  #refusal: string | null = null;
  /** When the broker last was away, or took no writes. */
  #troubledAt = -Infinity;
  readonly #hadTrouble = (): void => {
    this.#troubledAt = performance.now();
  };
  #lastNews = '';
  #ended: Promise<void> | null = null;

  constructor(options: QueueExecutorOptions) {
    this.#options = options;
    this.#directory = new Directory(options.redis, options.seal);
    for (const event of ['close', 'ready'] as const) options.redis.on(event, this.#hadTrouble);
    this.#values = new UploadedValues(options.redis, (write) => this.#write(write));
  }

  get capacity(): number {
    return this.#slots;
  }

  get window(): number {
    return WINDOW_PER_SLOT * this.#slots;
  }

  onCapacity(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async numericsClass(wanted: string | null, signal?: AbortSignal): Promise<string> {
    if (this.#closing.signal.aborted) throw closed();
    if (isAborted(signal)) throw stopped();
    if (this.#open === null) {
      const stop = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
      this.#open = this.#openQueue(wanted, stop).catch((cause: unknown) => {
        throw asBrokerError(cause, this.#options.address);
      });
      this.#open.catch(() => undefined);
    }
    return (await this.#whileWanted(this.#open, signal)).handshake.numericsClass;
  }

  async run<K extends JobKind>(work: Work<K>, on: WorkEvents, signal?: AbortSignal): Promise<JobResult<K>> {
    await this.numericsClass(null, signal);
    await this.#takePlace(signal);
    const held: HeldValue[] = [];
    try {
      // A job of kind K has a result of kind K.
      return (await this.#runInWindow(work, on, signal, held)) as JobResult<K>;
    } finally {
      for (const value of held) value.release();
      this.#inFlight--;
      this.#waiting.shift()?.();
    }
  }

  close(): Promise<void> {
    this.#ended ??= this.#close();
    return this.#ended;
  }

  async #takePlace(signal: AbortSignal | undefined): Promise<void> {
    while (this.#inFlight >= this.window) {
      let wake = (): void => undefined;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      this.#waiting.push(wake);
      try {
        await this.#whileWanted(woken, signal);
      } catch (cause) {
        const index = this.#waiting.indexOf(wake);
        // Called already, it leaves its turn to the next one.
        if (index === -1) this.#waiting.shift()?.();
        else this.#waiting.splice(index, 1);
        throw cause;
      }
    }
    if (this.#closing.signal.aborted) throw closed();
    this.#inFlight++;
  }

  /**
   * What `work` gives, unless it is no longer wanted: a broker that is away answers when it is
   * back, if ever.
   */
  async #whileWanted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    let giveUp = (): void => undefined;
    const over = new Promise<never>((_, reject) => {
      giveUp = () => {
        reject(this.#closing.signal.aborted ? closed() : stopped());
      };
    });
    for (const each of signals) each.addEventListener('abort', giveUp);
    if (signals.some(({ aborted }) => aborted)) giveUp();
    try {
      return await Promise.race([over, work]);
    } finally {
      for (const each of signals) each.removeEventListener('abort', giveUp);
    }
  }

  async #runInWindow(
    work: Work<JobKind>,
    on: WorkEvents,
    signal: AbortSignal | undefined,
    held: HeldValue[],
  ): Promise<JobResult<JobKind>> {
    const message = await this.#whileWanted(this.#messageOf(work, held), signal);
    const { id, isThere } = await this.#whileWanted(this.#idOf(message), signal);
    const over = new AbortController();
    const ended = new Promise<JobResult<JobKind>>((resolve, reject) => {
      const yet = { started: null, place: null, isEnding: false, isGiven: isThere };
      this.#pending.set(id, { id, hash: workHash(message), on, resolve, reject, ...yet });
    });
    ended.catch(() => undefined);
    const stop = (): void => void this.#callOff(id);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      // It may be finished, or run, since before this coordinator began.
      const given = isThere ? this.#look(id) : this.#submit(id, message, over.signal);
      if (isAborted(signal)) stop();
      // A broker that is away or full may take it when nobody wants it any more.
      const late = (): void => {
        if (over.signal.aborted && !isThere) void this.#remove(id);
      };
      await Promise.race([given.finally(late), ended]);
      return await ended;
    } finally {
      over.abort();
      signal?.removeEventListener('abort', stop);
      this.#pending.delete(id);
    }
  }

  /**
   * The job without anything of this machine.
   *
   * @param held gets what of it lies on the broker already, since it is large
   */
  async #messageOf({ key, part, label, job, batchLimit }: Work<JobKind>, held: HeldValue[]): Promise<JobMessage> {
    const { tokens } = this.#opened!;
    const { kind, ...fields } = job;
    const plain: Record<string, unknown> = {};
    const values: Record<string, ValueReference> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (isPlainJson(value) && JSON.stringify([value]).length <= LARGEST_PLAIN) {
        plain[name] = value;
        continue;
      }
      const large = await this.#values.hold(value as object, () => packValue(replacePaths(value, tokens)));
      held.push(large);
      values[name] = large.reference;
    }
    return { ...{ kind, key, part, label: label ?? kind, values, batchLimit }, job: replacePaths(plain, tokens) };
  }

  /**
   * By the content, so that a coordinator finds what the one before it gave out. Another try at the
   * same work has another id.
   */
  async #idOf(message: JobMessage): Promise<{ readonly id: string; readonly isThere: boolean }> {
    const hash = workHash(message);
    const { queue } = await this.#open!;
    // A try that was lost before this coordinator began is no work to wait for.
    for (;;) {
      const number = (this.#tries.get(hash) ?? 0) + 1;
      this.#tries.set(hash, number);
      const id = `${hash}-${number}`;
      const job = (await queue.getJob(id)) as Job | undefined;
      if (job !== undefined && !(await this.#isAdoptable(job, id))) continue;
      return { id, isThere: job !== undefined };
    }
  }

  async #isAdoptable(job: Job, id: string): Promise<boolean> {
    if (this.#pending.has(id)) return false;
    const state = await job.getState();
    if (state === 'completed') return this.#outcomeOf(id, job.returnvalue)?.kind === 'result';
    return state !== 'failed' && !wasLost(job);
  }

  async #submit(id: string, message: JobMessage, signal: AbortSignal): Promise<void> {
    const { queue, name } = await this.#open!;
    const data = this.#options.seal.close(places.job(name, id), message);
    const lifo = this.#lostWork.delete(workHash(message));
    await this.#write(() => queue.add(message.kind, data, { jobId: id, lifo }), signal);
    const pending = this.#pending.get(id);
    if (pending !== undefined) pending.isGiven = true;
  }

  #write<T>(write: () => Promise<T>, signal = this.#closing.signal): Promise<T> {
    return writeWhenThereIsRoom(write, signal, (refusal) => {
      this.#hadTrouble();
      if (refusal === this.#refusal) return;
      this.#refusal = refusal;
      this.#news(refusal ?? 'The broker has room again.');
    });
  }

  /** Decides on a class of machines, and opens the sweep's queue for it. */
  async #openQueue(wanted: string | null, signal: AbortSignal): Promise<OpenQueue> {
    const { provider, redis, subscriber } = this.#options;
    const numericsClass = this.#options.numericsClass ?? wanted ?? (await this.#pickClass(signal));
    const handshake = ownHandshake(provider, numericsClass);
    const { tokens, sweep } = await this.#options.describe();
    if (signal.aborted) throw stopped();
    // The broker takes whole milliseconds alone, and BullMQ says nothing when it refuses others.
    const leaseMs = Math.round(sweep.leaseSeconds * 1000);
    const name = queueName(handshakeName(handshake), sweep.id);
    const common = { connection: redis, prefix: keys.bull };
    const queue = new Queue(name, {
      ...common,
      defaultJobOptions: { attempts: 1, removeOnComplete: { age: KEEP_SECONDS }, removeOnFail: { age: 60 } },
      streams: { events: { maxLen: 1000 } },
    });
    const events = new QueueEvents(name, { ...common, connection: redis.duplicate() });
    const watch = new Worker(name, null, {
      ...common,
      ...{ autorun: false, maxStalledCount: 0, lockDuration: leaseMs, stalledInterval: Math.round(leaseMs / 3) },
    });
    this.#parts.push(watch, events, queue);
    for (const part of [queue, events, watch] as readonly EventEmitter[]) {
      part.on('error', (cause: unknown) => {
        this.#refused(cause);
      });
    }
    events.on('progress', ({ jobId, data }) => void this.#progressed(jobId, data));
    events.on('completed', ({ jobId, returnvalue }) => void this.#completed(jobId, returnvalue));
    events.on('failed', ({ jobId }) => void this.#lost(jobId));
    events.on('stalled', ({ jobId }) => void this.#lost(jobId));
    await events.waitUntilReady();
    await queue.waitUntilReady();
    this.#opened = { name, handshake, queue, events, watch, tokens, sweep };
    // What a coordinator before this one left waiting, and is still wanted, is given anew.
    await queue.drain(true);
    await this.#directory.onCancel(subscriber, (message) => {
      if (message.sweep === sweep.id && message.jobs === 'all') this.#options.onCancelled();
    });
    if (isAborted(this.#closing.signal)) throw closed();
    await this.#write(() => this.#directory.tellSweep({ ...sweep, handshake }));
    await watch.startStalledCheckTimer();
    await this.#lookAround();
    if (isAborted(this.#closing.signal)) throw closed();
    void this.#tidyAbandoned(handshake).catch(() => undefined);
    this.#timers.push(
      every(BEAT_MS, () => this.#lookAround()),
      every(RECONCILE_MS, () => this.#reconcile()),
    );
    return this.#opened;
  }

  /** What coordinators that never came back left on the broker has no time to live of its own. */
  async #tidyAbandoned(handshake: Handshake): Promise<void> {
    for (const id of await this.#directory.removeAbandoned(handshake)) {
      await removeQueue(this.#options.redis, { id, handshake }).catch(() => undefined);
    }
  }

  /** The class with most slots among agents that could work on the sweep. */
  async #pickClass(signal: AbortSignal): Promise<string> {
    for (;;) {
      if (signal.aborted) throw stopped();
      const agents = await this.#directory.agents();
      const slots = new Map<string, number>();
      for (const { handshake, state, slots: own } of agents) {
        const { numericsClass } = handshake;
        if (state !== 'ready' || misfit(handshake, ownHandshake(this.#options.provider, numericsClass)) !== null)
          continue;
        slots.set(numericsClass, (slots.get(numericsClass) ?? 0) + own);
      }
      const [first] = [...slots].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
      if (first !== undefined) {
        const others = slots.size === 1 ? '' : `, of ${slots.size} classes that are there the one with most slots`;
        this.#news(`Numerics class ${first[0]}${others}.`);
        return first[0];
      }
      this.#tellWaiting(seeAgents(agents, this.#options.sweep, null));
      await pause(BEAT_MS / 2, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Who is there, and so how much work is worth giving. */
  async #lookAround(): Promise<void> {
    const { onAgents } = this.#options;
    const { handshake, sweep } = this.#opened!;
    // It may have been wiped, or another coordinator of a name took it off.
    await this.#directory.keepSweep({ ...sweep, handshake });
    const seen = seeAgents(await this.#directory.agents(), sweep.id, handshake);
    await this.#tellChanges(seen);
    this.#seen = seen;
    const slots = liveSlots(seen, sweep.id);
    if (slots === 0) this.#tellWaiting(seen);
    if (slots !== this.#slots) {
      this.#slots = slots;
      for (const listener of this.#listeners) listener();
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
    onAgents([
      ...seen.map((one) => agentRecord(one)),
      ...[...this.#gone.values()].map((one) => agentRecord(one, true)),
    ]);
  }

  async #tellChanges(seen: readonly SeenAgent[]): Promise<void> {
    const before = new Map(this.#seen.map((one) => [one.agent.id, one]));
    for (const one of seen) {
      const { agent, unfit } = one;
      const was = before.get(agent.id);
      before.delete(agent.id);
      this.#gone.delete(agent.id);
      if (unfit !== null && was?.unfit !== unfit)
        this.#news(`Agent ${agent.id} gets no work: ${unfit.replace(/\.$/, '')}.`);
      else if (unfit === null && was === undefined) this.#news(`Agent ${agent.id} is there: ${slotsOf(agent.slots)}.`);
    }
    for (const [id, one] of before) {
      if (await this.#directory.hasEnded(id)) this.#news(`Agent ${id} has ended.`);
      else {
        this.#gone.set(id, one);
        if (this.#gone.size > MOST_GONE) this.#gone.delete(this.#gone.keys().next().value!);
        this.#news(`Agent ${id} is gone.`);
      }
    }
  }

  #tellWaiting(seen: readonly SeenAgent[]): void {
    const { provider } = this.#options;
    const unfit = seen.filter((one) => one.unfit !== null);
    const looking = seen.filter(({ agent, unfit: reason }) => reason === null && agent.state === 'ready').length;
    if (this.#opened !== null && looking > 0) {
      this.#news(`Waiting for ${looking === 1 ? '1 agent' : `${looking} agents`} to check models and data.`);
      return;
    }
    const which =
      this.#opened === null ? `for ${provider}` : `of numerics class ${this.#opened.handshake.numericsClass}`;
    const there = unfit.length === 0 ? '' : ` ${unfit.length} there can't do it, see \`quantsweep agents\`.`;
    this.#news(`Waiting for agents ${which}.${there}${strangersText(this.#directory.strangeAgents)}`);
  }

  /** What BullMQ does by itself was refused. That the broker is away is told elsewhere. */
  #refused(cause: unknown): void {
    if (cause instanceof Error && cause.name === 'ReplyError' && refusalOf(cause) === null) {
      this.#news(`The broker refused a command: ${cause.message}`);
    }
  }

  /** Says a thing once, until another is said. */
  #news(message: string): void {
    if (message === this.#lastNews) return;
    this.#lastNews = message;
    this.#options.onNews(message);
  }

  async #progressed(id: string, data: unknown): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.isEnding) return;
    const { name } = this.#opened!;
    let message: ProgressMessage;
    try {
      message = this.#options.seal.open(places.started(name, id), data) as ProgressMessage;
    } catch {
      return;
    }
    if (!(await this.#begun(pending, message.place)) || this.#isOver(pending)) return;
    if (message.progress !== null) pending.on.progress(message.progress.done, message.progress.total);
  }

  /** Tells the owner of the work where it runs, once. False: the owner does not want it. */
  async #begun(pending: Pending, place: PlaceMessage): Promise<boolean> {
    if (pending.started === null) {
      pending.place = place;
      pending.started = Promise.resolve(pending.on.started(place));
    }
    try {
      await pending.started;
      return true;
    } catch (cause) {
      if (!pending.isEnding) {
        pending.isEnding = true;
        void this.#callOff(pending.id, cause);
      }
      return false;
    }
  }

  #outcomeOf(id: string, returned: unknown): OutcomeMessage | null {
    try {
      return this.#options.seal.open(places.outcome(this.#opened!.name, id), asObject(returned)) as OutcomeMessage;
    } catch {
      return null;
    }
  }

  async #completed(id: string, returned: unknown): Promise<void> {
    const pending = this.#pending.get(id);
    // Of a job that was taken away: nobody waits for it any more.
    if (pending === undefined || pending.isEnding) return;
    const outcome = this.#outcomeOf(id, returned);
    // Not from an agent of ours: the work is not done.
    if (outcome === null) {
      this.#returned(pending);
      return;
    }
    try {
      await this.#conclude(pending, outcome);
    } catch (cause) {
      pending.reject(cause);
    }
  }

  async #conclude(pending: Pending, outcome: OutcomeMessage): Promise<void> {
    switch (outcome.kind) {
      case 'result': {
        if (!(await this.#begun(pending, outcome.place)) || pending.isEnding) return;
        pending.isEnding = true;
        let result: unknown;
        try {
          result = await getValue(this.#options.redis, outcome.result);
        } catch (cause) {
          // Lost or changed on the broker, it is no result: the work is not done.
          if (!(cause instanceof ValueMissingError || cause instanceof ForgedMessageError)) throw cause;
          this.#returned(pending);
          return;
        }
        this.#settle(pending.id, outcome.result.sha256);
        pending.resolve(result as JobResult<JobKind>);
        return;
      }
      case 'failure':
        if (outcome.place !== null && (!(await this.#begun(pending, outcome.place)) || pending.isEnding)) return;
        pending.isEnding = true;
        this.#settle(pending.id, null);
        pending.reject(new JobError(outcome.failure));
        return;
      case 'returned':
      case 'interrupted':
        this.#returned(pending);
        return;
    }
  }

  #returned(pending: Pending): void {
    pending.isEnding = true;
    // What it lacked may have been a value that the broker lost: what is there stays there.
    this.#values.forget();
    this.#settle(pending.id, null);
    pending.reject(new JobReturned('The work was given back.'));
  }

  /** What became of a job, asked of the broker: events may be lost with it. */
  async #look(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    const { queue } = this.#opened!;
    if (pending === undefined || !pending.isGiven) return;
    const job = (await queue.getJob(id)) as Job | undefined;
    if (this.#isOver(pending)) return;
    if (job === undefined) {
      this.#lostWork.add(pending.hash);
      this.#returned(pending);
      return;
    }
    const state = await job.getState();
    if (state === 'completed') await this.#completed(id, job.returnvalue);
    else if (state === 'failed' || wasLost(job)) await this.#lost(id);
    else if (state === 'active') await this.#progressed(id, job.progress);
  }

  #isOver(pending: Pending): boolean {
    return pending.isEnding || this.#pending.get(pending.id) !== pending;
  }

  async #reconcile(): Promise<void> {
    const { queue } = this.#opened!;
    // One answer that arrives shows that the broker is there, so that what it lacks is lost.
    await queue.getVersion();
    for (const id of [...this.#pending.keys()]) await this.#look(id);
  }

  /** Its agent gave no sign of life for longer than a lease. */
  async #lost(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.isEnding) return;
    pending.isEnding = true;
    this.#lostWork.add(pending.hash);
    const job = (await this.#opened!.queue.getJob(id).catch(() => undefined)) as Job | undefined;
    const lostAgent = pending.place?.machine.agent ?? job?.processedBy ?? 'unknown';
    await this.#remove(id);
    const { leaseSeconds } = this.#opened!.sweep;
    // No agent could renew its lease: none of them is to blame.
    if (performance.now() - this.#troubledAt < 2000 * leaseSeconds) {
      this.#returned(pending);
      return;
    }
    const message = `Agent ${lostAgent} gave no sign of life for ${leaseSeconds} s: it was killed, stopped, or cut off. The work is given to another one.`;
    pending.reject(new JobError({ ...failureRecord(new AgentLost(message)), lostAgent }));
  }

  /** Ends a job that is not wanted any more, wherever it is, and then its work. */
  async #callOff(id: string, cause: unknown = stopped()): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.isEnding = true;
    try {
      if (this.#isThere) await withinMs(CANCEL_MS, () => this.#endJob(id));
    } catch {
      // Its lease ends it; what it may still find is dropped.
    } finally {
      pending.reject(cause);
    }
  }

  async #endJob(id: string): Promise<void> {
    const { queue } = this.#opened!;
    for (let told = false; ;) {
      const job = (await queue.getJob(id)) as Job | undefined;
      const state = await job?.getState();
      if (job === undefined || state === 'completed' || state === 'failed' || state === 'unknown') break;
      if (state !== 'active') {
        // It may have been taken since.
        if (
          await job.remove().then(
            () => true,
            () => false,
          )
        )
          return;
      } else if (!told) {
        await this.#directory.cancel({ sweep: this.#options.sweep, jobs: [id] });
        told = true;
      }
      await pause(50);
    }
    await this.#remove(id);
  }

  async #remove(id: string): Promise<void> {
    await this.#opened!.queue.remove(id).catch(() => undefined);
  }

  /**
   * A job that has ended stays on the broker until its result must have been stored, so that a
   * coordinator which is killed before has not had it for nothing.
   */
  #settle(id: string, value: string | null): void {
    this.#settled.push({ id, value });
    while (this.#settled.length > 2 * this.window) {
      const { id: old, value: oldValue } = this.#settled.shift()!;
      void this.#remove(old);
      if (oldValue !== null) void this.#options.redis.del(keys.value(oldValue)).catch(() => undefined);
    }
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#closing.abort();
    for (const resolve of this.#waiting.splice(0)) resolve();
    await Promise.all([...this.#pending.keys()].map((id) => this.#callOff(id, closed())));
    for (const event of ['close', 'ready'] as const) this.#options.redis.off(event, this.#hadTrouble);
    const opening = this.#open;
    if (opening !== null && this.#isThere) await withinMs(CANCEL_MS, () => opening).catch(() => undefined);
    const opened = this.#opened;
    // A broker that is away can't be tidied up: what lies there ends with its time to live.
    const tidyUp = async ({ handshake, queue }: OpenQueue): Promise<void> => {
      await this.#directory.removeSweep({ id: this.#options.sweep, handshake });
      for (const { value } of this.#settled) if (value !== null) await this.#options.redis.del(keys.value(value));
      await this.#values.clear();
      await queue.obliterate({ force: true });
    };
    if (opened !== null && this.#isThere) await withinMs(CANCEL_MS, () => tidyUp(opened)).catch(() => undefined);
    await endBull(...this.#parts);
  }

  /** The broker, as far as is known. */
  get #isThere(): boolean {
    return this.#options.redis.status === 'ready';
  }
}

function asObject(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function slotsOf(count: number): string {
  return count === 1 ? '1 slot' : `${count} slots`;
}

function stopped(): JobInterrupted {
  return new JobInterrupted('The sweep was stopped.');
}

function closed(): JobInterrupted {
  return new JobInterrupted('The executor is closed.');
}
