import type { TrialSettings } from '../experiment/sections/canonical-settings.js';
import { withoutStop } from '../experiment/sections/data.js';
import { MemoByParts } from '../memo/memo-by-parts.js';
import { calibrators } from '../calibrate/calibrators/registry.js';
import type { PlacingTargetName } from '../targets/registry.js';
import type { AbsmaxMethod } from '../calibrate/absmax-method.js';
import { momentsOfSearch } from '../experiment/sections/search.js';
import { readsMoments, roundingOf, withoutMoments } from '../experiment/sections/quantization.js';
import type { CalibrationSettings, LayerSettings, QuantizationSettings } from '../experiment/sections/settings.js';
import { keepFloatLossOf, keepFloatSpeedOf, type FrontierSettings } from '../experiment/sections/layers.js';
import {
  keepKey,
  momentsGroup,
  momentsKey,
  observeGroup,
  observeKey,
  rankKey,
  referenceKey,
  searchKey,
} from './content-key.js';
import type {
  ContentKey,
  KeepStage,
  MomentsData,
  MomentsStage,
  ObserveStage,
  PlanContext,
  PlannedStage,
  RankStage,
  ReferenceStage,
  SearchStage,
} from './plan.js';
import { memoizeByContent } from '../memo/memoize-by-content.js';
import { snapshotSizes } from './snapshot-sizes.js';

/** The stages that one trial waits for; null where it needs none of the kind. */
export interface TrialStages {
  readonly referenceKey: ContentKey;
  readonly observeKey: ContentKey | null;
  readonly momentsKey: ContentKey | null;
  readonly searchKey: ContentKey | null;
  readonly rankKey: ContentKey | null;
  readonly keepKey: ContentKey | null;
}

export interface MergedStages {
  /**
   * References, observations, second moments, rankings and searches, each once, in order of first
   * use.
   */
  readonly stages: readonly PlannedStage[];
  /** One entry a trial, in the order of the trials. */
  readonly ofTrials: readonly TrialStages[];
}

type GroupedSettings = Pick<TrialSettings, 'model' | 'preprocess'>;
type GroupOf = (settings: GroupedSettings, calibration: CalibrationSettings) => string;

/**
 * Calibration passes by what they must have in common, each as long as its most demanding trial
 * needs.
 */
function mergeObserves(
  trials: readonly TrialSettings[],
  groupOf: GroupOf,
  context: PlanContext,
): ReadonlyMap<string, ObserveStage> {
  const groups = new Map<
    string,
    {
      trial: TrialSettings;
      batches: Set<number>;
      methods: Set<AbsmaxMethod>;
      histograms: boolean;
      targets: Set<PlacingTargetName>;
    }
  >();
  for (const trial of trials) {
    if (trial.calibration === null) continue;
    const name = groupOf(trial, trial.calibration);
    const group = groups.get(name) ?? {
      trial,
      batches: new Set<number>(),
      methods: new Set<AbsmaxMethod>(),
      histograms: false,
      targets: new Set<PlacingTargetName>(),
    };
    groups.set(name, group);
    group.batches.add(trial.calibration.batches);
    if (trial.smoothing.absmax !== null) group.methods.add(trial.smoothing.absmax);
    if (readsHistograms(trial)) group.histograms = true;
    if (trial.target !== undefined && trial.target !== 'layers-only') group.targets.add(trial.target);
  }
  return new Map(
    [...groups].map(([name, { trial, batches, methods, histograms, targets }]) => {
      const required = [...batches].sort((a, b) => a - b);
      const content = {
        model: trial.model,
        preprocess: trial.preprocess,
        calibration: { ...trial.calibration!, batches: required.at(-1)! },
        snapshots: snapshotSizes(required),
        // Range and statistics per channel are what every quantizer needs.
        methods: methods.has('view') ? (['channel', 'view'] as const) : (['channel'] as const),
        histograms,
        ...(targets.size === 0 ? {} : { targets: [...targets].sort() }),
        required,
      };
      return [name, { kind: 'observe', key: observeKey(content, context), ...content }];
    }),
  );
}

/**
 * Numbers of samples whose second moments the work of a trial goes by; none where it goes by none.
 */
function momentsSizes({ quantization, search }: TrialSettings): readonly number[] {
  const searched = search && momentsOfSearch(search);
  return [
    ...(quantization !== null && readsMoments(quantization) ? [roundingOf(quantization).samples] : []),
    ...(searched === null ? [] : [searched]),
  ];
}

function momentsData({ batchSize: _size, batches: _batches, ...data }: CalibrationSettings): MomentsData {
  return data;
}

/**
 * Passes for second moments by what they must have in common, each with the operators and
 * sizes of all trials.
 */
function mergeMoments(
  trials: readonly TrialSettings[],
  groupOf: GroupOf,
  context: PlanContext,
): ReadonlyMap<string, MomentsStage> {
  const groups = new Map<
    string,
    { trial: TrialSettings; sizes: Set<number>; ops: Set<LayerSettings['ops'][number]> }
  >();
  for (const trial of trials) {
    const sizes = momentsSizes(trial);
    if (trial.calibration === null || trial.layers === null || sizes.length === 0) continue;
    const name = groupOf(trial, trial.calibration);
    const group = groups.get(name) ?? { trial, sizes: new Set(), ops: new Set() };
    groups.set(name, group);
    for (const size of sizes) group.sizes.add(size);
    for (const op of trial.layers.ops) group.ops.add(op);
  }
  return new Map(
    [...groups].map(([name, { trial, sizes, ops }]) => {
      const content = {
        model: trial.model,
        preprocess: trial.preprocess,
        calibration: momentsData(trial.calibration!),
        ops: [...ops].sort(),
        samples: [...sizes].sort((a, b) => a - b),
      };
      return [name, { kind: 'moments', key: momentsKey(content, context), ...content }];
    }),
  );
}

function readsHistograms({ quantization }: TrialSettings): boolean {
  return quantization !== null && calibrators[quantization.activation.calibrator].reads === 'histograms';
}

function referenceOf(trial: TrialSettings, context: PlanContext): ReferenceStage {
  const { model, preprocess, task } = trial;
  const content = { model, preprocess, evaluation: withoutStop(trial.evaluation), task };
  return { kind: 'reference', key: referenceKey(content, context), ...content };
}

/** What a search or ranking takes of a trial; null where nothing is quantized. */
function quantizedContent({ model, preprocess, calibration, layers, quantization, smoothing, task }: TrialSettings) {
  if (calibration === null || layers === null || quantization === null) return null;
  return {
    model,
    preprocess,
    calibration,
    layers: forEveryLayer(layers),
    quantization: forStages(quantization),
    smoothing,
    task,
  };
}

/**
 * A search judges each layer by itself, so it divides the layer's own input, also where 1/s is to
 * be folded later.
 */
function searchContent(trial: TrialSettings) {
  const common = quantizedContent(trial);
  const { search } = trial;
  if (common === null || search === null) return null;
  return { ...common, smoothing: { ...common.smoothing, apply: 'insert' as const }, search };
}

/** Samples that layers are ranked on, as many as a search takes by default. */
const RANK_SAMPLES = 256;

function rankContent(trial: TrialSettings) {
  const common = quantizedContent(trial);
  const keepFloat = trial.layers?.keepFloat;
  const frontier = trial.layers?.frontier;
  if (common !== null && frontier !== undefined) return errorsContent(common, trial.quantization!, frontier);
  if (common === null || keepFloat === 0 || keepFloat === 'slower') return null;
  const { batchSize, batches } = common.calibration;
  return { ...common, samples: Math.min(RANK_SAMPLES, batchSize * batches) };
}

/** Each layer alone at the fewest bits, rounded as the trial rounds, and its errors at all bits. */
function errorsContent(
  common: NonNullable<ReturnType<typeof quantizedContent>>,
  { weight, biasCorrection: _corrected, ...rest }: QuantizationSettings,
  frontier: FrontierSettings,
) {
  const errorBits = frontier.bits.filter((bits) => bits !== 'float');
  const { batchSize, batches } = common.calibration;
  return {
    ...common,
    quantization: {
      ...rest,
      weight: { ...weight, bits: errorBits[0]! },
      biasCorrection: { method: 'none' as const, samples: 0 },
    },
    samples: Math.min(RANK_SAMPLES, batchSize * batches),
    errorBits,
  };
}

/**
 * A search or ranking is of every layer, whichever a trial then quantizes, so that trials share it.
 */
function forEveryLayer(layers: LayerSettings): LayerSettings {
  const {
    keepFloatLoss: _loss,
    keepFloatBatch: _batch,
    keepFloatThreads: _threads,
    frontier: _frontier,
    ...rest
  } = layers;
  return { ...rest, sensitivity: 'none', focus: '*', keepFloat: 0 };
}

/** Null where the settings say how many layers stay in float. */
function keepStage(
  settings: TrialSettings,
  {
    reference,
    observe,
    rank,
    moments,
  }: { reference: ReferenceStage; observe: ObserveStage; rank: RankStage | null; moments: MomentsStage | null },
  context: PlanContext,
): KeepStage | null {
  const { layers, model } = settings;
  const keyed = () => ({
    kind: 'keep' as const,
    key: keepKey(settings, context),
    observeKey: observe.key,
    ...{ model, settings },
  });
  if (layers?.keepFloat === 'slower') return { ...keyed(), by: 'speed', ...keepFloatSpeedOf(layers) };
  const read = moments !== null && readsMoments(settings.quantization!) ? { momentsKey: moments.key } : {};
  if (layers?.frontier !== undefined && rank !== null) {
    const keys = { referenceKey: reference.key, rankKey: rank.key, ...read };
    return { ...keyed(), by: 'frontier', ...keys, frontier: layers.frontier };
  }
  if (layers?.keepFloat !== 'auto' || rank === null) return null;
  return {
    ...keyed(),
    by: 'accuracy',
    ...{ referenceKey: reference.key, rankKey: rank.key, loss: keepFloatLossOf(layers) },
    ...read,
  };
}

/**
 * Searches and rankings come before bias correction and rounding by second moments, which would be
 * done anew for every candidate, and always simulate.
 */
function forStages(quantization: QuantizationSettings): QuantizationSettings {
  return { ...withoutMoments(quantization), biasCorrection: { method: 'none', samples: 0 }, execution: 'simulated' };
}

/**
 * The work that trials share, each piece once: FP32 passes, calibration passes, second moments,
 * rankings, searches.
 */
export function mergeStages(trials: readonly TrialSettings[], context: PlanContext): MergedStages {
  // Thousands of trials share a few stages, each keyed once.
  const groups = new MemoByParts<string>();
  const groupOf: GroupOf = ({ model, preprocess }, calibration) =>
    groups.get([model, preprocess, calibration], () => observeGroup({ model, preprocess, calibration }, context));
  const observes = mergeObserves(trials, groupOf, context);
  const momentsGroups = new MemoByParts<string>();
  const momentsGroupOf: GroupOf = ({ model, preprocess }, calibration) =>
    momentsGroups.get([model, preprocess, calibration], () =>
      momentsGroup({ model, preprocess, calibration: momentsData(calibration) }, context),
    );
  const moments = mergeMoments(trials, momentsGroupOf, context);
  const references = new MemoByParts<ReferenceStage>();
  const stageOf = {
    search: memoizeByContent((content: NonNullable<ReturnType<typeof searchContent>>): SearchStage => {
      const { key: observeKey } = observes.get(groupOf(content, content.calibration))!;
      const read =
        momentsOfSearch(content.search) === null ? null : moments.get(momentsGroupOf(content, content.calibration))!;
      const keys = { observeKey, ...(read === null ? {} : { momentsKey: read.key }) };
      return { kind: 'search', key: searchKey(content, context), ...keys, ...content };
    }),
    rank: memoizeByContent((content: NonNullable<ReturnType<typeof rankContent>>): RankStage => {
      const { key: observeKey } = observes.get(groupOf(content, content.calibration))!;
      const read = 'errorBits' in content && readsMoments(content.quantization);
      const momentsKey = read ? moments.get(momentsGroupOf(content, content.calibration))!.key : undefined;
      const keys = { observeKey, ...(momentsKey === undefined ? {} : { momentsKey }) };
      return { kind: 'rank', key: rankKey(content, context), ...keys, ...content };
    }),
  };
  const byKind = {
    reference: new Map<ContentKey, PlannedStage>(),
    observe: new Map<ContentKey, PlannedStage>(),
    moments: new Map<ContentKey, PlannedStage>(),
    rank: new Map<ContentKey, PlannedStage>(),
    search: new Map<ContentKey, PlannedStage>(),
    keep: new Map<ContentKey, PlannedStage>(),
  };
  const add = <Stage extends PlannedStage>(stage: Stage): Stage => {
    if (!byKind[stage.kind].has(stage.key)) byKind[stage.kind].set(stage.key, stage);
    return stage;
  };
  const ofTrials = trials.map((trial): TrialStages => {
    const { model, preprocess, evaluation, task } = trial;
    const reference = add(references.get([model, preprocess, evaluation, task], () => referenceOf(trial, context)));
    const observe = trial.calibration && add(observes.get(groupOf(trial, trial.calibration))!);
    const read =
      trial.calibration === null || momentsSizes(trial).length === 0
        ? null
        : add(moments.get(momentsGroupOf(trial, trial.calibration))!);
    const searched = searchContent(trial);
    const search = searched && add(stageOf.search(searched));
    const ranked = rankContent(trial);
    const rank = ranked && add(stageOf.rank(ranked));
    const keep = observe && keepStage(trial, { reference, observe, rank, moments: read }, context);
    if (keep !== null) add(keep);
    return {
      referenceKey: reference.key,
      observeKey: observe?.key ?? null,
      momentsKey: read?.key ?? null,
      searchKey: search?.key ?? null,
      rankKey: rank?.key ?? null,
      keepKey: keep?.key ?? null,
    };
  });
  const kinds = [byKind.reference, byKind.observe, byKind.moments, byKind.rank, byKind.search, byKind.keep];
  const stages = kinds.flatMap((kind) => [...kind.values()]);
  return { stages, ofTrials };
}
