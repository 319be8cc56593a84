import { basename } from 'node:path';
import { openDataset } from '../data/open-dataset.js';
import { hashSource } from '../data/hash-source.js';
import type { Dataset } from '../data/dataset.js';
import type {
  DataSource,
  Experiment,
  LayerSettings,
  ModelSettings,
  PreprocessSettings,
  Settings,
} from '../experiment/settings.js';
import type { LayerRecord, ModelRecord } from '../evaluate/results.js';
import { foldBatchNorm } from '../graph/fold-batch-norm.js';
import { findLayers, type FoundLayer } from '../graph/layers.js';
import { ModelError } from '../graph/model-error.js';
import { checkSampleShape, resolveModelIo } from '../graph/model-io.js';
import { elementCount, FLOAT32, readFloatTensor, tensorShape } from '../graph/tensor.js';
import { reasonForFloat, selectLayers } from '../quantize/select-layers.js';
import { readModelFile, type ModelFile } from '../runtime/model-file.js';
import { perInputChannelAbsmax, viewAbsmax } from '../smooth/weight-absmax.js';
import { InputError } from './input-error.js';

/** Everything about the models and data of an experiment that planning and running need. */
export interface SweepInputs {
  /** By absolute path. */
  readonly models: ReadonlyMap<string, ModelRecord>;
  /** What of each model is quantized, what stays float and why: lines for people. */
  readonly notes: readonly string[];
  modelSha256(path: string): string;
  dataSha256(source: DataSource): string;
  /** Samples that a source holds. */
  sampleCount(source: DataSource): number;
}

/**
 * Opens every model and data source that the experiment names and checks that they fit each other, before anything is
 * run: names of inputs and outputs, shapes, layers to quantize, enough samples.
 *
 * @throws ModelError, DatasetError or InputError saying what does not fit
 */
export async function openSweepInputs(experiment: Experiment): Promise<SweepInputs> {
  const files = new Map<string, ModelFile>();
  const layers = new Map<string, readonly FoundLayer[]>();
  const models = new Map<string, ModelRecord>();
  const hashes = new Map<string, string>();
  const counts = new Map<string, number>();
  const checked = new Set<string>();
  const notes: string[] = [];
  for (const { settings, role } of experiment.trials) {
    const { model, data } = settings;
    let file = files.get(model.path);
    if (file === undefined) {
      file = readModelFile(model.path);
      const { model: folded, folded: norms, unfolded } = foldBatchNorm(file.model);
      const found = findLayers(folded);
      files.set(model.path, file);
      layers.set(model.path, found);
      models.set(model.path, modelRecord(file, found, norms));
      for (const [norm, reason] of unfolded) notes.push(`BatchNormalization "${norm}" is not folded: ${reason}`);
    }
    const sources = role === 'fp32' ? [data.evaluation.source] : [data.evaluation.source, data.calibration.source];
    for (const source of sources) {
      const id = JSON.stringify(source);
      if (!hashes.has(id)) hashes.set(id, await hashSource(source));
      once(checked, ['shape', source, data.preprocess, model], () => {
        counts.set(id, checkSource(file, model, source, data.preprocess));
      });
    }
    checkEvaluation(settings, counts.get(JSON.stringify(data.evaluation.source))!);
    if (role !== 'fp32') {
      once(checked, ['layers', model.path, settings.layers], () => {
        const found = layers.get(model.path)!;
        const selected = inFile(model.path, () => selectLayers(found, settings.layers));
        notes.push(...selectionNotes(model.path, found, selected.length, settings.layers));
      });
      checkCalibration(settings, counts.get(JSON.stringify(data.calibration.source))!);
    }
  }
  return {
    models,
    notes,
    modelSha256: (path) => models.get(path)!.sha256,
    dataSha256: (source) => hashes.get(JSON.stringify(source))!,
    sampleCount: (source) => counts.get(JSON.stringify(source))!,
  };
}

/** How many layers are quantized, and those that stay float by reason. */
function selectionNotes(
  path: string,
  layers: readonly FoundLayer[],
  quantized: number,
  settings: LayerSettings,
): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const layer of layers) {
    const reason = reasonForFloat(layer, settings);
    if (reason !== null) byReason.set(reason, [...(byReason.get(reason) ?? []), `${layer.op} "${layer.name}"`]);
  }
  return [
    `${basename(path)}: ${quantized} of ${layers.length} weighted layers are quantized`,
    ...[...byReason].map(([reason, names]) => `  float: ${names.join(', ')}: ${reason}`),
  ];
}

function once(done: Set<string>, id: unknown, work: () => void): void {
  const key = JSON.stringify(id);
  if (done.has(key)) return;
  done.add(key);
  work();
}

function checkSource(
  file: ModelFile,
  names: ModelSettings,
  source: DataSource,
  preprocess: PreprocessSettings,
): number {
  const dataset: Dataset = openDataset(source, preprocess);
  try {
    inFile(file.path, () => {
      checkSampleShape(resolveModelIo(file.model, names), dataset.sampleShape);
    });
    return dataset.sampleCount;
  } finally {
    dataset.close();
  }
}

function checkEvaluation({ data: { evaluation } }: Settings, available: number): void {
  if (evaluation.samples === 'all' || evaluation.samples <= available) return;
  throw new InputError(
    `Expected data.evaluation.samples to be at most the ${available} samples of its source, got ${evaluation.samples}. \`all\` takes what there is.`,
  );
}

function checkCalibration({ data: { calibration } }: Settings, available: number): void {
  const needed = calibration.batches * calibration.batchSize;
  if (needed > available) {
    throw new InputError(
      `Expected data.calibration to hold at least ${needed} samples (${calibration.batches} batches of ${calibration.batchSize}), got ${available}. Lower batches or batchSize.`,
    );
  }
}

function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ModelError) throw new ModelError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

function modelRecord(file: ModelFile, layers: readonly FoundLayer[], norms: ReadonlyMap<string, string>): ModelRecord {
  const floats = file.model.graph.initializer.filter((t) => t.dataType === FLOAT32);
  return {
    sha256: file.sha256,
    path: file.path,
    sizeBytes: file.sizeBytes,
    opset: file.model.opset,
    parameters: floats.reduce((sum, t) => sum + elementCount(tensorShape(t)), 0),
    layers: layers.map((layer, position) => layerRecord(layer, position, norms.get(layer.outputTensor) ?? null)),
  };
}

function layerRecord(layer: FoundLayer, position: number, batchNorm: string | null): LayerRecord {
  const { name, op, inputTensor, outputTensor } = layer;
  const base = { position, name, op, inputTensor, outputTensor, batchNorm };
  if (!layer.supported) {
    return {
      ...base,
      weightShape: [],
      groups: 1,
      inputChannels: 0,
      outputChannels: 0,
      unsupported: layer.reason,
      weightAbsmax: null,
      weightAbsmaxView: null,
    };
  }
  const weight = readFloatTensor(layer.weight);
  return {
    ...base,
    weightShape: layer.weightShape,
    groups: layer.layout.groups,
    inputChannels: layer.inputChannels,
    outputChannels: layer.outputChannels,
    unsupported: null,
    weightAbsmax: perInputChannelAbsmax(weight, layer.layout),
    weightAbsmaxView: viewAbsmax(weight, layer.layout),
  };
}
