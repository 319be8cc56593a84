import { existsSync } from 'node:fs';
import type { OpenExecutor } from '../engine/executor.js';
import { localEngine } from '../engine/local/local-engine.js';
import type { Experiment } from '../experiment/sections/settings.js';
import type { OnHashing } from '../formats/hash-source.js';
import { estimateCost } from '../plan/estimate/estimate-cost.js';
import type { PlannedTrial } from '../plan/plan.js';
import type { Shard, ShardOfSweep } from '../plan/shard.js';
import type { ShardPlan } from '../plan/shard-plan.js';
import { stagesOfTrial } from '../plan/stages-of-trial.js';
import type { ModelRecord } from '../records/model-record.js';
import { neededStages, triedTrials, type TriedTrials } from '../schedule/tried-trials.js';
import { momentsNotes } from '../prepare/moments-size.js';
import { outputNotes } from '../prepare/output-notes.js';
import { frontierNotes } from '../prepare/frontier-notes.js';
import { roundingNotes } from '../prepare/rounding-notes.js';
import { pinNumericsClass } from '../prepare/pin-numerics-class.js';
import { planMemory } from '../prepare/plan-memory.js';
import { prepareSweep, type PreparedSweep } from '../prepare/prepare-sweep.js';
import { saturationNotes } from '../prepare/saturation.js';
import { mixedClasses } from '../report/facts/mixed-classes.js';
import { stageWarnings, type SweepWarning } from '../schedule/sweep-warnings.js';
import { describeEnvironment } from '../prepare/environment.js';
import { planSpeed } from '../speed/plan-speed.js';
import { wantsSpeed } from '../speed/wants-speed.js';
import type { StoredLatency } from '../store/read/read-latencies.js';
import { StoreError } from '../store/store-error.js';
import type { StoredClass, SweepReader } from '../store/store.js';
import { openStoreForReading } from '../store/write/sqlite-store.js';
import { describeStage } from './describe-stage.js';
import { ownShard } from './own-shard.js';
import { sweepAbilities } from './sweep-abilities.js';
import { requireExperiment } from './require-experiment.js';
import { requireShard } from './require-shard.js';

export interface PlanOptions {
  /**
   * Lets the experiment run the modules and commands that it names. Default: false, and naming one
   * is an error.
   */
  readonly allowCode?: boolean;
  /** Plan also where `runSweep` needs its `mixClasses`. Default: false, and that is an error. */
  readonly mixClasses?: boolean;
  /** Plan one of several parts of the sweep. Default: all trials. */
  readonly shard?: Shard;
  /** Told of every piece of a data file that is read for its hash. */
  readonly onHashing?: OnHashing;
  /** Opens what runs the models. Default: child processes on this machine. */
  readonly executor?: OpenExecutor;
}

/**
 * Whether there is anything to do: `cached` work is finished in the database, `failed` work would
 * fail again.
 */
export type WorkState = 'cached' | 'to run' | 'failed';

/** A trial of a sweep as planned. */
export interface TrialPreview {
  /** SHA-256, hex, of everything that the result depends on. */
  readonly key: string;
  /** e.g. `static alpha=0.5, 200 batches`. */
  readonly label: string;
  readonly role: PlannedTrial['settings']['role'];
  /** Dotted path -> value, of the axes that made it. */
  readonly axes: Readonly<Record<string, unknown>>;
  readonly state: WorkState;
  /** How it failed in an earlier run; null where it did not. */
  readonly failure: { readonly errorClass: string; readonly message: string } | null;
}

/** A stage that trials share. */
export interface StagePreview {
  readonly key: string;
  readonly kind: 'observe' | 'moments' | 'reference' | 'search' | 'rank' | 'keep';
  readonly state: WorkState;
  /** What it does, in words. */
  readonly description: string;
  /** Trials that build on it. */
  readonly trials: number;
  /** Shards that run it, each for itself; 1 where the whole sweep is planned. */
  readonly shards: number;
}

/** One of several parts of a sweep. */
export interface ShardPreview extends ShardOfSweep {
  /** Forward passes of one sample that the shard takes where nothing is cached. */
  readonly forwardPasses: number;
  /** The same of the longest shard. */
  readonly longest: number;
}

/** What `runSweep` would do. */
export interface SweepPreview {
  readonly name: string;
  readonly question: string | null;
  /** SQLite file, absolute. */
  readonly database: string;
  /** Null where the whole sweep is planned. Trials, stages and costs below are the shard's. */
  readonly shard: ShardPreview | null;
  /** The execution provider, and in words why this one. */
  readonly provider: { readonly name: string; readonly why: string };
  /** Devices of the child processes, e.g. `cpu:0`. */
  readonly slots: readonly string[];
  readonly models: readonly ModelRecord[];
  readonly stages: readonly StagePreview[];
  readonly trials: readonly TrialPreview[];
  /**
   * For people: what the whole sweep will and will not be able to answer, and the smallest
   * difference that its samples can show.
   */
  readonly abilities: readonly string[];
  /** For people: settings without effect, levels that saturate, and the like. */
  readonly notes: readonly string[];
  /** What finished stages show to be wrong. */
  readonly warnings: readonly SweepWarning[];
  /** What a child process will take of memory, in words; empty where nothing is left to run. */
  readonly memory: readonly string[];
  /** What will be measured of speed and about how long it takes, in words; empty: nothing. */
  readonly speed: readonly string[];
  /** Forward passes of one sample that are left. */
  readonly forwardPasses: number;
  /** Milliseconds, going by earlier runs in the database; null where there were none. */
  readonly durationMs: number | null;
}

/**
 * Plans a sweep: opens its models and data, and says what is finished in the database and what is
 * left. Nothing is written, and no more is run than one sample of each model.
 *
 * @throws ModelError, DatasetError or InputError saying what is wrong and where; StoreError for the
 *   database
 */
export async function planSweep(experiment: Experiment, options: PlanOptions = {}): Promise<SweepPreview> {
  requireExperiment(experiment);
  requireShard(options.shard);
  const code = { use: 'plan', allowed: options.allowCode ?? false } as const;
  const { executor, onHashing } = options;
  const prepared = await prepareSweep(experiment, { engine: localEngine(executor), code, onHashing });
  try {
    const shard = ownShard(prepared, options.shard);
    const part = shard === null ? prepared : { ...prepared, plan: shard.plan };
    const { measure } = experiment;
    const abilities = sweepAbilities(
      prepared.plan,
      (source) => prepared.inputs.sampleCount(source),
      (measure?.latency ?? measure?.command ?? null) !== null,
    );
    return await previewSweep(part, { shard, abilities, mixClasses: options.mixClasses ?? false });
  } finally {
    await prepared.executor.close();
  }
}

async function previewSweep(
  prepared: PreparedSweep,
  {
    shard,
    abilities,
    mixClasses,
  }: {
    readonly shard: ShardPlan | null;
    readonly abilities: readonly string[];
    readonly mixClasses: boolean;
  },
): Promise<SweepPreview> {
  const { experiment, provider, plan, inputs, slots } = prepared;
  const { finished, typicalDurations, warnings, tried, classes, values, latencies } = readStore(prepared);
  const { toRun, again, leftAlone } = tried;
  const pinNotes = toRun.length === 0 ? [] : await pin(prepared, classes, mixClasses);
  const needed = neededStages(toRun);
  const cost = estimateCost(plan, {
    finished: new Set([...finished, ...leftAlone.keys()]),
    sampleCount: (source) => inputs.sampleCount(source),
    layerCount: ({ path }) => inputs.models.get(path)?.layers.length ?? 0,
    typicalDurationsMs: typicalDurations,
    slots: slots.length,
  });
  const stateOf = (key: string, isToRun: boolean): WorkState =>
    finished.has(key) ? 'cached' : isToRun ? 'to run' : 'failed';
  return {
    name: plan.name,
    question: plan.question,
    database: experiment.run.database,
    shard: shard && { ...shard.shard, forwardPasses: shard.forwardPasses, longest: shard.longest },
    provider: { name: provider.provider, why: provider.why },
    slots: slots.map(({ device }) => device),
    models: [...inputs.models.values()],
    stages: plan.stages.map((stage) => ({
      key: stage.key,
      kind: stage.kind,
      state: stateOf(stage.key, needed.has(stage.key)),
      description: describeStage(stage),
      trials: plan.trials.filter((trial) => stagesOfTrial(trial).includes(stage.key)).length,
      shards: shard?.shardsOf.get(stage.key) ?? 1,
    })),
    trials: plan.trials.map(({ key, label, axes, settings }) => ({
      key,
      label,
      role: settings.role,
      axes,
      state: stateOf(key, !leftAlone.has(key)),
      failure: again.get(key) ?? leftAlone.get(key) ?? null,
    })),
    abilities,
    notes: [
      ...inputs.notes,
      ...outputNotes(prepared.outputs),
      ...(experiment.notes ?? []),
      ...saturationNotes(experiment),
      ...momentsNotes(plan, inputs),
      ...roundingNotes(plan),
      ...frontierNotes(plan, inputs),
      ...pinNotes,
    ],
    warnings,
    memory: cost.work.length === 0 ? [] : await memoryLines(prepared),
    speed: speedLines(prepared, shard, { typicalDurations, values, latencies }),
    forwardPasses: cost.forwardPasses,
    durationMs: cost.durationMs,
  };
}

/** Notes of what is not known of numerics classes; nothing is asked where nothing is finished. */
async function pin(
  { experiment, plan, executor }: PreparedSweep,
  stored: readonly StoredClass[],
  mixClasses: boolean,
): Promise<readonly string[]> {
  if (stored.length === 0) return [];
  const { database } = experiment.run;
  return (await pinNumericsClass({ sweep: plan.name, database, stored, executor, mixClasses })).notes;
}

/** What a child will take of memory, by running one sample of each model in one. */
async function memoryLines(prepared: PreparedSweep): Promise<readonly string[]> {
  const { experiment, plan, inputs, executor, provider, slots } = prepared;
  const children = { provider: provider.provider, slots: slots.length };
  return (await planMemory(experiment, plan, inputs, executor, children)).lines;
}

/** What will be measured of speed, which no shard measures. */
function speedLines(
  { experiment, plan, inputs }: PreparedSweep,
  shard: ShardPlan | null,
  { typicalDurations, values, latencies }: Pick<StoredState, 'typicalDurations' | 'values' | 'latencies'>,
): readonly string[] {
  if (shard !== null && shard.shard.of > 1) return [];
  const referenceMs = typicalDurations.get('reference');
  const evaluations = plan.trials.map(({ settings: { evaluation } }) =>
    evaluation.samples === 'all' ? inputs.sampleCount(evaluation.source) : evaluation.samples,
  );
  const sampleMs = referenceMs === undefined ? null : referenceMs / Math.max(1, ...evaluations);
  return planSpeed(experiment, { trials: plan.trials, inputs, values, stored: latencies, sampleMs });
}

/**
 * Null for an empty file or an older schema, which `runSweep` brings up to date: nothing in it is
 * known to be cached.
 */
function openUnlessOlder(database: string): SweepReader | null {
  try {
    return openStoreForReading(database);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'older-schema') return null;
    throw error;
  }
}

/** What of the plan is there, and what a run would do with the rest. */
interface StoredState {
  readonly finished: ReadonlySet<string>;
  readonly typicalDurations: ReadonlyMap<string, number>;
  /** Of stages that are finished. */
  readonly warnings: readonly SweepWarning[];
  readonly tried: TriedTrials;
  /** Of what is finished. */
  readonly classes: readonly StoredClass[];
  /** Of the primary metric, of complete trials. */
  readonly values: ReadonlyMap<string, number>;
  /** What this machine has measured of the speed of trials. */
  readonly latencies: readonly StoredLatency[];
}

function readStore({ experiment, plan, inputs }: PreparedSweep): StoredState {
  const { run } = experiment;
  const store = existsSync(run.database) ? openUnlessOlder(run.database) : null;
  if (store === null) {
    const tried = { toRun: plan.trials, again: new Map(), leftAlone: new Map() };
    return {
      finished: new Set(),
      typicalDurations: new Map(),
      warnings: [],
      tried,
      classes: [],
      values: new Map(),
      latencies: [],
    };
  }
  try {
    const [trialKeys, stageKeys] = [plan.trials, plan.stages].map((work) => work.map(({ key }) => key));
    const trials = store.finishedTrials(trialKeys!);
    const stages = store.finishedStages(stageKeys!);
    const classes = store.numericsClasses(stageKeys!, trialKeys!);
    const mixed = mixedClasses(classes);
    return {
      finished: new Set([...trials, ...stages]),
      typicalDurations: store.typicalDurations(),
      warnings: [
        ...plan.stages
          .filter(({ key }) => stages.has(key))
          .flatMap((stage) => stageWarnings(stage, { plan, store, inputs })),
        ...(mixed === null ? [] : [{ voids: false, text: `${mixed.message} ${mixed.cause}` }]),
      ],
      classes,
      values: store.primaryValues(trialKeys!),
      latencies: wantsSpeed(experiment) ? store.latencies(trialKeys!, describeEnvironment()) : [],
      tried: triedTrials(plan, store, run),
    };
  } finally {
    store.close();
  }
}
