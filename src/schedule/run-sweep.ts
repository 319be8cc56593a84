import { openDataset } from '../data/open-dataset.js';
import { mergeMetricStates } from '../evaluate/metrics/create-metric.js';
import type { ObservationRecord } from '../evaluate/results.js';
import type {
  CalibrationSettings,
  EvaluationSettings,
  ModelSettings,
  QuantizationSettings,
} from '../experiment/settings.js';
import { estimateCost, type WorkCost } from '../plan/estimate-cost.js';
import type {
  ContentKey,
  ObserveStage,
  PlannedStage,
  PlannedTrial,
  RankStage,
  ReferenceStage,
  SearchStage,
  SweepPlan,
} from '../plan/plan.js';
import type { Job, JobModel, JobResults } from '../runtime/jobs.js';
import { finishTask } from '../runtime/task-metric.js';
import { JobInterrupted, type WorkerPool } from '../runtime/worker-pool.js';
import { StoreError } from '../store/store-error.js';
import type { SweepStore } from '../store/store.js';
import { StageFailed } from './stage-failed.js';
import {
  chooseAlphas,
  displayOf,
  mergeObserveParts,
  mergeRanks,
  observeParts,
  rankParts,
  referenceParts,
  searchParts,
  type StagePart,
} from './stage-parts.js';
import type { BestTrial, OnSweepEvent } from './sweep-events.js';
import type { SweepInputs } from './sweep-inputs.js';
import { failureRecord, WorkQueue } from './work-queue.js';

export interface RunSweepOptions {
  readonly plan: SweepPlan;
  readonly inputs: SweepInputs;
  readonly store: SweepStore;
  readonly pool: WorkerPool;
  readonly retries: number;
  readonly optimizationLevel: string;
  readonly onEvent: OnSweepEvent;
  /** Aborting it ends the children at once and loses at most the attempts that run. */
  readonly signal: AbortSignal;
}

export interface SweepOutcome {
  /** Trials that this run finished. */
  readonly ran: number;
  /** Trials that were finished before. */
  readonly cached: number;
  readonly failed: readonly { readonly label: string; readonly errorClass: string; readonly message: string }[];
  readonly interrupted: boolean;
}

/**
 * Runs what is missing of a sweep:
 *
 *     observe ──> [rank] ────> trial (one per setting)
 *     observe ──> [search] ──> trial
 *     reference ─────────────> trial, fp32
 *
 * Every stage is shared by all trials that name its key. Stages are cut into parts that several children work on; parts
 * and trials are committed as they finish, so that stopping at any moment loses only what was running.
 */
export async function runSweep(options: RunSweepOptions): Promise<SweepOutcome> {
  const sweep = new SweepRun(options);
  const stop = (): void => void sweep.stop();
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    return await sweep.run();
  } finally {
    options.signal.removeEventListener('abort', stop);
  }
}

/** Stages before trials, and of trials the first ones first. */
const STAGE_PRIORITY = { observe: 3e6, reference: 2e6, rank: 1.5e6, search: 1e6 } as const;

class SweepRun {
  readonly #options: RunSweepOptions;
  readonly #queue: WorkQueue;
  readonly #stages: ReadonlyMap<ContentKey, PlannedStage>;
  readonly #finished: ReadonlySet<ContentKey>;
  readonly #running = new Map<ContentKey, Promise<void>>();
  readonly #failed: { label: string; errorClass: string; message: string }[] = [];
  readonly #costs: ReadonlyMap<ContentKey, WorkCost>;
  #best: BestTrial | null = null;
  #ran = 0;
  #interrupted = false;

  constructor(options: RunSweepOptions) {
    const { plan, store, pool, retries, onEvent } = options;
    this.#options = options;
    this.#queue = new WorkQueue(pool, store, retries, onEvent);
    this.#stages = new Map(plan.stages.map((s) => [s.key, s]));
    this.#finished = new Set([
      ...store.finishedStages(plan.stages.map((s) => s.key)),
      ...store.finishedTrials(plan.trials.map((t) => t.key)),
    ]);
    const { work } = estimateCost(plan, {
      finished: this.#finished,
      sampleCount: (source) => options.inputs.sampleCount(source),
      layerCount: ({ path }) => options.inputs.models.get(path)?.layers.length ?? 0,
      typicalDurationsMs: new Map(),
      slots: pool.size,
    });
    this.#costs = new Map(work.map((w) => [w.key, w]));
  }

  async stop(): Promise<void> {
    this.#interrupted = true;
    await this.#queue.stop();
  }

  async run(): Promise<SweepOutcome> {
    const { plan, onEvent } = this.#options;
    const missing = plan.trials.filter((t) => !this.#finished.has(t.key));
    this.#noteBestSoFar();
    onEvent({
      kind: 'started',
      trials: plan.trials.length,
      finishedTrials: plan.trials.length - missing.length,
      stages: plan.stages.length,
      finishedStages: plan.stages.filter((s) => this.#finished.has(s.key)).length,
      best: this.#best,
    });
    for (const { forwardPasses } of this.#costs.values()) this.#queue.expect(forwardPasses);
    const errors = await Promise.all(missing.map((trial) => this.#runTrial(trial)));
    const fatal = errors.find((e) => e instanceof Error);
    if (fatal instanceof Error) throw fatal;
    return {
      ran: this.#ran,
      cached: plan.trials.length - missing.length,
      failed: this.#failed,
      interrupted: this.#interrupted,
    };
  }

  /** Never rejects, so that no trial's work goes on unwatched: returns what is neither a failure nor an interruption. */
  async #runTrial(trial: PlannedTrial): Promise<Error | null> {
    try {
      await (trial.settings.role === 'fp32' ? this.#commitFp32(trial) : this.#evaluate(trial));
      return null;
    } catch (cause) {
      if (cause instanceof JobInterrupted || this.#interrupted) return null;
      if (isStoreFailure(cause)) {
        await this.stop();
        return cause;
      }
      try {
        const failure = failureRecord(cause);
        this.#options.store.failTrial(trial.key, failure);
        this.#failed.push({ label: trial.label, ...failure });
        this.#options.onEvent({ kind: 'failed', work: 'trial', label: trial.label, failure });
        return null;
      } catch (storeError) {
        await this.stop();
        return storeError instanceof Error ? storeError : new Error(String(storeError));
      }
    }
  }

  /** The fp32 trial is the reference stage's result under a trial's name. */
  async #commitFp32(trial: PlannedTrial): Promise<void> {
    await this.#stageDone(trial.referenceKey);
    const { store, optimizationLevel } = this.#options;
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
    const sha256 = this.#jobModel(trial.settings.model).sha256;
    store.finishTrial(trial, sha256, record, execution, optimizationLevel, null);
    this.#finishedTrial(trial, evaluation, 0);
  }

  async #evaluate(trial: PlannedTrial): Promise<void> {
    const keys = [trial.referenceKey, trial.observeKey!, trial.searchKey, trial.rankKey].filter((key) => key !== null);
    await allSettledOrFirstError(keys.map((key) => this.#stageDone(key)));
    const { store, optimizationLevel } = this.#options;
    const model = this.#jobModel(trial.settings.model);
    const { value, execution, attempt, durationMs } = await this.#queue.run({
      job: () => ({
        kind: 'trial',
        model,
        settings: trial.settings,
        observation: this.#observation(trial.observeKey!, trial.settings.calibration!, trial.settings.quantization!),
        alphas: trial.searchKey === null ? null : store.search(trial.searchKey)!.alphas,
        keptFloat: this.#keptFloat(trial),
        referenceArgmax: store.reference(trial.referenceKey)!.argmax,
      }),
      subject: { kind: 'trial', key: trial.key },
      label: trial.label,
      priority: -trial.position,
      cost: this.#costs.get(trial.key)?.forwardPasses ?? 0,
    });
    store.finishTrial(trial, model.sha256, value, execution, optimizationLevel, attempt);
    this.#finishedTrial(trial, value.evaluation, durationMs);
  }

  #keptFloat({ rankKey, settings }: PlannedTrial): readonly string[] {
    if (rankKey === null) return [];
    const ranking = this.#options.store.rank(rankKey)!;
    return ranking.slice(0, settings.layers!.keepFloat).map(({ layer }) => layer);
  }

  #finishedTrial(trial: PlannedTrial, evaluation: JobResults['trial']['evaluation'], durationMs: number): void {
    const metric = evaluation.primaryMetric;
    const value = evaluation.accuracies.find((a) => a.metric === metric && a.slice === '')!.value;
    this.#ran++;
    this.#noteBest(trial, value);
    this.#options.onEvent({ kind: 'trialFinished', trial, metric, value, durationMs, best: this.#best });
  }

  #noteBest(trial: PlannedTrial, value: number): void {
    if (trial.settings.role === 'fp32' || trial.settings.role === 'sensitivity') return;
    if (this.#best === null || value > this.#best.value) this.#best = { label: trial.label, value };
  }

  #noteBestSoFar(): void {
    const { plan, store } = this.#options;
    const values = store.primaryValues(plan.trials.map((t) => t.key));
    for (const trial of plan.trials) {
      const value = values.get(trial.key);
      if (value !== undefined) this.#noteBest(trial, value);
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
      switch (stage.kind) {
        case 'observe':
          await this.#observe(stage);
          break;
        case 'reference':
          await this.#reference(stage);
          break;
        case 'search':
          await this.#search(stage);
          break;
        case 'rank':
          await this.#rank(stage);
          break;
      }
    } catch (cause) {
      if (cause instanceof JobInterrupted || this.#interrupted || isStoreFailure(cause)) throw cause;
      const failure = failureRecord(cause);
      this.#options.store.failStage(stage.key, failure);
      this.#options.onEvent({ kind: 'failed', work: 'stage', label: `the ${stage.kind} stage`, failure });
      throw new StageFailed(stage.kind, failure);
    }
    this.#options.onEvent({ kind: 'stageFinished', stage, durationMs: performance.now() - start });
  }

  async #observe(stage: ObserveStage): Promise<void> {
    const model = this.#jobModel(stage.model);
    const parts = valuesOf(await this.#runParts(stage, observeParts(stage, model)));
    const observations = mergeObserveParts(stage, parts);
    this.#options.store.finishObserve(stage.key, model.sha256, observations, displayOf(parts));
  }

  async #reference(stage: ReferenceStage): Promise<void> {
    const { inputs, store } = this.#options;
    const model = this.#jobModel(stage.model);
    const samples = evaluationSamples(stage.evaluation, inputs);
    const parts = await this.#runParts(stage, referenceParts(stage, model, samples));
    const dataset = await openDataset(stage.evaluation.source, stage.preprocess);
    try {
      const { labels, groundTruth } = dataset;
      const context = { labels, groundTruth, referenceArgmax: null, sampleCount: samples };
      const result = await finishTask(stage.task, context, mergeMetricStates(valuesOf(parts)), this.#options.signal);
      const provider = [...new Set(parts.map((p) => p.provider))].join('+');
      store.finishReference(stage.key, model.sha256, { ...result, provider });
    } finally {
      dataset.close();
    }
  }

  async #search(stage: SearchStage): Promise<void> {
    await this.#stageDone(stage.observeKey);
    const model = this.#jobModel(stage.model);
    const observation = this.#observation(stage.observeKey, stage.calibration, stage.quantization);
    const parts = await this.#runParts(
      stage,
      searchParts(stage, model, observation, this.#options.inputs.models.get(stage.model.path)!.sizeBytes),
    );
    const found = chooseAlphas(valuesOf(parts), stage.search.ties);
    this.#options.store.finishSearch(stage.key, model.sha256, found);
  }

  async #rank(stage: RankStage): Promise<void> {
    await this.#stageDone(stage.observeKey);
    const model = this.#jobModel(stage.model);
    const observation = this.#observation(stage.observeKey, stage.calibration, stage.quantization);
    const parts = await this.#runParts(stage, rankParts(stage, model, observation));
    this.#options.store.finishRank(stage.key, model.sha256, mergeRanks(valuesOf(parts)));
  }

  /** Histograms, which are large, go to a child only where its calibrator reads them. */
  #observation(
    observeKey: ContentKey,
    { batches }: CalibrationSettings,
    { activation }: QuantizationSettings,
  ): ObservationRecord {
    const observation = this.#options.store.observation(observeKey, batches)!;
    if (activation.calibrator !== 'max') return observation;
    return { ...observation, inputs: observation.inputs.map((input) => ({ ...input, histograms: null })) };
  }

  /** Results of all parts in order; parts that an earlier run finished are taken from the store. */
  async #runParts<K extends PlannedStage['kind']>(
    stage: PlannedStage & { readonly kind: K },
    parts: readonly StagePart<Extract<Job, { kind: K }>>[],
  ): Promise<readonly PartResult<K>[]> {
    const stored = this.#options.store.stageParts(stage.key);
    const share = (this.#costs.get(stage.key)?.forwardPasses ?? 0) / parts.length;
    const results = parts.map(async ({ id, job }, index): Promise<PartResult<K>> => {
      if (stored.has(id)) {
        this.#queue.settle(share);
        // The store returns what an earlier run of the same part, by the same code version, put there.
        return stored.get(id) as PartResult<K>;
      }
      const result = await this.#queue.run<K>({
        job: () => job,
        subject: { kind: 'stage', key: stage.key, part: id },
        label: `${stage.kind} ${id}`,
        priority: STAGE_PRIORITY[stage.kind] - index,
        cost: share,
      });
      const part: PartResult<K> = { value: result.value, provider: result.execution.provider };
      this.#options.store.finishPart(result.attempt, stage.key, id, part, result.execution);
      return part;
    });
    return allSettledOrFirstError(results);
  }

  #jobModel(model: ModelSettings): JobModel {
    return { ...model, sha256: this.#options.inputs.modelSha256(model.path) };
  }
}

function evaluationSamples({ source, samples }: EvaluationSettings, inputs: SweepInputs): number {
  const count = inputs.sampleCount(source);
  return samples === 'all' ? count : Math.min(samples, count);
}

/** The store can't write (disk full, locked, ...): no fault of the trial, and no trial after it would fare better. */
function isStoreFailure(cause: unknown): cause is StoreError {
  return cause instanceof StoreError && cause.code !== 'non-finite';
}

/** What a finished part of a stage is stored as. */
interface PartResult<K extends Job['kind']> {
  readonly value: JobResults[K];
  readonly provider: string;
}

function valuesOf<K extends Job['kind']>(parts: readonly PartResult<K>[]): readonly JobResults[K][] {
  return parts.map((p) => p.value);
}

/** Waits for all, also when one fails: no part goes on unwatched after its stage has failed. */
async function allSettledOrFirstError<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
