import { basename } from 'node:path';
import { openDataset } from '../data/open-dataset.js';
import { stampFiles } from '../data/source-files.js';
import { identifyInput, type DataIdentity, type InputIdentity, type ModelIdentity } from '../data/input-identity.js';
import { hashTask } from '../data/hash-task.js';
import type { Dataset } from '../data/dataset.js';
import type {
  DataSource,
  Experiment,
  LayerSettings,
  ModelSettings,
  PreprocessSettings,
  Settings,
  TaskSettings,
} from '../experiment/settings.js';
import type { LayerRecord, ModelRecord } from '../evaluate/results.js';
import { foldBatchNorm } from '../graph/fold-batch-norm.js';
import { findLayers, type FoundLayer } from '../graph/layers.js';
import { ModelError } from '../graph/model-error.js';
import { checkSampleShape, fixedBatchSize, resolveModelIo } from '../graph/model-io.js';
import { elementCount, FLOAT32, readFloatTensor, tensorShape } from '../graph/tensor.js';
import { floatLayers, selectLayers } from '../quantize/select-layers.js';
import { feedReader } from '../runtime/feeds.js';
import { readModelFile, type ModelFile } from '../runtime/model-file.js';
import { perInputChannelAbsmax, viewAbsmax } from '../smooth/weight-absmax.js';
import { checkChannelAxis } from './check-channel-axis.js';
import { InputError } from './input-error.js';

/** Everything about the models and data of an experiment that planning and running need. */
export interface SweepInputs {
  /** By absolute path. */
  readonly models: ReadonlyMap<string, ModelRecord>;
  /** What of each model is quantized, what stays float and why: lines for people. */
  readonly notes: readonly string[];
  modelSha256(path: string): string;
  dataSha256(source: DataSource): string;
  /** Every model and source of data, as it is now. */
  readonly identities: readonly InputIdentity[];
  /** sha256 of the code that scores a task; null for tasks without code of the user's own. */
  taskSha256(task: TaskSettings): string | null;
  /** Samples that a source holds. */
  sampleCount(source: DataSource): number;
  /** Names of the layers that settings select, whichever of them a sensitivity trial is of, in graph order. */
  selectedLayers(modelPath: string, settings: LayerSettings): readonly string[];
}

/** What was found when a source was opened. */
interface CheckedSource {
  readonly samples: number;
  readonly hasLabels: boolean;
  readonly notes: readonly string[];
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
  const identities = new Map<string, DataIdentity>();
  const modelIdentities: ModelIdentity[] = [];
  const sources = new Map<string, CheckedSource>();
  const tasks = new Map<string, string | null>();
  const checked = new Set<string>();
  const notes: string[] = [];
  for (const { settings, role } of experiment.trials) {
    const { model, data } = settings;
    let file = files.get(model.path);
    if (file === undefined) {
      const stamp = stampFiles([model.path]);
      file = readModelFile(model.path);
      modelIdentities.push({ kind: 'model', path: model.path, sha256: file.sha256, stamp });
      const { model: folded, folded: norms, unfolded } = foldBatchNorm(file.model);
      const found = findLayers(folded);
      files.set(model.path, file);
      layers.set(model.path, found);
      models.set(model.path, modelRecord(file, found, norms));
      for (const [norm, reason] of unfolded) notes.push(`BatchNormalization "${norm}" is not folded: ${reason}`);
    }
    const taskId = JSON.stringify(settings.task);
    if (!tasks.has(taskId)) tasks.set(taskId, await hashTask(settings.task));
    const needed = role === 'fp32' ? [data.evaluation.source] : [data.evaluation.source, data.calibration.source];
    for (const source of needed) {
      const id = JSON.stringify(source);
      if (!identities.has(id)) identities.set(id, await identifyInput(source));
      if (isNew(checked, ['shape', source, data.preprocess, model])) {
        const found = await checkSource(file, model, source, data.preprocess);
        sources.set(id, found);
        for (const note of found.notes) if (!notes.includes(note)) notes.push(note);
      }
    }
    checkEvaluation(settings, sources.get(JSON.stringify(data.evaluation.source))!);
    if (role !== 'fp32') {
      if (isNew(checked, ['layers', model.path, settings.layers])) {
        const found = layers.get(model.path)!;
        const selected = inFile(model.path, () => selectLayers(found, ofEveryLayer(settings.layers)));
        checkFloatLayers(settings.layers, selected.length);
        // Settings that differ in rules or sensitivity alone would say the same again.
        for (const note of selectionNotes(model.path, found, selected.length, settings.layers)) {
          if (!notes.includes(note)) notes.push(note);
        }
      }
      checkCalibration(settings, sources.get(JSON.stringify(data.calibration.source))!);
    }
  }
  return {
    models,
    notes,
    modelSha256: (path) => models.get(path)!.sha256,
    dataSha256: (source) => identities.get(JSON.stringify(source))!.sha256,
    identities: [...modelIdentities, ...identities.values()],
    taskSha256: (task) => tasks.get(JSON.stringify(task))!,
    sampleCount: (source) => sources.get(JSON.stringify(source))!.samples,
    selectedLayers: (path, settings) =>
      selectLayers(layers.get(path)!, ofEveryLayer(settings)).map((layer) => layer.name),
  };
}

/** The settings without what singles out a layer. */
function ofEveryLayer(settings: LayerSettings): LayerSettings {
  return { ...settings, sensitivity: 'none', focus: '*' };
}

/** @throws InputError where no layer would be left to quantize */
function checkFloatLayers({ keepFloat, sensitivity }: LayerSettings, selected: number): void {
  if (keepFloat >= selected) {
    throw new InputError(
      `Expected layers.keepFloat to leave a layer to quantize, so at most ${selected - 1}, got ${keepFloat}.`,
    );
  }
  if (sensitivity === 'allBut' && selected === 1) {
    throw new InputError(
      'Expected several layers for layers.sensitivity allBut, got one: without it nothing is quantized.',
    );
  }
}

/** How many layers are quantized, and those that stay float by reason. */
function selectionNotes(
  path: string,
  layers: readonly FoundLayer[],
  quantized: number,
  settings: LayerSettings,
): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { layer, reason } of floatLayers(layers, settings)) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${layer.op} "${layer.name}"`]);
  }
  return [
    `${basename(path)}: ${quantized} of ${layers.length} weighted layers are quantized`,
    ...[...byReason].map(([reason, names]) => `  float: ${names.join(', ')}: ${reason}`),
  ];
}

/** True the first time that `id` is asked for. */
function isNew(known: Set<string>, id: unknown): boolean {
  const key = JSON.stringify(id);
  if (known.has(key)) return false;
  known.add(key);
  return true;
}

async function checkSource(
  file: ModelFile,
  names: ModelSettings,
  source: DataSource,
  preprocess: PreprocessSettings,
): Promise<CheckedSource> {
  const dataset: Dataset = await openDataset(source, preprocess);
  try {
    inFile(file.path, () => {
      const io = resolveModelIo(file.model, names);
      checkSampleShape(io, dataset.sampleShape);
      feedReader(io, dataset)(0, 1, fixedBatchSize(io) ?? 1);
      checkChannelAxis({ model: file.model, io, source, preprocess, sampleShape: dataset.sampleShape });
    });
    const where = 'path' in source ? `${basename(source.path)}: ` : '';
    const notes = (dataset.notes ?? []).map((note) => `${where}${note}`);
    return { samples: dataset.sampleCount, hasLabels: dataset.labels !== null, notes };
  } finally {
    dataset.close();
  }
}

function checkEvaluation({ task, data: { evaluation } }: Settings, { samples, hasLabels }: CheckedSource): void {
  if (task.kind === 'classification' && !hasLabels) {
    throw new InputError(
      `Expected data.evaluation to have class labels, which task classification is scored by, got none (${evaluation.source.format}). Task fidelity needs none.`,
    );
  }
  if (evaluation.samples === 'all' || evaluation.samples <= samples) return;
  throw new InputError(
    `Expected data.evaluation.samples to be at most the ${samples} samples of its source, got ${evaluation.samples}. \`all\` takes what there is.`,
  );
}

function checkCalibration({ data: { calibration } }: Settings, { samples: available }: CheckedSource): void {
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
