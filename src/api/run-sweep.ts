import type { Engine } from '../engine/engine.js';
import { JobInterrupted, type OpenExecutor } from '../engine/executor.js';
import { slotPlaces } from '../engine/slot-places.js';
import { localEngine } from '../engine/local/local-engine.js';
import type { Experiment } from '../experiment/sections/settings.js';
import type { OnHashing } from '../formats/hash-source.js';
import type { SweepPlan } from '../plan/plan.js';
import type { Shard, ShardOfSweep } from '../plan/shard.js';
import { triedTrials, tryAll } from '../schedule/tried-trials.js';
import { Patience } from '../schedule/patience.js';
import { ownMachine } from '../prepare/environment.js';
import { momentsNotes } from '../prepare/moments-size.js';
import { outputNotes } from '../prepare/output-notes.js';
import { frontierNotes } from '../prepare/frontier-notes.js';
import { roundingNotes } from '../prepare/rounding-notes.js';
import { pinNumericsClass } from '../prepare/pin-numerics-class.js';
import { planMemory, type PlannedMemory } from '../prepare/plan-memory.js';
import { prepareSweep, type PreparedSweep } from '../prepare/prepare-sweep.js';
import { saturationNotes } from '../prepare/saturation.js';
import { mixedClasses } from '../report/facts/mixed-classes.js';
import { runSweep as runStages, type SweepOutcome } from '../schedule/run-sweep.js';
import type { SweepEvent } from '../schedule/sweep-events.js';
import { StoreError } from '../store/store-error.js';
import type { StoredClass, SweepStore } from '../store/store.js';
import { openStore } from '../store/write/sqlite-store.js';
import { loadBroker, type BrokerOptions } from './broker.js';
import { EventListener } from './event-listener.js';
import { FreshComparisons } from './fresh-comparisons.js';
import { openUnlocked } from './open-unlocked.js';
import { ownShard } from './own-shard.js';
import { requireExperiment } from './require-experiment.js';
import { requireShard } from './require-shard.js';
import { measureSpeed } from '../speed/measure-speed.js';
import { wantsSpeed } from '../speed/wants-speed.js';
import type { MeasuredSpeed } from '../speed/measured-speed.js';
import { readTrial } from '../store/read/read-trial.js';
import { readDatabase } from './read-database.js';
import { StoredAgents } from './stored-agents.js';
import { StoredLogs } from './stored-logs.js';

export interface RunOptions {
  /**
   * Aborting it stops the sweep: while models and data are opened, when that is done; later at
   * once, with the loss of at most the attempts that run. A later run goes on from there.
   */
  readonly signal?: AbortSignal;
  /** Told what happens. What it throws stops the sweep, and `runSweep` rejects with it. */
  readonly onEvent?: (event: RunEvent) => void;
  /**
   * Lets the experiment run the modules and commands that it names. Default: false, and naming one
   * is an error.
   */
  readonly allowCode?: boolean;
  /** Stop at the first failed trial. Default: false. */
  readonly failFast?: boolean;
  /**
   * Also run trials that failed before in a way that another attempt would repeat. Default: false.
   */
  readonly retryFailed?: boolean;
  /**
   * Go on where finished work of the sweep is of another numerics class than this machine's: the
   * sweep is then marked as not comparable bit for bit. Default: false, and that is an error.
   */
  readonly mixClasses?: boolean;
  /**
   * Wait while another process runs a sweep on the database. Default: true; false: that is an
   * error.
   */
  readonly wait?: boolean;
  /**
   * Run one of several parts of the sweep, into a database of its own; `mergeDatabases` puts them
   * together. Default: all trials.
   */
  readonly shard?: Shard;
  /** Told of every piece of a data file that is read for its hash. */
  readonly onHashing?: OnHashing;
  /** Opens what runs the models. Default: child processes on this machine. */
  readonly executor?: OpenExecutor;
  /** Runs the models on the agents of a broker instead. */
  readonly broker?: BrokerOptions;
}

/**
 * What happens on the way, in this order: `prepared`, then `opening` where it has to wait,
 * `numerics` where something is left to run, `planned`, the others.
 */
export type RunEvent =
  | {
      /** Models and data are open, the provider is chosen. */
      readonly kind: 'prepared';
      readonly provider: { readonly name: string; readonly why: string };
      /** Devices of the child processes, e.g. `cpu:0`; none with a broker. */
      readonly slots: readonly string[];
      /** Address of the broker whose agents run the sweep; null: this machine does. */
      readonly broker: string | null;
      /** For people: settings without effect, levels that saturate, and the like. */
      readonly notes: readonly string[];
    }
  /** Another process has the database; told once for each reason. */
  | { readonly kind: 'opening'; readonly message: string }
  | {
      /** What runs the work is known. */
      readonly kind: 'numerics';
      /** Class of the numbers that it computes, see docs/PROVIDERS.md; null: not known. */
      readonly numericsClass: string | null;
      /** For people: what is not known of classes. */
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'planned';
      readonly name: string;
      readonly database: string;
      /** Null where the whole sweep runs. The counts are the shard's. */
      readonly shard: ShardOfSweep | null;
      readonly trials: number;
      /** Trials that are finished in the database. */
      readonly cached: number;
      readonly toRun: number;
      /** Those of `toRun` that failed in an earlier run. */
      readonly failedBefore: number;
    }
  /** What a child process will take of memory, in words. */
  | { readonly kind: 'memory'; readonly lines: readonly string[] }
  /** With a broker, from its connection on: what is to be known of it and its agents, in words. */
  | { readonly kind: 'agents'; readonly message: string }
  /** The trials are done and speed is measured: what is timed next, in words. */
  | { readonly kind: 'speed'; readonly message: string }
  | SweepEvent;

/** How a sweep ended. */
export interface RunOutcome extends SweepOutcome {
  readonly name: string;
  /** SQLite file, absolute. */
  readonly database: string;
  /** Null where it was the whole sweep. The counts are the shard's. */
  readonly shard: ShardOfSweep | null;
  /** How measuring speed ended; absent where nothing was to be measured, or a trial was stopped. */
  readonly speed?: MeasuredSpeed;
  /** What was found about the database file when it was closed, for people; null: nothing. */
  readonly note: string | null;
}

/**
 * Runs what is missing of a sweep and keeps everything in its database. Inference runs in child
 * processes; this process stays responsive.
 *
 * @throws ModelError, DatasetError or InputError saying what is wrong and where, before anything
 *   runs; StoreError for the database; SurroundingsError where the machine can't do what any work
 *   needs. What is finished is kept.
 */
export async function runSweep(experiment: Experiment, options: RunOptions = {}): Promise<RunOutcome> {
  requireExperiment(experiment);
  requireShard(options.shard);
  const listener = new EventListener(options.onEvent);
  const signals = [listener.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const told = { ...options, onEvent: listener.tell, signal: AbortSignal.any(signals) };
  const outcome = await prepareAndRun(experiment, told);
  listener.rethrow();
  return outcome;
}

type ToldOptions = RunOptions & Required<Pick<RunOptions, 'onEvent' | 'signal'>>;

async function prepareAndRun(experiment: Experiment, options: ToldOptions): Promise<RunOutcome> {
  if (options.signal.aborted) return stoppedBefore(experiment.name, experiment.run.database);
  const code = { use: 'run', allowed: options.allowCode ?? false } as const;
  const { onHashing } = options;
  const { engine, agents, close, signal } = await openEngine(experiment, options);
  const logs = new StoredLogs();
  const onLog = logs.heard.bind(logs);
  try {
    const prepared = await prepareSweep(experiment, { engine, code, onHashing, onLog });
    try {
      return await openAndRun(prepared, { agents, logs, host: engine.host }, { ...options, signal });
    } finally {
      await prepared.executor.close();
    }
  } finally {
    await close();
  }
}

/** Of a sweep that was stopped before anything of it was looked at. */
const nothingDone: SweepOutcome = { ran: 0, stopped: 0, cached: 0, failed: [], failedBefore: [], interrupted: true };

/** What runs a sweep, and what comes with it. */
interface OpenedEngine {
  readonly engine: Engine;
  readonly agents: StoredAgents;
  /** The caller's, and with a broker also `quantsweep cancel`. */
  readonly signal: AbortSignal;
  readonly close: () => Promise<void>;
}

async function openEngine(
  experiment: Experiment,
  { broker, executor, onEvent, signal }: ToldOptions,
): Promise<OpenedEngine> {
  const agents = new StoredAgents();
  if (broker === undefined) return { engine: localEngine(executor), agents, signal, close: () => Promise.resolve() };
  const { brokerAddress, brokerEngine } = await loadBroker();
  const cancelling = new AbortController();
  const { name, run, trials } = experiment;
  const sweep = {
    ...{ name, database: run.database, tasks: trials.map(({ settings }) => settings.task) },
    ...(broker.leaseSeconds === undefined ? {} : { leaseSeconds: broker.leaseSeconds }),
    ...(broker.numericsClass === undefined ? {} : { numericsClass: broker.numericsClass }),
  };
  const engine = await brokerEngine(brokerAddress(broker.url, broker.credentials ?? null), sweep, {
    onNews: (message) => {
      onEvent({ kind: 'agents', message });
    },
    onAgents: (found) => {
      agents.are(found);
    },
    onCancelled: () => {
      onEvent({ kind: 'agents', message: 'The sweep was called off (quantsweep cancel).' });
      cancelling.abort();
    },
  });
  return { engine, agents, signal: AbortSignal.any([signal, cancelling.signal]), close: () => engine.close() };
}

/** Stopped before the database was opened, so that nothing is known of what is in it. */
function stoppedBefore(name: string, database: string): RunOutcome {
  return { ...nothingDone, name, database, shard: null, note: null };
}

/** Who works, and what the database is told of them beside their results. */
interface Workers {
  readonly agents: StoredAgents;
  readonly logs: StoredLogs;
  /** Opens what runs jobs on this machine. */
  readonly host: OpenExecutor;
}

async function openAndRun(
  prepared: PreparedSweep,
  { agents, ...workers }: Workers,
  options: ToldOptions,
): Promise<RunOutcome> {
  const { plan, provider, inputs, slots, isElsewhere, experiment: capped } = prepared;
  const { onEvent, signal } = options;
  onEvent({
    kind: 'prepared',
    provider: { name: provider.provider, why: provider.why },
    slots: isElsewhere ? [] : slots.map(({ device }) => device),
    broker: options.broker?.url ?? null,
    notes: [
      ...inputs.notes,
      ...outputNotes(prepared.outputs),
      ...(capped.notes ?? []),
      ...saturationNotes(capped),
      ...momentsNotes(plan, inputs),
      ...roundingNotes(plan),
      ...frontierNotes(plan, inputs),
    ],
  });
  const { database, lockWaitMinutes } = capped.run;
  const limits = { wait: options.wait ?? true, lockWaitMinutes };
  const onWait = (message: string): void => {
    onEvent({ kind: 'opening', message });
  };
  const store = await openUnlocked(database, limits, signal, onWait, openStore);
  if (store === null) return stoppedBefore(plan.name, database);
  try {
    const running = agents.storedIn(store, () => runPrepared(prepared, store, workers, options));
    const outcome = await running.finally(() => {
      workers.logs.end();
    });
    // Before it is said that all went well: what can't be made whole is no success.
    return { ...outcome, name: plan.name, database, note: store.close() };
  } catch (cause) {
    closeAfter(store);
    throw cause;
  }
}

async function runPrepared(
  prepared: PreparedSweep,
  store: SweepStore,
  { logs, host }: Omit<Workers, 'agents'>,
  { failFast = false, retryFailed = false, mixClasses = false, onEvent, signal, shard }: ToldOptions,
): Promise<SweepOutcome & Pick<RunOutcome, 'shard' | 'speed'>> {
  const { experiment, inputs, provider, slots, executor, isElsewhere } = prepared;
  const own = ownShard(prepared, shard);
  // Recorded is the whole sweep; what follows is about the trials that run here.
  const plan = own?.plan ?? prepared.plan;
  const { lockWaitMinutes, database } = experiment.run;
  const comparisons = new FreshComparisons(() => {
    compareNow(store, plan.name);
  });
  const onSweepEvent = (event: SweepEvent): void => {
    if (event.kind === 'trialFinished') comparisons.trialFinished();
    onEvent(event);
  };
  const { toRun, again } = retryFailed ? tryAll(plan, store) : triedTrials(plan, store, experiment.run);
  let numericsClass: string | null = null;
  if (toRun.length > 0) {
    const stored = storedClasses(store, prepared.plan);
    const pin = { sweep: plan.name, database, stored, executor, mixClasses, signal };
    const pinned = await unlessStopped(pinNumericsClass(pin), signal);
    if (pinned === null) return { ...nothingDone, shard: own?.shard ?? null };
    onEvent({ kind: 'numerics', ...pinned });
    ({ numericsClass } = pinned);
  }
  const patience = new Patience({ minutes: lockWaitMinutes, onEvent: onSweepEvent, signal });
  await patience.write(() => {
    store.beginSweep(experiment, prepared.plan, [...inputs.models.values()], ownMachine(numericsClass));
  });
  logs.begin(store, isElsewhere ? [] : slotPlaces(slots));
  // Beginning the sweep dropped those of trials that were finished before.
  comparisons.all();
  const cached = store.finishedTrials(plan.trials.map((t) => t.key)).size;
  onEvent({
    ...{ kind: 'planned', name: plan.name, database, shard: own?.shard ?? null, trials: plan.trials.length },
    ...{ cached, toRun: toRun.length, failedBefore: again.size },
  });
  const children = { provider: provider.provider, slots: slots.length };
  const missing: SweepPlan = toRun.length > 0 ? plan : { ...plan, trials: [] };
  const memory = isElsewhere ? memoryOfAgents : await planMemory(experiment, missing, inputs, executor, children);
  for (const [path, macs] of memory.macs) {
    await patience.write(() => {
      store.writeLayerMacs(inputs.modelSha256(path), macs);
    });
  }
  onEvent({ kind: 'memory', lines: memory.lines });
  const outcome = await runStages({
    ...{ plan, inputs, store, patience, executor, run: experiment.run, failFast, retryFailed, signal },
    memory: memory.limits,
    macs: memory.macs,
    onEvent: onSweepEvent,
  });
  await compare(store, plan.name, patience, outcome.interrupted);
  const mixed = mixedClasses(storedClasses(store, prepared.plan));
  if (mixed !== null) onEvent({ kind: 'warning', warning: { voids: false, text: `${mixed.message} ${mixed.cause}` } });
  const ended = { ...outcome, shard: own?.shard ?? null };
  if (outcome.interrupted || !wantsSpeed(experiment)) return ended;
  if (own !== null && own.shard.of > 1) {
    onEvent({ kind: 'speed', message: 'Speed is not measured of a shard: run the sweep on the merged database.' });
    return ended;
  }
  // Its children are idle, and what they keep of models is memory that sessions may want.
  await executor.close();
  const numbers = trialNumbers(database, plan.name);
  const speed = await measureSpeed(experiment, host, {
    ...{ plan, inputs, store, signal, environment: ownMachine(null).environment },
    write: (work) => patience.write(work),
    readTrial: (key) => readDatabase(database, (queries) => readTrial(queries, plan.name, numbers.get(key)!)),
    say: (message) => {
      onEvent({ kind: 'speed', message });
    },
  });
  return { ...ended, speed, interrupted: speed.interrupted };
}

/** Numbers of the trials of a sweep, by key. */
function trialNumbers(database: string, sweep: string): ReadonlyMap<string, number> {
  const { rows } = readDatabase(database, (queries) =>
    queries.query('SELECT key, trial FROM v_trial WHERE sweep = :sweep', { sweep }),
  );
  return new Map(rows.map(([key, trial]) => [String(key), Number(trial)]));
}

/** Null where the signal ended the work. */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof JobInterrupted && signal.aborted) return null;
    throw cause;
  }
}

/** Classes of what is finished of a plan. */
function storedClasses(store: SweepStore, { stages, trials }: SweepPlan): readonly StoredClass[] {
  return store.numericsClasses(
    stages.map(({ key }) => key),
    trials.map(({ key }) => key),
  );
}

/**
 * Of machines that nobody has seen nothing is foretold: what is short of memory halves its batches.
 */
const memoryOfAgents: PlannedMemory = { limits: new Map(), macs: new Map(), lines: [] };

/**
 * While the sweep runs, for pages that are looked at meanwhile: where another program holds the
 * database, later ones do.
 */
function compareNow(store: SweepStore, sweep: string): void {
  try {
    store.refreshComparisons(sweep);
  } catch (cause) {
    if (!(cause instanceof StoreError && cause.code === 'busy')) throw cause;
  }
}

/**
 * Comparisons are made of what is stored: where a sweep is stopped while another program holds the
 * database, the next run makes them.
 */
async function compare(store: SweepStore, sweep: string, patience: Patience, interrupted: boolean): Promise<void> {
  try {
    await patience.write(() => {
      store.refreshComparisons(sweep);
    });
  } catch (cause) {
    if (!(interrupted && cause instanceof StoreError && cause.code === 'busy')) throw cause;
  }
}

/** After another failure, which is the one to tell. */
function closeAfter(store: SweepStore): void {
  try {
    store.close();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
  }
}
