import { mergeMoments, momentsOfSums, type MomentSums } from '../calibrate/moments/moment-sums.js';
import { openDataset } from '../formats/open-dataset.js';
import { judgeReference } from '../reference/judge-reference.js';
import { mergeNamedSurveys } from '../reference/output-survey.js';
import { momentsOfSearch } from '../experiment/sections/search.js';
import type { EvaluationSettings } from '../experiment/sections/settings.js';
import { expectedTries, type WorkCost } from '../plan/estimate/estimate-cost.js';
import { evaluationBatch, type BatchLimits } from '../plan/estimate/estimate-memory.js';
import type {
  ContentKey,
  AccuracyKeepStage,
  FrontierKeepStage,
  KeepStage,
  MomentsStage,
  ObserveStage,
  PlannedStage,
  RankStage,
  ReferenceStage,
  SearchStage,
  SpeedKeepStage,
  TrialSettings,
} from '../plan/plan.js';
import type { StopRule, TrialJob } from '../engine/jobs/trial/trial-job.js';
import type { KeepRecord } from '../records/keep-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../records/trial-record.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import { samplesPerRun, type JobKind, type JobOf, type JobResults } from '../engine/jobs/jobs.js';
import { unpackSums } from '../engine/jobs/moments/packed-sums.js';
import { momentsSize } from '../prepare/moments-size.js';
import { jobModel } from '../prepare/job-model.js';
import { finishTask, mergeMetricStates } from '../tasks/task-metric.js';
import type { SweepStore } from '../store/store.js';
import { allSettledOrFirstError } from './all-settled.js';
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
import { idOf, momentsParts, partsPerOctave, rangesOf } from './moments-parts.js';
import type { SharedResults } from './shared-results.js';
import { evaluationLimit } from './evaluation-limit.js';
import { NothingKeptError } from './nothing-kept-error.js';
import type { Patience } from './patience.js';
import { allowedDrop, type Drop } from './drop-from-reference.js';
import { frontierLayers } from './frontier-layers.js';
import { BOUND_CONFIDENCE, boundOf, dropOf, frontierLoss, precisionsOf, thinnedCurve } from './frontier-jobs.js';
import { orderSeedOf } from './order-seed.js';
import { contentKey } from '../plan/content-key.js';
import { NothingWithinError } from './nothing-within-error.js';
import { cheapestWithin, MOST_EVALUATIONS } from '../frontier/cheapest-within.js';
import type { FrontierRecord, LayerBitsRecord } from '../records/frontier-record.js';
import { roundingOf } from '../experiment/sections/quantization.js';
import { smallestKept, type KeepTry } from './smallest-kept.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';
import type { WorkQueue } from './work-queue.js';

/** Stages before trials, whose priority is below 0; of trials the first ones first. */
const STAGE_PRIORITY = { observe: 3e6, moments: 2.5e6, reference: 2e6, rank: 1.5e6, search: 1e6, keep: 0.5e6 } as const;

/** The one part of a search by speed. */
const PLACED = 'layers in float';

/**
 * What a finished evaluation of bits is stored as; value and drop are estimates where it was
 * stopped.
 */
interface EvaluatedBits extends Drop {
  readonly divergence: number | null;
  readonly seen: number;
  readonly stopped?: 'test' | 'certain';
}

/** A trial with other precisions of its layers. */
interface TrialTry {
  /** Names it among the parts of its stage. */
  readonly part: string;
  readonly label: string;
  readonly loss: TrialSettings['loss'];
  readonly precisions: Pick<TrialJob, 'keptFloat' | 'weightBits'>;
  /** Absent: it is evaluated whole. */
  readonly stop?: StopRule | null;
}

/** What stages need of their sweep. */
interface StageSurroundings {
  readonly inputs: SweepInputs;
  readonly store: SweepStore;
  readonly shared: SharedResults;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly memory?: ReadonlyMap<string, BatchLimits>;
  readonly macs?: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * Runs stages: cut into parts that several children work on, joined and committed when all parts
 * are there.
 */
export class StageWork {
  readonly #options: StageSurroundings;
  readonly #queue: WorkQueue;
  readonly #costs: ReadonlyMap<ContentKey, WorkCost>;
  readonly #stageDone: (key: ContentKey) => Promise<void>;

  /** @param stageDone resolves when another stage, which this one needs, is finished */
  constructor(
    options: StageSurroundings,
    queue: WorkQueue,
    costs: ReadonlyMap<ContentKey, WorkCost>,
    stageDone: (key: ContentKey) => Promise<void>,
  ) {
    this.#options = options;
    this.#queue = queue;
    this.#costs = costs;
    this.#stageDone = stageDone;
  }

  /** Runs what is missing of a stage and commits it. */
  async run(stage: PlannedStage): Promise<void> {
    switch (stage.kind) {
      case 'observe':
        return this.#observe(stage);
      case 'moments':
        return this.#moments(stage);
      case 'reference':
        return this.#reference(stage);
      case 'search':
        return this.#search(stage);
      case 'rank':
        return this.#rank(stage);
      case 'keep':
        switch (stage.by) {
          case 'accuracy':
            return this.#keep(stage);
          case 'speed':
            return this.#keepSlower(stage);
          case 'frontier':
            return this.#frontier(stage);
        }
    }
  }

  async #observe(stage: ObserveStage): Promise<void> {
    const model = jobModel(stage.model, this.#options.inputs);
    const parts = valuesOf(await this.#runParts(stage, observeParts(stage, model)));
    const observations = mergeObserveParts(stage, parts);
    await this.#write((store) => {
      store.finishObserve(stage.key, model.sha256, observations, displayOf(parts));
    });
  }

  async #moments(stage: MomentsStage): Promise<void> {
    const { inputs } = this.#options;
    const model = jobModel(stage.model, inputs);
    const perOctave = partsPerOctave(momentsSize(stage, inputs));
    const parts = momentsParts(stage, model, perOctave);
    const results = valuesOf(await this.#runParts(stage, parts));
    const byId = new Map(parts.map(({ id }, index) => [id, results[index]!]));
    // Unpacked one after the other: they are large.
    const prefixes = stage.samples.map((samples) => {
      const sums = rangesOf(samples, perOctave).reduce<MomentSums | null>((before, range) => {
        const own = unpackSums(byId.get(idOf(range))!);
        return before === null ? own : mergeMoments([before, own]);
      }, null);
      return momentsOfSums(sums!);
    });
    await this.#write((store) => {
      store.finishMoments(stage.key, model.sha256, prefixes);
    });
  }

  async #reference(stage: ReferenceStage): Promise<void> {
    const { inputs } = this.#options;
    const model = jobModel(stage.model, this.#options.inputs, stage.task);
    const samples = evaluationSamples(stage.evaluation, inputs);
    const parts = await this.#runParts(stage, referenceParts(stage, model, samples));
    const dataset = await openDataset(stage.evaluation.source, stage.preprocess);
    try {
      const { labels, groundTruth } = dataset;
      const names = dataset.names ?? null;
      const context = { labels, groundTruth, names, referenceArgmax: null, sampleCount: samples };
      const result = await finishTask(stage.task, context, mergeMetricStates(valuesOf(parts)), this.#options.signal);
      const provider = [...new Set(parts.flatMap((p) => p.provider.split('+')))].sort().join('+');
      const surveys = mergeNamedSurveys(parts.map(({ value }) => value.surveys));
      const warnings = judgeReference({ ...stage, ...result, labels, surveys });
      await this.#write((store) => {
        store.finishReference(stage.key, model.sha256, { ...result, provider, warnings });
      });
    } finally {
      dataset.close();
    }
  }

  async #search(stage: SearchStage): Promise<void> {
    const { inputs, shared } = this.#options;
    const { momentsKey } = stage;
    await allSettledOrFirstError(
      [stage.observeKey, ...(momentsKey === undefined ? [] : [momentsKey])].map((key) => this.#stageDone(key)),
    );
    const model = jobModel(stage.model, inputs, stage.task);
    const observation = shared.observation(stage.observeKey, stage.calibration, stage.quantization);
    const moments = momentsKey === undefined ? null : shared.moments(momentsKey, momentsOfSearch(stage.search)!);
    const { sizeBytes } = inputs.models.get(stage.model.path)!;
    const parts = await this.#runParts(stage, searchParts(stage, model, observation, sizeBytes, moments));
    const found = chooseAlphas(valuesOf(parts), stage.search.ties);
    await this.#write((store) => {
      store.finishSearch(stage.key, model.sha256, found);
    });
  }

  async #rank(stage: RankStage): Promise<void> {
    const { momentsKey } = stage;
    const needed = [stage.observeKey, ...(momentsKey === undefined ? [] : [momentsKey])];
    await allSettledOrFirstError(needed.map((key) => this.#stageDone(key)));
    const model = jobModel(stage.model, this.#options.inputs, stage.task);
    const observation = this.#options.shared.observation(stage.observeKey, stage.calibration, stage.quantization);
    const moments =
      stage.momentsKey === undefined
        ? null
        : this.#options.shared.moments(stage.momentsKey, roundingOf(stage.quantization).samples);
    const parts = await this.#runParts(stage, rankParts(stage, model, observation, moments));
    await this.#write((store) => {
      store.finishRank(stage.key, model.sha256, mergeRanks(valuesOf(parts)));
    });
  }

  /** @throws NothingKeptError where no number of layers in float is enough */
  async #keep(stage: AccuracyKeepStage): Promise<void> {
    const { store, inputs } = this.#options;
    await allSettledOrFirstError(
      [
        stage.referenceKey,
        stage.observeKey,
        stage.rankKey,
        ...(stage.momentsKey === undefined ? [] : [stage.momentsKey]),
      ].map((key) => this.#stageDone(key)),
    );
    const model = jobModel(stage.model, inputs);
    const { settings } = stage;
    const { evaluation } = store.reference(stage.referenceKey)!;
    const fp32 = primaryAccuracy(evaluation)!.value;
    // The ranking is of layers by themselves, whatever a target makes of them.
    const quantized = new Set(inputs.selectedLayers(stage.model.path, settings.layers!, settings.target));
    const ranked = store.rank(stage.rankKey)!.flatMap(({ layer }) => (quantized.has(layer) ? [layer] : []));
    const expected = this.#costs.get(stage.key)?.forwardPasses ?? 0;
    const cost = expected / expectedTries(ranked.length);
    const tryTrial = this.#trialTries<KeepTry>(stage, cost);
    const evaluate = async (layers: readonly string[]): Promise<KeepTry> => {
      const found = await tryTrial(
        {
          part: `${layers.length} in float${layers.length === 0 ? '' : `: ${layers.join(', ')}`}`,
          label: `keep ${layers.length} of ${ranked.length} layers in float`,
          loss: { ...settings.loss!, samples: 1 },
          precisions: { keptFloat: layers },
        },
        (value) => {
          const own = primaryAccuracy(evaluated(value))!.value;
          return { layers, value: own, loss: fp32 - own };
        },
      );
      // An array that was read back has other bytes when it is stored again.
      return { ...found, layers };
    };
    const { tries, chosen } = await smallestKept(ranked, stage.loss, evaluate);
    this.#queue.settle(Math.max(0, expected - cost * tries.length));
    if (chosen === null) throw new NothingKeptError(tries.at(-1)!, stage.loss, evaluation.primaryMetric);
    const metric = evaluation.primaryMetric;
    await this.#write(() => {
      store.finishKeep(
        stage.key,
        model.sha256,
        tries.map((each) => ({ ...each, metric, chosen: each === chosen })),
      );
    });
  }

  /** @throws NothingWithinError where no bits keep the drop within the goal */
  async #frontier(stage: FrontierKeepStage): Promise<void> {
    const { store, inputs } = this.#options;
    const needed = [stage.referenceKey, stage.observeKey, stage.rankKey, stage.momentsKey];
    await allSettledOrFirstError(needed.filter((key) => key !== undefined).map((key) => this.#stageDone(key)));
    const model = jobModel(stage.model, inputs);
    const { key, settings, frontier } = stage;
    const { path } = stage.model;
    const { evaluation: fp32 } = store.reference(stage.referenceKey)!;
    const layers = frontierLayers({
      stage,
      layers: inputs.layersOf(path),
      selected: inputs.selectedLayers(path, settings.layers!),
      ranking: store.rank(stage.rankKey)!,
      macs: this.#options.macs?.get(path),
    });
    const bitsOf = (choices: readonly number[]): LayerBitsRecord =>
      choices.map((choice, l) => [layers[l]!.layer, layers[l]!.choices[choice]!.bits]);
    const cost = (this.#costs.get(stage.key)?.forwardPasses ?? 0) / MOST_EVALUATIONS;
    const tryTrial = this.#trialTries<EvaluatedBits>(stage, cost);
    const metric = fp32.primaryMetric;
    const allowed = allowedDrop(frontier.maxDrop, metric, settings.task);
    const bound = boundOf(fp32, allowed);
    const found = new Map<string, EvaluatedBits>();
    const evaluate = async (choices: readonly number[]): Promise<EvaluatedBits> => {
      const bits = bitsOf(choices);
      const part = `bits ${bits.map(([, own]) => own ?? 'float').join(' ')}`;
      const own = await tryTrial(
        {
          part,
          label: `bits of ${layers.length} layers, evaluation ${found.size + 1}`,
          loss: frontierLoss(settings),
          precisions: precisionsOf(bits),
          stop: bound && { ...bound, against: stage.referenceKey, orderSeed: orderSeedOf(contentKey({ key, part })) },
        },
        (value) => ({ ...dropOf(value, fp32), divergence: value.outputDivergence }),
      );
      found.set(choices.join(), own);
      return own;
    };
    const { tries, chosen, isBracketed, curve } = await cheapestWithin({ layers, maxDrop: allowed, evaluate });
    this.#queue.settle(Math.max(0, cost * (MOST_EVALUATIONS - tries.length)));
    if (chosen === null) {
      const drops = tries.flatMap(({ drop, stopped }) => (stopped === undefined ? [drop] : []));
      const least = drops.length === 0 ? null : Math.min(...drops);
      throw new NothingWithinError(least, allowed, metric, tries.length);
    }
    const record: FrontierRecord = {
      ...{ metric, allowed, minimize: frontier.minimize, isBracketed },
      confidence: bound === null ? null : BOUND_CONFIDENCE,
      tries: tries.map((each) => {
        const own = found.get(each.choices.join())!;
        return {
          ...{ bits: bitsOf(each.choices), cost: each.cost, predicted: each.predicted },
          ...own,
          ...(own.stopped === undefined ? {} : { value: null, drop: null }),
          chosen: each === chosen,
        };
      }),
      curve: thinnedCurve(curve).map(({ choices, cost: own, damage }) => ({
        ...{ bits: bitsOf(choices), cost: own, predicted: damage },
      })),
    };
    await this.#write(() => {
      store.finishFrontier(stage.key, model.sha256, record);
    });
  }

  /**
   * Evaluates the trial of a stage with other precisions of its layers: a part of the stage, taken
   * from the store where an earlier run finished it.
   *
   * @param cost of one such evaluation
   */
  #trialTries<Found>(stage: AccuracyKeepStage | FrontierKeepStage, cost: number) {
    const { store, inputs, shared } = this.#options;
    const { settings } = stage;
    const { path } = stage.model;
    const model = jobModel(stage.model, inputs);
    const stored = store.stageParts(stage.key);
    const { batchSize } = settings.evaluation;
    return async (
      { part, label, loss, precisions, stop = null }: TrialTry,
      foundIn: (value: TrialRecord | StoppedTrialRecord) => Found,
    ) => {
      if (stored.has(part)) {
        this.#queue.settle(cost);
        return stored.get(part) as Found;
      }
      const { value, execution, attempt } = await this.#queue.run<'trial'>({
        job: () => ({
          kind: 'trial',
          model,
          settings: { ...settings, loss },
          observation: shared.observation(stage.observeKey, settings.calibration!, settings.quantization!),
          moments: shared.momentsOf(stage),
          alphas: null,
          ...precisions,
          referenceArgmax: shared.referenceArgmax(stage.referenceKey),
          stop,
        }),
        subject: { kind: 'stage', key: stage.key, part },
        label,
        priority: STAGE_PRIORITY.keep,
        cost,
        batchSize: evaluationBatch(batchSize),
        batchLimit: evaluationLimit(batchSize, this.#options.memory?.get(path)?.trial),
      });
      const found = foundIn(value);
      await this.#write(() => {
        store.finishPart(attempt, stage.key, part, found, execution);
      });
      return found;
    };
  }

  /** By measurement on the machine that runs it, with nothing else of the sweep beside it. */
  async #keepSlower(stage: SpeedKeepStage): Promise<void> {
    const { inputs, shared, store } = this.#options;
    await this.#stageDone(stage.observeKey);
    const { settings, batchSize, threads } = stage;
    const model = jobModel(stage.model, inputs);
    const finish = (found: KeepRecord): Promise<void> =>
      this.#write(() => {
        store.finishKeep(stage.key, model.sha256, found);
      });
    const stored = store.stageParts(stage.key);
    const cost = this.#costs.get(stage.key)?.forwardPasses ?? 0;
    if (stored.has(PLACED)) {
      this.#queue.settle(cost);
      return finish(stored.get(PLACED) as KeepRecord);
    }
    const { value, execution, attempt } = await this.#queue.run<'place'>({
      job: () => ({
        ...{ kind: 'place', model, settings, batchSize, threads },
        observation: shared.observation(stage.observeKey, settings.calibration!, settings.quantization!),
      }),
      subject: { kind: 'stage', key: stage.key, part: PLACED },
      label: 'time layers in float',
      priority: STAGE_PRIORITY.keep,
      ...{ cost, batchSize, batchLimit: null, isAlone: true },
    });
    await this.#write(() => {
      store.finishPart(attempt, stage.key, PLACED, value, execution);
    });
    return finish(value);
  }

  #write(work: (store: SweepStore) => void): Promise<void> {
    return this.#options.patience.write(() => {
      work(this.#options.store);
    });
  }

  /** Samples of one run that memory allows; null where the settings say how many. */
  #limitOf(stage: Exclude<PlannedStage, KeepStage>): number | null {
    const limits = this.#options.memory?.get(stage.model.path);
    if (stage.kind === 'reference') return evaluationLimit(stage.evaluation.batchSize, limits?.reference);
    if (stage.kind === 'moments') return null;
    return limits?.[stage.kind] ?? null;
  }

  /** Results of all parts in order; parts that an earlier run finished are taken from the store. */
  async #runParts<K extends Exclude<PlannedStage, KeepStage>['kind']>(
    stage: Exclude<PlannedStage, KeepStage> & { readonly kind: K },
    parts: readonly StagePart<JobOf<K>>[],
  ): Promise<readonly PartResult<K>[]> {
    const stored = this.#options.store.stageParts(stage.key);
    const share = (this.#costs.get(stage.key)?.forwardPasses ?? 0) / parts.length;
    const results = parts.map(async ({ id, job }, index): Promise<PartResult<K>> => {
      if (stored.has(id)) {
        this.#queue.settle(share);
        // The store returns what an earlier run of the same part, by the same code version, put
        // there.
        return stored.get(id) as PartResult<K>;
      }
      const result = await this.#queue.run<K>({
        job: () => job,
        subject: { kind: 'stage', key: stage.key, part: id },
        label: `${stage.kind} ${id}`,
        priority: STAGE_PRIORITY[stage.kind] - index,
        cost: share,
        batchSize: samplesPerRun(job),
        batchLimit: this.#limitOf(stage),
      });
      const part: PartResult<K> = { value: result.value, provider: result.execution.provider };
      await this.#write((store) => {
        store.finishPart(result.attempt, stage.key, id, part, result.execution);
      });
      return part;
    });
    return allSettledOrFirstError(results);
  }
}

function evaluated(value: TrialRecord | StoppedTrialRecord): TrialRecord['evaluation'] {
  if ('stopped' in value) throw new Error('Invariant: what is evaluated whole is not stopped.');
  return value.evaluation;
}

function evaluationSamples({ source, samples }: EvaluationSettings, inputs: SweepInputs): number {
  const count = inputs.sampleCount(source);
  return samples === 'all' ? count : Math.min(samples, count);
}

/** What a finished part of a stage is stored as. */
interface PartResult<K extends JobKind> {
  readonly value: JobResults[K];
  readonly provider: string;
}

function valuesOf<K extends JobKind>(parts: readonly PartResult<K>[]): readonly JobResults[K][] {
  return parts.map((p) => p.value);
}
