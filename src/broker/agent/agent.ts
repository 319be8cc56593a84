import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ContentStore } from '../../content/content-store.js';
import { JobError, JobInterrupted } from '../../engine/executor.js';
import { localExecutor } from '../../engine/local/local-executor.js';
import { deviceSlots } from '../../engine/providers/device-slots.js';
import type { Provider } from '../../engine/providers/provider.js';
import { resolveProvider } from '../../engine/providers/resolve-provider.js';
import type { ProviderRequest } from '../../experiment/sections/settings.js';
import { InputChangedError } from '../../engine/jobs/unchanged-inputs.js';
import { FallbackError } from '../../engine/session/check-fallback.js';
import { DeviceLost } from '../../engine/trouble.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { MachineRecord } from '../../records/machine-record.js';
import type { Place } from '../../records/place.js';
import { describeEnvironment } from '../../prepare/environment.js';
import { asBrokerError } from '../as-broker-error.js';
import type { BrokerAddress } from '../broker-address.js';
import { ForgedMessageError } from '../broker-error.js';
import { connectToBroker, leaveBroker, writeWhenThereIsRoom } from '../connection.js';
import { Directory } from '../protocol/directory.js';
import { handshakeName, ownHandshake, type Handshake } from '../protocol/handshake.js';
import type { AgentMessage, OutcomeMessage, PlaceMessage, ProgressMessage } from '../protocol/messages.js';
import { BEAT_MS, places } from '../protocol/names.js';
import { Seal } from '../protocol/seal.js';
import { workHash } from '../protocol/work-hash.js';
import { every } from '../every.js';
import { wasLost } from '../was-lost.js';
import { withinMs } from '../within-ms.js';
import { packValue, putValue, ValueMissingError } from '../protocol/values.js';
import { AgentSweep, type TakenJob } from './agent-sweep.js';
import { Lease } from './lease.js';
import { ValueCache } from './value-cache.js';
import { WorkInHand, type AskedWork, type Compute } from './work-in-hand.js';

/** What an agent offers. */
export interface AgentOptions {
  readonly address: BrokerAddress;
  readonly provider: ProviderRequest;
  /** Jobs at once; null: as the provider is laid out on this machine. */
  readonly slots: number | null;
  /** Folders in which models and data are looked for. */
  readonly dataFolders: readonly string[];
  /** Where what is fetched is kept. */
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  /** Addresses that what is missing is fetched from. */
  readonly fetchFrom: readonly string[];
  /** SHA-256 of modules and commands that may run here. */
  readonly allowedCode: ReadonlySet<string>;
  /** Seconds without work after which the agent ends; null: never. */
  readonly exitWhenIdleSeconds: number | null;
  /** Seconds that running jobs get once the agent is to end. */
  readonly graceSeconds: number;
  readonly label: string | null;
  /** Aborting it ends the agent: it takes no more, and gives back what is not done in time. */
  readonly signal: AbortSignal;
  /** Told what happens, in words. */
  readonly onNews: (message: string) => void;
}

/** Milliseconds between two looks for jobs: twice as long after each that found none. */
const SHORTEST_POLL_MS = 25;
const LONGEST_POLL_MS = 400;
/** Milliseconds in which an agent that ends tells so of each job. */
const TOLD_MS = 5000;
/** Milliseconds between two looks for sweeps. */
const LOOK_MS = 1000;
/** Milliseconds between two words about a job's progress. */
const PROGRESS_MS = 1000;
/** Leases for which lost work keeps its slot: its coordinator finds out and gives it again. */
const LEASES_OF_PATIENCE = 2;
/** Failures of the device in a row after which the agent takes no more work. */
const STRIKES = 3;

/** Failures that are the machine's, whatever the job. */
const ofTheDevice: ReadonlySet<string> = new Set([DeviceLost.errorClass, FallbackError.errorClass]);

/** A job at work. */
interface RunningJob {
  readonly taken: TakenJob;
  readonly label: string;
  readonly stop: AbortController;
  device: string;
  readonly startedAt: string;
  /** Null until its message is read. */
  asked: AskedWork | null;
}

/**
 * Runs jobs of sweeps on this machine until it is told to end.
 *
 * @throws BrokerError where the broker can't be used; InputError where the provider does not load
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { address, onNews } = options;
  const { provider } = await resolveProvider({ provider: options.provider, allowFallback: false }, localExecutor());
  const handshake = ownHandshake(provider, await classOf(provider));
  const redis = await connectToBroker(address, (contact) => {
    onNews(contact === 'lost' ? `The broker at ${address.text} is gone. Waiting for it.` : 'The broker is back.');
  });
  const subscriber = redis.duplicate();
  subscriber.on('error', () => undefined);
  try {
    await new Agent(options, provider, handshake, redis, subscriber).run();
  } catch (cause) {
    throw asBrokerError(cause, address);
  } finally {
    await leaveBroker(redis);
    await leaveBroker(subscriber);
  }
}

async function classOf(provider: Provider): Promise<string> {
  const run = { slots: 1, threads: 1, optimizationLevel: 'all', allowFallback: false } as const;
  const executor = localExecutor()({ slots: deviceSlots(run, provider), hangSeconds: 120, memoryMb: null, inputs: [] });
  try {
    return await executor.numericsClass(null);
  } finally {
    await executor.close();
  }
}

class Agent {
  readonly #options: AgentOptions;
  readonly #provider: Provider;
  readonly #handshake: Handshake;
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #seal: Seal;
  readonly #directory: Directory;
  readonly #content: ContentStore;
  readonly #values: ValueCache;
  readonly #machine: MachineRecord;
  readonly #id = `${hostname()}-${process.pid}-${randomBytes(2).toString('hex')}`;
  readonly #slots: number;
  readonly #sweeps = new Map<string, AgentSweep>();
  /** When the coordinators of these began, as far as this agent has heard. */
  readonly #since = new Map<string, string>();
  /** Sweeps that sign with another secret, and were told of. */
  readonly #strangers = new Set<string>();
  readonly #running = new Map<string, RunningJob>();
  readonly #work: WorkInHand;
  /** Sweeps whose content is being looked for or at. */
  readonly #looking = new Set<AgentSweep>();
  #turn = 0;
  #strikes = 0;
  #reason: string | null = null;
  #lastError: string | null = null;
  #idleSince = performance.now();
  #wake: () => void = () => undefined;

  constructor(options: AgentOptions, provider: Provider, handshake: Handshake, redis: Redis, subscriber: Redis) {
    this.#options = options;
    this.#provider = provider;
    this.#handshake = handshake;
    this.#redis = redis;
    this.#subscriber = subscriber;
    this.#seal = new Seal(options.address.secret);
    this.#directory = new Directory(redis, this.#seal);
    this.#content = new ContentStore(options);
    this.#values = new ValueCache(redis);
    const { numericsClass } = handshake;
    this.#machine = { environment: describeEnvironment(), numericsClass, agent: this.#id };
    this.#slots = this.#slotsFor({ optimizationLevel: 'all', allowFallback: false }).length;
    this.#work = new WorkInHand(this.#slots);
  }

  async run(): Promise<void> {
    const { address, signal, onNews, graceSeconds } = this.#options;
    const slots = this.#slots === 1 ? '1 slot' : `${this.#slots} slots`;
    await this.#directory.onCancel(this.#subscriber, ({ sweep, jobs }) => {
      for (const { taken, stop } of this.#running.values()) {
        if (taken.sweep.sweep.id === sweep && (jobs === 'all' || jobs.includes(taken.id))) stop.abort();
      }
      this.#work.callOff(sweep, jobs);
    });
    await this.#tell();
    onNews(
      `Agent ${this.#id} is ready: ${this.#provider}, numerics class ${this.#handshake.numericsClass}, ${slots}. Waiting for work from ${address.text}.`,
    );
    const failed = (cause: unknown): void => {
      this.#lastError = cause instanceof Error ? cause.message : String(cause);
    };
    const beating = every(BEAT_MS, () => this.#tell(), failed);
    const looking = every(LOOK_MS, () => this.#lookForSweeps(), failed);
    try {
      await this.#takeJobs();
      if (this.#running.size > 0) {
        onNews(`Ending: takes no more work, and gives ${this.#running.size} running up to ${graceSeconds} s.`);
        void this.#tell().catch(() => undefined);
        await withinMs(graceSeconds * 1000, () => this.#allDone()).catch(() => undefined);
        for (const { stop } of this.#running.values()) stop.abort();
        // Where the broker is away, nobody can be told: leases end what this agent held.
        await withinMs(TOLD_MS, () => this.#allDone()).catch(() => undefined);
      }
      onNews(signal.aborted ? 'Ended.' : 'Ended: there was no work.');
    } finally {
      clearInterval(beating);
      clearInterval(looking);
      await Promise.all([...this.#sweeps.values()].map((sweep) => sweep.close()));
      if (this.#redis.status === 'ready')
        await withinMs(TOLD_MS, () => this.#directory.removeAgent(this.#id)).catch(() => undefined);
    }
  }

  #slotsFor(session: {
    readonly optimizationLevel: 'all' | 'disabled' | 'basic' | 'extended';
    readonly allowFallback: boolean;
  }): ReturnType<typeof deviceSlots> {
    return deviceSlots({ slots: this.#options.slots, threads: null, ...session }, this.#provider);
  }

  /**
   * Until the agent is to end, takes a job whenever a slot is free, from one sweep after the other.
   */
  async #takeJobs(): Promise<void> {
    const { signal, exitWhenIdleSeconds } = this.#options;
    signal.addEventListener(
      'abort',
      () => {
        this.#wake();
      },
      { once: true },
    );
    let pollMs = SHORTEST_POLL_MS;
    while (!signal.aborted) {
      if (this.#running.size + this.#work.keptSlots < this.#slots && this.#reason === null) {
        const taking = this.#takeNext().catch(() => null);
        const taken = await this.#untilEnding(taking);
        if (taken !== null) {
          this.#start(taken);
          pollMs = SHORTEST_POLL_MS;
          continue;
        }
        // It may still come: its lease gives it to another one.
        if (isAborted(signal))
          void taking.then((late) => late?.job.moveToDelayed(Date.now(), late.token).catch(() => undefined));
      }
      if (this.#isBusy) this.#idleSince = performance.now();
      const idleSeconds = (performance.now() - this.#idleSince) / 1000;
      if (exitWhenIdleSeconds !== null && idleSeconds >= exitWhenIdleSeconds) return;
      if (isAborted(signal)) return;
      const isWoken = await Promise.race([pause(pollMs, false), this.#woken().then(() => true)]);
      pollMs = isWoken ? SHORTEST_POLL_MS : Math.min(LONGEST_POLL_MS, 2 * pollMs);
    }
  }

  /** Null where the agent is to end first: a broker that is away does not answer. */
  async #untilEnding<T>(work: Promise<T>): Promise<T | null> {
    const done = work.then((value) => ({ value }));
    while (!isAborted(this.#options.signal)) {
      const result = await Promise.race([done, this.#woken()]);
      if (result !== undefined) return result.value;
    }
    return null;
  }

  /**
   * When next something happens that is worth a look. New for each wait: what waits again and again
   * on one promise that lasts is never let go of.
   */
  #woken(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#wake = () => {
        resolve(undefined);
      };
    });
  }

  /** Fetching what a sweep reads is work as well. */
  get #isBusy(): boolean {
    return this.#running.size > 0 || this.#work.isBusy(null) || [...this.#sweeps.values()].some(({ isNew }) => isNew);
  }

  async #takeNext(): Promise<TakenJob | null> {
    const sweeps = [...this.#sweeps.values()].filter(({ isReady }) => isReady);
    for (let i = 0; i < sweeps.length; i++) {
      const taken = await sweeps[(this.#turn + i) % sweeps.length]!.take();
      if (taken === null) continue;
      this.#turn = (this.#turn + i + 1) % sweeps.length;
      return taken;
    }
    return null;
  }

  #start(taken: TakenJob): void {
    const key = `${taken.sweep.sweep.id} ${taken.id} ${taken.token}`;
    const running = {
      ...{ taken, stop: new AbortController(), device: '', startedAt: new Date().toISOString() },
      label: '',
      asked: null,
    };
    this.#running.set(key, running);
    void this.#runJob(running)
      .catch((cause: unknown) => {
        this.#lastError = cause instanceof Error ? cause.message : String(cause);
      })
      .finally(() => {
        this.#running.delete(key);
        this.#wake();
      });
  }

  async #runJob(running: RunningJob): Promise<void> {
    const { taken } = running;
    const { job, id, token, sweep } = taken;
    if (wasLost(job)) {
      // It was lost with another agent, and its coordinator knows.
      await job.moveToFailed(new Error(job.deferredFailure), token);
      return;
    }
    const lease = new Lease(job, token, sweep.leaseMs);
    try {
      const outcome = await this.#outcomeOf(running, lease);
      if (outcome === null) return;
      const sealed = this.#seal.close(places.outcome(sweep.queue, id), outcome);
      await this.#write(() => job.moveToCompleted(sealed, token, false), lease.lost);
      if (outcome.kind === 'result' && running.asked !== null) this.#work.handedIn(running.asked);
    } catch {
      // The job is no longer this agent's: what it found is handed in if it is given again.
    } finally {
      lease.end();
    }
  }

  /** Null: the job is no longer this agent's. */
  async #outcomeOf(running: RunningJob, lease: Lease): Promise<OutcomeMessage | null> {
    const { taken, stop } = running;
    const { sweep, job, id } = taken;
    const returned = (reason: string): OutcomeMessage => ({ kind: 'returned', agent: this.#id, reason });
    let place: PlaceMessage | null = null;
    let told = 0;
    const tell = async (progress: ProgressMessage['progress']): Promise<void> => {
      told = performance.now();
      const message: ProgressMessage = { place: place!, progress };
      await job.updateProgress(this.#seal.close(places.started(sweep.queue, id), message));
    };
    try {
      const message = sweep.messageOf(taken);
      const { key, part, label, batchLimit } = message;
      const patienceMs = LEASES_OF_PATIENCE * sweep.leaseMs;
      const asked = { sweep: sweep.sweep.id, job: id, hash: workHash(message), patienceMs };
      Object.assign(running, { label, asked });
      const compute: Compute = async (onWork, signal) => {
        const work = { key, part, label, batchLimit, job: await sweep.jobOf(message) };
        return packValue(await sweep.executor.run(work, onWork, signal));
      };
      const on = {
        started: async ({ device }: Place) => {
          place = { device, machine: this.#machine };
          running.device = device;
          await tell(null).catch(() => undefined);
        },
        progress: (done: number, total: number) => {
          if (performance.now() - told > PROGRESS_MS) void tell({ done, total }).catch(() => undefined);
        },
      };
      const packed = await this.#work.result(asked, compute, on, { stop: stop.signal, lost: lease.lost });
      await this.#write(() => putValue(this.#redis, packed), lease.lost);
      this.#strikes = 0;
      sweep.wasOfUse();
      return { kind: 'result', place: place!, result: { sha256: packed.sha256, bytes: packed.bytes } };
    } catch (cause) {
      if (lease.lost.aborted) return null;
      if (cause instanceof JobInterrupted) {
        return this.#options.signal.aborted ? returned('the agent ends') : { kind: 'interrupted' };
      }
      if (cause instanceof JobError) return this.#failed(sweep, cause.failure, place, returned);
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#says(`gave a job back: ${reason}`);
      // What is on the broker is no fault of this machine.
      if (!(cause instanceof ValueMissingError || cause instanceof ForgedMessageError)) sweep.gaveBack(reason);
      return returned(reason);
    }
  }

  /** What is the machine's fault is no failure of the work. */
  async #failed(
    sweep: AgentSweep,
    failure: FailureRecord,
    place: PlaceMessage | null,
    returned: (reason: string) => OutcomeMessage,
  ): Promise<OutcomeMessage> {
    const { errorClass, message, endsSweep } = failure;
    this.#says(`${errorClass}: ${message}`);
    if (errorClass === InputChangedError.errorClass) {
      const bad = await sweep.changedContent();
      // Where this machine's files are as they were, it is the job that asks for others.
      if (bad === null) return { kind: 'failure', place, failure };
      sweep.unfit(bad);
      void this.#tell().catch(() => undefined);
      return returned(message);
    }
    if (endsSweep === true || ofTheDevice.has(errorClass)) {
      this.#strikes++;
      if (this.#strikes >= STRIKES) {
        this.#reason = `failed ${STRIKES} times in a row: ${message}`;
        this.#options.onNews(`Takes no more work: ${this.#reason}`);
        void this.#tell().catch(() => undefined);
      }
      if (endsSweep === true || this.#strikes >= STRIKES) return returned(message);
    }
    return { kind: 'failure', place, failure };
  }

  #says(error: string): void {
    this.#lastError = error.split('\n', 1)[0]!;
    this.#options.onNews(this.#lastError);
  }

  #write<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return writeWhenThereIsRoom(write, signal, (refusal) => {
      this.#options.onNews(refusal ?? 'The broker has room again.');
    });
  }

  /** Opens sweeps that are new on the broker, and closes those that are gone. */
  async #lookForSweeps(): Promise<void> {
    const ids = await this.#directory.fittingSweeps(handshakeName(this.#handshake));
    for (const [id, sweep] of this.#sweeps) {
      if (ids.includes(id)) continue;
      this.#sweeps.delete(id);
      this.#since.delete(id);
      for (const { taken, stop } of this.#running.values()) if (taken.sweep === sweep) stop.abort();
      this.#work.forget(id);
      this.#options.onNews(`Sweep ${sweep.sweep.name} has ended.`);
      await sweep.close();
    }
    for (const id of ids) {
      let sweep = this.#sweeps.get(id);
      const since = await this.#directory.coordinatorSince(id);
      if (sweep !== undefined && (since === null || since === this.#since.get(id))) {
        this.#lookAt(sweep);
        continue;
      }
      const message = await this.#directory.sweep(id);
      if (message === null) {
        await this.#tellOfStranger(id);
        continue;
      }
      this.#since.set(id, message.since);
      if (sweep !== undefined && !sweep.isOf(message)) {
        // Run again since, on other data or settings.
        this.#sweeps.delete(id);
        this.#work.forget(id);
        await sweep.close();
        sweep = undefined;
      }
      if (sweep === undefined) {
        sweep = new AgentSweep(message, {
          ...{ redis: this.#redis, seal: this.#seal, content: this.#content, values: this.#values, agent: this.#id },
          ...{ slots: (session) => this.#slotsFor(session), open: localExecutor() },
        });
        this.#sweeps.set(id, sweep);
      }
      this.#lookAt(sweep);
    }
  }

  /** A sweep that is there and can't be read is signed with another secret. */
  async #tellOfStranger(id: string): Promise<void> {
    if (this.#strangers.has(id) || !(await this.#directory.hasSweep(id))) return;
    this.#strangers.add(id);
    this.#says(
      `Sweep ${id} has another secret than this agent. Compare QUANTSWEEP_BROKER_SECRET, or secret= of the credentials files.`,
    );
  }

  /** Does not wait: hours of fetching for one sweep hold up no other. */
  #lookAt(sweep: AgentSweep): void {
    if (this.#looking.has(sweep)) return;
    this.#looking.add(sweep);
    this.#lookOnce(sweep)
      .catch((cause: unknown) => {
        this.#lastError = cause instanceof Error ? cause.message : String(cause);
      })
      .finally(() => this.#looking.delete(sweep));
  }

  async #lookOnce(sweep: AgentSweep): Promise<void> {
    const before = sweep.verdict;
    await sweep.look();
    const { name } = sweep.sweep;
    const hasJob = [...this.#running.values()].some(({ taken }) => taken.sweep === sweep);
    await sweep.rest(hasJob || this.#work.isBusy(sweep.sweep.id));
    const now = sweep.verdict;
    if (now === null || (before !== null && before.reason === now.reason)) return;
    this.#options.onNews(now.reason === null ? `Sweep ${name}: works on it.` : `Sweep ${name}: can't. ${now.reason}`);
    if (now.reason !== null) this.#lastError = now.reason;
    await this.#tell();
    this.#wake();
  }

  async #tell(): Promise<void> {
    await this.#directory.tellAgent(this.#message());
  }

  #message(): AgentMessage {
    const { label, signal } = this.#options;
    const { environment } = this.#machine;
    return {
      ...{ id: this.#id, host: environment.host, label, gpu: environment.gpu, handshake: this.#handshake },
      slots: this.#slots,
      state: signal.aborted ? 'stopping' : this.#reason === null ? 'ready' : 'unfit',
      reason: this.#reason,
      sweeps: Object.fromEntries(
        [...this.#sweeps].flatMap(([id, { verdict }]) => (verdict === null ? [] : [[id, verdict] as const])),
      ),
      jobs: [...this.#running.values()].map(({ taken, label: job, device, startedAt }) => ({
        ...{ sweep: taken.sweep.sweep.name, label: job, device, startedAt },
      })),
      lastError: this.#lastError,
      seenAt: new Date().toISOString(),
    };
  }

  async #allDone(): Promise<void> {
    while (this.#running.size > 0) await this.#woken();
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
