import type {
  EvaluationSettings,
  GateSettings,
  LayerSettings,
  LossSettings,
  QuantizationSettings,
} from '../../../../experiment/sections/settings.js';
import type { Dataset } from '../../../../formats/dataset.js';
import type { TrialSettings } from '../../../../plan/plan.js';
import type { InputStatistics, TensorStatistics } from '../../../../records/observation-record.js';
import { loadModel, type LoadedModel } from '../../../session/load-model.js';
import type { JobContext } from '../../job-context.js';
import { openJobDataset } from '../../open-job-dataset.js';
import type { TrialJob } from '../trial-job.js';

/** Settings of a trial that quantizes. */
export interface QuantizedSettings extends TrialSettings {
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly loss: LossSettings;
  readonly gate: GateSettings;
}

/** A trial with its model and its evaluation data. */
export interface OpenedTrial {
  readonly job: TrialJob;
  readonly context: JobContext;
  readonly settings: QuantizedSettings;
  readonly model: LoadedModel;
  readonly dataset: Dataset;
  /** By layer. */
  readonly statistics: ReadonlyMap<string, InputStatistics>;
  /** By tensor, inputs of layers among them. */
  readonly tensors: ReadonlyMap<string, TensorStatistics>;
  /** Samples of the evaluation. */
  readonly samples: number;
  /** The first of them that losses are measured on. */
  readonly lossSamples: number;
  /** Samples to run over all phases, for progress. */
  readonly total: number;
}

/** Loads the model and opens the evaluation data. */
export async function openTrial(job: TrialJob, context: JobContext): Promise<OpenedTrial> {
  const settings = quantizedSettings(job.settings);
  const model = loadModel(job.model, context.caches);
  const dataset = await openJobDataset(settings.evaluation.source, settings.preprocess, context);
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const tensors = new Map<string, TensorStatistics>(job.observation.tensors?.map((each) => [each.tensor, each]));
  // A layer that stays in float may read what another operator writes as integers.
  for (const { name, inputTensor } of model.layers.filter((layer) => layer.supported)) {
    const observed = statistics.get(name);
    if (observed !== undefined) tensors.set(inputTensor, { ...observed, tensor: inputTensor });
  }
  const samples = evaluationSamples(settings.evaluation, dataset);
  const lossSamples = Math.min(settings.loss.samples, samples);
  const total = samples + lossSamples;
  return { job, context, settings, model, dataset, statistics, tensors, samples, lossSamples, total };
}

function quantizedSettings(settings: TrialSettings): QuantizedSettings {
  const { layers, quantization, loss, gate } = settings;
  if (layers === null || quantization === null || loss === null || gate === null) {
    throw new Error('Invariant: a trial job is a quantized trial.');
  }
  return { ...settings, layers, quantization, loss, gate };
}

/** Evaluation samples that the settings ask for. */
function evaluationSamples({ samples }: EvaluationSettings, dataset: Dataset): number {
  return samples === 'all' ? dataset.sampleCount : Math.min(samples, dataset.sampleCount);
}
