import type { TrialJob } from '../engine/jobs/trial/trial-job.js';
import { precisionsOf } from './frontier-jobs.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';
import type { StopRecord } from '../records/trial-record.js';
import type { RunSettings } from '../experiment/sections/settings.js';
import { estimateCost, type WorkCost } from '../plan/estimate/estimate-cost.js';
import { evaluationBatch, type BatchLimits } from '../plan/estimate/estimate-memory.js';
import { stagesOfTrial } from '../plan/stages-of-trial.js';
import type { ContentKey, PlannedStage, PlannedTrial, SweepPlan } from '../plan/plan.js';
import { JobInterrupted, type Executor } from '../engine/executor.js';
import type { StopRule } from '../engine/jobs/trial/trial-job.js';
import { jobModel } from '../prepare/job-model.js';
import { StoreError } from '../store/store-error.js';
import type { StoredBest, SweepStore } from '../store/store.js';
import { allSettledOrFirstError } from './all-settled.js';
import { orderSeedOf } from './order-seed.js';
import { evaluationLimit } from './evaluation-limit.js';
import { triedTrials, tryAll, type TriedTrials } from './tried-trials.js';
import type { Patience } from './patience.js';
import { SharedResults } from './shared-results.js';
import { StageFailed } from './stage-failed.js';
import { endOfSweep } from './sweep-end.js';
import { StageWork } from './stage-work.js';
import type { OnSweepEvent } from './sweep-events.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';
import { stageWarnings } from './sweep-warnings.js';
import { stageConditions, trialConditions } from './work-conditions.js';
import { attemptFailure, WorkQueue } from './work-queue.js';

export interface RunSweepOptions {
  readonly plan: SweepPlan;
  readonly inputs: SweepInputs;
  readonly store: SweepStore;
  /** For writes to the store while another program holds the database. */
  readonly patience: Patience;
  /** Stays the caller's, to be closed when the sweep has ended. */
  readonly executor: Executor;
  readonly run: RunSettings;
  /**
   * Samples of one run that memory allows, by path of the model; absent where it is not foretold.
   */
  readonly memory?: ReadonlyMap<string, BatchLimits>;
  /** Multiply-accumulates of each layer for one sample, by path of the model. */
  readonly macs?: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Stop at the first failed trial. */
  readonly failFast: boolean;
  /** Also run trials that failed before in a way that another attempt would repeat. */
  readonly retryFailed: boolean;
  readonly onEvent: OnSweepEvent;
  /** Aborting it stops all work at once and loses at most the attempts that run. */
  readonly signal: AbortSignal;
}

export interface SweepOutcome {
  /** Trials that this run finished, those that were stopped early among them. */
  readonly ran: number;
  readonly stopped: number;
  /** Trials that were finished before. */
  readonly cached: number;
  readonly failed: readonly FailedTrial[];
  /** Trials that failed in an earlier run and were not tried again. */
  readonly failedBefore: readonly FailedTrial[];
  readonly interrupted: boolean;
}

export interface FailedTrial {
  readonly label: string;
  readonly errorClass: string;
  readonly message: string;
}

/**
 * Runs what is missing of a sweep:
 *
 *     observe ──> [rank] ────> trial (one per setting)
 *     observe ──> [search] ──> trial
 *     [moments] ─────────────> [search], [keep], trial
 *     reference, rank ──> [keep] ──> trial
 *     reference ─────────────> trial, fp32
 *
 * Every stage is shared by all trials that name its key. Stages are cut into parts that several
 * children work on; parts and trials are committed as they finish, so that stopping at any moment
 * loses only what was running.
 */
export async function runSweep(options: RunSweepOptions): Promise<SweepOutcome> {
  const sweep = new SweepRun(options);
  const stop = (): void => {
    sweep.stop();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    return await sweep.run();
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

class SweepRun {
  readonly #options: RunSweepOptions;
  readonly #queue: WorkQueue;
  readonly #stages: ReadonlyMap<ContentKey, PlannedStage>;
  readonly #finished: ReadonlySet<ContentKey>;
  readonly #tried: TriedTrials;
  readonly #running = new Map<ContentKey, Promise<void>>();
  readonly #failed: FailedTrial[] = [];
  readonly #costs: ReadonlyMap<ContentKey, WorkCost>;
  readonly #stageWork: StageWork;
  readonly #shared: SharedResults;
  #best: StoredBest | null = null;
  /**
   * The complete candidate that leads by now, by the reference that it is judged against: what a
   * stop is decided by. The best of the sweep is the store's to say.
   */
  readonly #leaders = new Map<ContentKey, { readonly key: ContentKey; readonly value: number }>();
  #ran = 0;
  #stopped = 0;
  #interrupted = false;

  constructor(options: RunSweepOptions) {
    const { plan, store, patience, executor, run, retryFailed, onEvent } = options;
    this.#options = options;
    this.#queue = new WorkQueue({ executor, store, patience, retries: run.retries, onEvent });
    this.#stages = new Map(plan.stages.map((s) => [s.key, s]));
    this.#finished = new Set([
      ...store.finishedStages(plan.stages.map((s) => s.key)),
      ...store.finishedTrials(plan.trials.map((t) => t.key)),
    ]);
    this.#tried = retryFailed ? tryAll(plan, store) : triedTrials(plan, store, run);
    const { work } = estimateCost(plan, {
      finished: new Set([...this.#finished, ...this.#tried.leftAlone.keys()]),
      sampleCount: (source) => options.inputs.sampleCount(source),
      layerCount: ({ path }) => options.inputs.models.get(path)?.layers.length ?? 0,
      typicalDurationsMs: new Map(),
      slots: Math.max(1, executor.capacity),
    });
    this.#costs = new Map(work.map((w) => [w.key, w]));
    this.#shared = new SharedResults(store);
    this.#stageWork = new StageWork({ ...options, shared: this.#shared }, this.#queue, this.#costs, (key) =>
      this.#stageDone(key),
    );
  }

  stop(): void {
    this.#interrupted = true;
    this.#queue.stop();
  }

  async run(): Promise<SweepOutcome> {
    const { plan, store, onEvent } = this.#options;
    const { toRun, leftAlone } = this.#tried;
    const unfinished = plan.trials.filter((t) => !this.#finished.has(t.key));
    this.#noteLeaders();
    this.#best = store.best(plan.name);
    onEvent({
      kind: 'started',
      trials: plan.trials.length,
      finishedTrials: plan.trials.length - unfinished.length,
      stoppedTrials: store.stoppedTrials(plan.trials.map((t) => t.key)).size,
      stages: plan.stages.length,
      finishedStages: plan.stages.filter((s) => this.#finished.has(s.key)).length,
      best: this.#best,
    });
    for (const stage of plan.stages) if (this.#finished.has(stage.key)) this.#warnOf(stage);
    for (const { forwardPasses } of this.#costs.values()) this.#queue.expect(forwardPasses);
    const errors = await Promise.all(toRun.map((trial) => this.#runTrial(trial)));
    const fatal = errors.find((e) => e instanceof Error);
    if (fatal instanceof Error) throw fatal;
    return {
      ran: this.#ran,
      stopped: this.#stopped,
      cached: plan.trials.length - unfinished.length,
      failed: this.#failed,
      failedBefore: unfinished.flatMap(({ key, label }) => {
        const failure = leftAlone.get(key);
        return failure === undefined ? [] : [{ label, ...failure }];
      }),
      interrupted: this.#interrupted,
    };
  }

  /**
   * Never rejects, so that no trial's work goes on unwatched: returns what is neither a failure nor
   * an interruption.
   */
  async #runTrial(trial: PlannedTrial): Promise<Error | null> {
    try {
      await (trial.settings.role === 'fp32' ? this.#commitFp32(trial) : this.#evaluate(trial));
      return null;
    } catch (cause) {
      if (cause instanceof JobInterrupted || this.#interrupted) return null;
      const end = isStoreFailure(cause) ? cause : endOfSweep(cause);
      if (end !== null) {
        this.stop();
        return end;
      }
      try {
        const failure = attemptFailure(cause);
        await this.#write((store) => {
          store.failTrial(trial.key, failure, trialConditions(trial.settings, this.#options.run));
        });
        this.#failed.push({ label: trial.label, ...failure });
        this.#options.onEvent({ kind: 'failed', work: 'trial', label: trial.label, failure });
        if (this.#options.failFast) this.stop();
        return null;
      } catch (storeError) {
        this.stop();
        return storeError instanceof Error ? storeError : new Error(String(storeError));
      }
    }
  }

  /** The fp32 trial is the reference stage's result under a trial's name. */
  async #commitFp32(trial: PlannedTrial): Promise<void> {
    await this.#stageDone(trial.referenceKey);
    const { store, run } = this.#options;
    const { evaluation, provider } = store.reference(trial.referenceKey)!;
    const record = {
      evaluation,
      losses: [],
      lossSamples: 0,
      quantizers: [],
      smoothing: [],
      biasCorrections: [],
      outputDivergence: null,
      gate: null,
    };
    const execution = { provider, timings: {} };
    const sha256 = jobModel(trial.settings.model, this.#options.inputs).sha256;
    await this.#write(() => {
      store.finishTrial(trial, sha256, record, execution, run.optimizationLevel, null);
    });
    this.#finishedTrial(trial, evaluation, 0);
  }

  async #evaluate(trial: PlannedTrial): Promise<void> {
    await allSettledOrFirstError(stagesOfTrial(trial).map((key) => this.#stageDone(key)));
    const { run } = this.#options;
    const shared = this.#shared;
    const model = jobModel(trial.settings.model, this.#options.inputs, trial.settings.task);
    const { batchSize } = trial.settings.evaluation;
    const { value, execution, attempt, durationMs } = await this.#queue.run<'trial'>({
      job: () => ({
        kind: 'trial',
        model,
        settings: trial.settings,
        observation: shared.observation(trial.observeKey!, trial.settings.calibration!, trial.settings.quantization!),
        moments: shared.momentsOf(trial),
        alphas: trial.searchKey === null ? null : shared.alphas(trial.searchKey),
        ...this.#precisions(trial),
        referenceArgmax: shared.referenceArgmax(trial.referenceKey),
        stop: this.#stopRule(trial),
      }),
      subject: { kind: 'trial', key: trial.key },
      label: trial.label,
      priority: -trial.position,
      cost: this.#costs.get(trial.key)?.forwardPasses ?? 0,
      batchSize: evaluationBatch(batchSize),
      batchLimit: evaluationLimit(batchSize, this.#options.memory?.get(trial.settings.model.path)?.trial),
    });
    if ('stopped' in value) {
      await this.#write((store) => {
        store.stopTrial(trial, model.sha256, value, execution, run.optimizationLevel, attempt);
      });
      this.#stoppedTrial(trial, value.stopped, durationMs);
    } else {
      await this.#write((store) => {
        store.finishTrial(trial, model.sha256, value, execution, run.optimizationLevel, attempt);
      });
      this.#finishedTrial(trial, value.evaluation, durationMs);
    }
  }

  #write(work: (store: SweepStore) => void): Promise<void> {
    const { patience, store } = this.#options;
    return patience.write(() => {
      work(store);
    });
  }

  /**
   * The best candidate that is complete at this moment and judged on the same samples, where the
   * trial may be stopped.
   */
  #stopRule({ key, settings, referenceKey }: PlannedTrial): StopRule | null {
    const { stop } = settings.evaluation;
    const against = this.#leaders.get(referenceKey)?.key;
    if (stop === undefined || against === undefined) return null;
    const outcome = this.#options.store.primaryOutcome(against)!;
    return { confidence: stop.confidence, orderSeed: orderSeedOf(key), against, outcome };
  }

  /** Layers in float, and bits of others that were looked for. */
  #precisions(trial: PlannedTrial): Pick<TrialJob, 'keptFloat' | 'weightBits'> {
    if (trial.settings.layers?.frontier === undefined) return { keptFloat: this.#keptFloat(trial) };
    const { tries } = this.#options.store.frontier(trial.keepKey!)!;
    return precisionsOf(tries.find(({ chosen }) => chosen)!.bits);
  }

  #keptFloat({ rankKey, keepKey, settings }: PlannedTrial): readonly string[] {
    const { store } = this.#options;
    if (keepKey !== null) return store.keep(keepKey)!.find(({ chosen }) => chosen)!.layers;
    const { model, layers, target } = settings;
    const { keepFloat } = layers!;
    if (rankKey === null || typeof keepFloat !== 'number') return [];
    const quantized = new Set(this.#options.inputs.selectedLayers(model.path, layers!, target));
    const ranked = store.rank(rankKey)!.filter(({ layer }) => quantized.has(layer));
    return ranked.slice(0, keepFloat).map(({ layer }) => layer);
  }

  #stoppedTrial(trial: PlannedTrial, stopped: StopRecord, durationMs: number): void {
    this.#ran++;
    this.#stopped++;
    this.#options.onEvent({ kind: 'trialStopped', trial, stopped, durationMs });
  }

  #finishedTrial(trial: PlannedTrial, evaluation: EvaluationRecord, durationMs: number): void {
    const metric = evaluation.primaryMetric;
    const value = primaryAccuracy(evaluation)!.value;
    this.#ran++;
    this.#noteLeader(trial, value);
    // One of a lower value can't come before a candidate by the same metric: the store need not
    // rank them all.
    const best = this.#best;
    if (best?.role !== 'candidate' || best.metric !== metric || value >= best.value) {
      this.#best = this.#options.store.best(this.#options.plan.name);
    }
    this.#options.onEvent({ kind: 'trialFinished', trial, metric, value, durationMs, best: this.#best });
  }

  #noteLeader(trial: PlannedTrial, value: number): void {
    if (trial.settings.role !== 'candidate') return;
    const leader = this.#leaders.get(trial.referenceKey);
    if (leader === undefined || value > leader.value) {
      this.#leaders.set(trial.referenceKey, { key: trial.key, value });
    }
  }

  #noteLeaders(): void {
    const { plan, store } = this.#options;
    const values = store.primaryValues(plan.trials.map((t) => t.key));
    for (const trial of plan.trials) {
      const value = values.get(trial.key);
      if (value !== undefined) this.#noteLeader(trial, value);
    }
  }

  /** Resolves when the stage is finished, running it at most once. @throws StageFailed */
  #stageDone(key: ContentKey): Promise<void> {
    if (this.#finished.has(key)) return Promise.resolve();
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#runStage(this.#stages.get(key)!);
      this.#running.set(key, running);
    }
    return running;
  }

  async #runStage(stage: PlannedStage): Promise<void> {
    const start = performance.now();
    try {
      await this.#stageWork.run(stage);
    } catch (cause) {
      if (cause instanceof JobInterrupted || this.#interrupted || isStoreFailure(cause)) throw cause;
      const end = endOfSweep(cause);
      if (end !== null) throw end;
      const failure = attemptFailure(cause);
      await this.#write((store) => {
        store.failStage(stage.key, failure, stageConditions(stage, this.#options.run));
      });
      this.#options.onEvent({ kind: 'failed', work: 'stage', label: `the ${stage.kind} stage`, failure });
      throw new StageFailed(stage.kind, failure);
    }
    this.#options.onEvent({ kind: 'stageFinished', stage, durationMs: performance.now() - start });
    this.#warnOf(stage);
  }

  /** Says what is wrong with the sweep, as far as a finished stage tells. */
  #warnOf(stage: PlannedStage): void {
    for (const warning of stageWarnings(stage, this.#options)) this.#options.onEvent({ kind: 'warning', warning });
  }
}

/**
 * The store can't write (disk full, locked, ...): no fault of the trial, and no trial after it
 * would fare better.
 */
function isStoreFailure(cause: unknown): cause is StoreError {
  return cause instanceof StoreError && cause.code !== 'non-finite';
}
