import type { DataSource } from '../../formats/data-source.js';
import { MOST_EVALUATIONS } from '../../frontier/cheapest-within.js';
import { roundingOf, roundsOnQuantizedInputs } from '../../experiment/sections/quantization.js';
import { targetOf } from '../../targets/registry.js';
import { momentsOfSearch } from '../../experiment/sections/search.js';
import { taskOf } from '../../tasks/task-settings.js';
import type { ModelSettings } from '../../experiment/sections/settings.js';
import type { ContentKey, PlannedStage, PlannedTrial, SearchStage, SweepPlan, TrialSettings } from '../plan.js';
import { stagesOfTrial } from '../stages-of-trial.js';

/** Kinds of work that attempts are timed by. */
export type WorkKind = PlannedStage['kind'] | 'trial';

/** What an estimate needs to know besides the plan. */
export interface CostContext {
  /** Trials and stages that are finished and cost nothing. */
  readonly finished: ReadonlySet<ContentKey>;
  /** Samples of a source; needed where an experiment says `all`. */
  readonly sampleCount: (source: DataSource) => number;
  /** Weighted layers of a model. */
  readonly layerCount: (model: ModelSettings) => number;
  /**
   * Typical milliseconds of one piece of work by kind, from earlier runs; kinds that never ran are
   * missing.
   */
  readonly typicalDurationsMs: ReadonlyMap<string, number>;
  /** Pieces of work at once. */
  readonly slots: number;
}

/** One piece of work that is still to be done. */
export interface WorkCost {
  readonly key: ContentKey;
  readonly kind: WorkKind;
  /** FP32 forward passes of one sample that the work is about equal to. */
  readonly forwardPasses: number;
}

export interface CostEstimate {
  readonly work: readonly WorkCost[];
  readonly forwardPasses: number;
  /** Milliseconds until all is done; null while some kind of work has no typical duration. */
  readonly durationMs: number | null;
}

/**
 * Cost of a sample relative to a bare FP32 pass, as `npm run bench` measured it on the demo model:
 * reductions of every layer input, products of its unfolded numbers, rounding of every input, the
 * losses with the FP32 twin.
 */
const relativeCost = {
  observe: 1.1,
  observeHistograms: 2.3,
  moments: 6,
  reference: 1,
  quantized: 1.2,
  layerLosses: 2.6,
  gate: 2,
  candidate: 1.25,
  /** The exported model on integer kernels. */
  deployed: 0.6,
} as const;

/** Runs of models while layers in float are timed: some ten timings of five models in 33 rounds. */
const TIMED_RUNS = 1650;

function evaluated({ source, samples }: PlannedTrial['settings']['evaluation'], context: CostContext): number {
  return samples === 'all' ? context.sampleCount(source) : samples;
}

function stagePasses(stage: PlannedStage, context: CostContext): number {
  switch (stage.kind) {
    case 'observe':
      return (
        stage.calibration.batches *
        stage.calibration.batchSize *
        (stage.histograms ? relativeCost.observeHistograms : relativeCost.observe)
      );
    case 'moments':
      return stage.samples.at(-1)! * relativeCost.moments;
    case 'reference':
      return evaluated(stage.evaluation, context) * relativeCost.reference;
    case 'search':
      return stage.search.samples * searchedPasses(stage, context.layerCount(stage.model));
    case 'rank':
      return stage.samples * relativeCost.quantized * context.layerCount(stage.model);
    case 'keep':
      switch (stage.by) {
        case 'speed':
          return TIMED_RUNS * stage.batchSize;
        case 'accuracy':
          return expectedTries(context.layerCount(stage.model)) * evaluationPasses(stage.settings, context);
        case 'frontier':
          return MOST_EVALUATIONS * evaluationPasses(stage.settings, context);
      }
  }
}

/** Passes of one sample in a search over so many layers. */
function searchedPasses({ search }: SearchStage, layers: number): number {
  // Predicted from second moments, which are a stage of their own: nothing is run.
  if (momentsOfSearch(search) !== null) return 0;
  const candidates = search.candidates.length;
  switch (search.order) {
    case 'isolated':
      // Each candidate computes every layer once more, beside the FP32 pass that feeds them.
      return 1 + relativeCost.candidate * candidates;
    case 'sequential':
      // For each layer the FP32 and the quantized model up to it, half a pass each on average.
      return (layers * (relativeCost.reference + relativeCost.quantized)) / 2 + relativeCost.candidate * candidates;
    case 'output':
      // The scan of static alphas, then each layer's candidates: the layer and what is behind it,
      // half on average.
      return 1 + relativeCost.quantized * (candidates + (search.sweeps * layers * (candidates + 1)) / 2);
  }
}

/** Evaluations until the fewest layers are found: doubling to the number, and halving back. */
export function expectedTries(layers: number): number {
  return Math.ceil(Math.log2(layers + 1)) + 2;
}

function trialPasses({ settings }: PlannedTrial, context: CostContext): number {
  // The result of an fp32 trial is its reference stage.
  return settings.role === 'fp32' ? 0 : evaluationPasses(settings, context);
}

/**
 * Passes of one sample in rounding on quantized inputs: what is kept from one depth to the next
 * makes the passes of all depths about one of either model. Products of what both read have no
 * half that tells the other.
 */
const ROUNDING_PASSES = relativeCost.reference + relativeCost.quantized + 3 * relativeCost.moments;

function roundingPasses({ quantization }: TrialSettings): number {
  if (quantization === null || !roundsOnQuantizedInputs(quantization)) return 0;
  return roundingOf(quantization).samples * ROUNDING_PASSES;
}

function evaluationPasses(settings: TrialSettings, context: CostContext): number {
  const losses = (settings.loss?.samples ?? 0) * (settings.loss?.modes.length ?? 0) * relativeCost.layerLosses;
  const gate = (settings.gate?.samples ?? 0) * relativeCost.gate;
  // FP32 runs beside the quantized model.
  const perSample = relativeCost.quantized + (taskOf(settings.task.kind).needsReference ? relativeCost.reference : 0);
  const isDeployed = (targetOf(settings.target)?.kernels ?? null) !== null;
  const deployed = isDeployed ? relativeCost.deployed : 0;
  return evaluated(settings.evaluation, context) * (perSample + deployed) + losses + gate + roundingPasses(settings);
}

function durationOf(work: readonly WorkCost[], context: CostContext): number | null {
  let sum = 0;
  for (const { kind, forwardPasses } of work) {
    const typical = context.typicalDurationsMs.get(kind);
    if (typical !== undefined && forwardPasses > 0) sum += typical;
    else if (forwardPasses > 0) return null;
  }
  return sum / context.slots;
}

/**
 * What is left of a sweep: pieces of work with their size in FP32 forward passes, and, where
 * earlier runs timed every kind of work that is left, the milliseconds it takes at `slots` at once.
 * Finished work and stages that no unfinished trial needs count nothing. An orientation: relative
 * costs are rough, and small models are slower than their passes.
 */
export function estimateCost(plan: SweepPlan, context: CostContext): CostEstimate {
  const trials = plan.trials.filter(({ key }) => !context.finished.has(key));
  const needed = new Set(trials.flatMap((trial) => stagesOfTrial(trial)));
  const stages = plan.stages.filter(({ key }) => needed.has(key) && !context.finished.has(key));
  const work: readonly WorkCost[] = [
    ...stages.map((stage) => ({ key: stage.key, kind: stage.kind, forwardPasses: stagePasses(stage, context) })),
    ...trials.map((trial) => ({ key: trial.key, kind: 'trial' as const, forwardPasses: trialPasses(trial, context) })),
  ];
  const forwardPasses = work.reduce((sum, each) => sum + each.forwardPasses, 0);
  return { work, forwardPasses, durationMs: durationOf(work, context) };
}
