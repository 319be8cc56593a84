import type { TrialSettings } from '../experiment/canonical-settings.js';
import type { AbsmaxMethod, LayerSettings, QuantizationSettings } from '../experiment/settings.js';
import { observeGroup, observeKey, rankKey, referenceKey, searchKey } from './content-key.js';
import type {
  ContentKey,
  ObserveStage,
  PlanContext,
  PlannedStage,
  RankStage,
  ReferenceStage,
  SearchStage,
} from './plan.js';
import { snapshotSizes } from './snapshot-sizes.js';

/** The stages that one trial waits for; null where it needs none of the kind. */
export interface TrialStages {
  readonly referenceKey: ContentKey;
  readonly observeKey: ContentKey | null;
  readonly searchKey: ContentKey | null;
  readonly rankKey: ContentKey | null;
}

export interface MergedStages {
  /** References, observations, rankings and searches, each once, in order of first use. */
  readonly stages: readonly PlannedStage[];
  /** One entry a trial, in the order of the trials. */
  readonly ofTrials: readonly TrialStages[];
}

/** Calibration passes by what they must have in common, each as long as its most demanding trial needs. */
function mergeObserves(trials: readonly TrialSettings[], context: PlanContext): ReadonlyMap<string, ObserveStage> {
  const groups = new Map<
    string,
    { trial: TrialSettings; batches: Set<number>; methods: Set<AbsmaxMethod>; histograms: boolean }
  >();
  for (const trial of trials) {
    if (trial.calibration === null) continue;
    const name = observeGroup({ ...trial, calibration: trial.calibration }, context);
    const group = groups.get(name) ?? {
      trial,
      batches: new Set<number>(),
      methods: new Set<AbsmaxMethod>(),
      histograms: false,
    };
    groups.set(name, group);
    group.batches.add(trial.calibration.batches);
    if (trial.smoothing.absmax !== null) group.methods.add(trial.smoothing.absmax);
    if (readsHistograms(trial)) group.histograms = true;
  }
  return new Map(
    [...groups].map(([name, { trial, batches, methods, histograms }]) => {
      const required = [...batches].sort((a, b) => a - b);
      const content = {
        model: trial.model,
        preprocess: trial.preprocess,
        calibration: { ...trial.calibration!, batches: required.at(-1)! },
        snapshots: snapshotSizes(required),
        // Range and statistics per channel are what every quantizer needs.
        methods: methods.has('view') ? (['channel', 'view'] as const) : (['channel'] as const),
        histograms,
        required,
      };
      return [name, { kind: 'observe', key: observeKey(content, context), ...content }];
    }),
  );
}

/** Every calibrator but max derives its range from histograms. */
function readsHistograms({ quantization }: TrialSettings): boolean {
  return quantization !== null && quantization.activation.calibrator !== 'max';
}

function referenceOf(trial: TrialSettings, context: PlanContext): ReferenceStage {
  const { model, preprocess, evaluation, task } = trial;
  const content = { model, preprocess, evaluation, task };
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

/** A search judges each layer by itself, so it divides the layer's own input, also where 1/s is to be folded later. */
function searchOf(trial: TrialSettings, observe: ObserveStage | null, context: PlanContext): SearchStage | null {
  const common = quantizedContent(trial);
  const { search } = trial;
  if (observe === null || common === null || search === null) return null;
  const content = { ...common, smoothing: { ...common.smoothing, apply: 'insert' as const }, search };
  return { kind: 'search', key: searchKey(content, context), observeKey: observe.key, ...content };
}

/** Samples that layers are ranked on, as many as a search takes by default. */
const RANK_SAMPLES = 256;

function rankOf(trial: TrialSettings, observe: ObserveStage | null, context: PlanContext): RankStage | null {
  const common = quantizedContent(trial);
  if (observe === null || common === null || trial.layers?.keepFloat === 0) return null;
  const { batchSize, batches } = common.calibration;
  const content = { ...common, samples: Math.min(RANK_SAMPLES, batchSize * batches) };
  return { kind: 'rank', key: rankKey(content, context), observeKey: observe.key, ...content };
}

/** A search or ranking is of every layer, whichever a trial then quantizes, so that trials share it. */
function forEveryLayer(layers: LayerSettings): LayerSettings {
  return { ...layers, sensitivity: 'none', focus: '*', keepFloat: 0 };
}

/** Searches and rankings come before bias correction, and always simulate. */
function forStages(quantization: QuantizationSettings): QuantizationSettings {
  return { ...quantization, biasCorrection: { method: 'none', samples: 0 }, execution: 'simulated' };
}

/** The work that trials share, each piece once: FP32 passes, calibration passes, rankings, searches. */
export function mergeStages(trials: readonly TrialSettings[], context: PlanContext): MergedStages {
  const observes = mergeObserves(trials, context);
  const byKind = {
    reference: new Map<ContentKey, PlannedStage>(),
    observe: new Map<ContentKey, PlannedStage>(),
    rank: new Map<ContentKey, PlannedStage>(),
    search: new Map<ContentKey, PlannedStage>(),
  };
  const add = <Stage extends PlannedStage>(stage: Stage): Stage => {
    if (!byKind[stage.kind].has(stage.key)) byKind[stage.kind].set(stage.key, stage);
    return stage;
  };
  const ofTrials = trials.map((trial): TrialStages => {
    const reference = add(referenceOf(trial, context));
    const { calibration } = trial;
    const observe = calibration && observes.get(observeGroup({ ...trial, calibration }, context))!;
    if (observe !== null) add(observe);
    const search = searchOf(trial, observe, context);
    if (search !== null) add(search);
    const rank = rankOf(trial, observe, context);
    if (rank !== null) add(rank);
    return {
      referenceKey: reference.key,
      observeKey: observe?.key ?? null,
      searchKey: search?.key ?? null,
      rankKey: rank?.key ?? null,
    };
  });
  const stages = [byKind.reference, byKind.observe, byKind.rank, byKind.search].flatMap((kind) => [...kind.values()]);
  return { stages, ofTrials };
}
