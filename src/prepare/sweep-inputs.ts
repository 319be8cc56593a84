import { basename } from 'node:path';
import { openDataset } from '../formats/open-dataset.js';
import { stampFiles } from '../formats/source-files.js';
import {
  identifyInput,
  identifyTaskFiles,
  type DataIdentity,
  type InputIdentity,
  type ModelIdentity,
  type TaskFilesIdentity,
} from '../formats/input-identity.js';
import type { OnHashing } from '../formats/hash-source.js';
import { hashTask } from '../tasks/hash-task.js';
import type { Dataset } from '../formats/dataset.js';
import type { DataSource } from '../formats/data-source.js';
import type { Experiment, LayerSettings, ModelSettings, Settings } from '../experiment/sections/settings.js';
import type { PreprocessSettings } from '../formats/preprocess/preprocess-settings.js';
import { taskFiles } from '../tasks/task-files.js';
import type { TargetName } from '../targets/registry.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import { printableName } from '../text/printable.js';
import type { LayerRecord, ModelRecord } from '../records/model-record.js';
import { joinPads } from '../onnx/folding/join-pads.js';
import { countParameters } from '../onnx/count-parameters.js';
import { foldBatchNorm } from '../onnx/folding/fold-batch-norm.js';
import { outlineGraph } from '../onnx/graph-outline.js';
import { layerParameters } from '../onnx/layers/layer-cost.js';
import { findLayers, type FoundLayer, type Layer } from '../onnx/layers/layers.js';
import { ModelError } from '../onnx/model-error.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { checkSampleShape, fixedBatchSize, resolveModelIo } from '../onnx/model-io.js';
import { elementCount, readFloatTensor } from '../onnx/tensor.js';
import { isSampleType } from '../onnx/types/sample-types.js';
import { LayerSettingError } from '../quantize/layer-setting-error.js';
import { layersOnIntegers } from '../quantize/layers-on-integers.js';
import { opsetObstacle } from '../quantize/graph/opset-obstacle.js';
import { floatLayers, selectLayers } from '../quantize/select-layers.js';
import { feedReader } from '../engine/batching/feeds.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';
import { fixedInputs } from '../engine/session/fixed-inputs.js';
import { readModelFile, type ModelFile } from '../engine/session/model-file.js';
import { sweptModel, type ComputedInFloat32, type SweptModel } from '../engine/session/swept-model.js';
import { checkSamples } from '../engine/session/typed-numbers.js';
import { canonicalSmoothing } from '../smooth/canonical-smoothing.js';
import { perInputChannelAbsmax, viewAbsmax } from '../smooth/weight-absmax.js';
import { checkChannelAxis } from './check-channel-axis.js';
import { scoredBy, statedOutputs, type ScoredBy } from './check-outputs.js';
import { fusionNotes } from './fusion-notes.js';
import { targetNotes } from './target-notes.js';
import { InputError } from '../errors/input-error.js';
import type { LateTask } from './inspect-late.js';
import { inspectTask } from './inspect-task.js';
import { UnmatchedGlobs } from './unmatched-globs.js';

/** Everything about the models and data of an experiment that planning and running need. */
export interface SweepInputs {
  /** By absolute path. */
  readonly models: ReadonlyMap<string, ModelRecord>;
  /** What of each model is quantized, what stays float and why: lines for people. */
  readonly notes: readonly string[];
  /** Tasks that are not inspected yet, for what a run of their model shows. */
  readonly lateTasks: readonly LateTask[];
  modelSha256(path: string): string;
  dataSha256(source: DataSource): string;
  /** Every model and source of data, as it is now. */
  readonly identities: readonly InputIdentity[];
  /** sha256 of the code that scores a task; null for tasks without code of the user's own. */
  taskSha256(task: TaskSettings): string | null;
  modelOf(path: string): OnnxModel;
  /** Layers of a model with BatchNormalization folded. */
  layersOf(path: string): readonly FoundLayer[];
  /** Inputs of a model that are the same number in every run of the experiment. */
  fixedInputs(path: string): FixedInputs;
  /** What evaluation data hold to score by. */
  scoredBy(source: DataSource): ScoredBy;
  /** Samples that a source holds. */
  sampleCount(source: DataSource): number;
  /**
   * Names of the layers that settings select, whichever of them a sensitivity trial is of, in graph
   * order; of a target those that it runs on integers.
   */
  selectedLayers(modelPath: string, settings: LayerSettings, target?: TargetName): readonly string[];
}

/** What was found when a source was opened. */
interface CheckedSource {
  readonly samples: number;
  readonly sampleShape: readonly number[];
  /** Of the samples; null: they have none. */
  readonly names: readonly string[] | null;
  readonly hasLabels: boolean;
  readonly scoredBy: ScoredBy;
  readonly notes: readonly string[];
}

/**
 * Opens every model and data source that the experiment names and checks that they fit each other,
 * before anything is run: names of inputs and outputs, shapes, layers to quantize, enough samples.
 *
 * @param onHashing told of the data that are read for their hash, which takes long where they are
 *   large
 * @throws ModelError, DatasetError or InputError saying what does not fit
 */
export async function openSweepInputs(experiment: Experiment, onHashing?: OnHashing): Promise<SweepInputs> {
  const fixed = fixedInputsByModel(experiment);
  const files = new Map<string, SweptModel>();
  const layers = new Map<string, readonly FoundLayer[]>();
  const foldedModels = new Map<string, OnnxModel>();
  const models = new Map<string, ModelRecord>();
  const identities = new Map<string, DataIdentity>();
  const modelIdentities: ModelIdentity[] = [];
  const taskIdentities: TaskFilesIdentity[] = [];
  const sources = new Map<string, CheckedSource>();
  const tasks = new Map<string, string | null>();
  const checked = new Set<string>();
  const evaluated = new Set(experiment.trials.map(({ settings }) => settings.data.evaluation.source));
  const evaluatedIds = new Set([...evaluated].map((source) => JSON.stringify(source)));
  const notes: string[] = [];
  const lateTasks: LateTask[] = [];
  const globs = new UnmatchedGlobs();
  for (const { settings, role, axes } of experiment.trials) {
    const { model, data } = settings;
    const prefixOf = (section: 'layers' | 'data' | 'quantization' | 'task', ...path: readonly string[]): string =>
      experiment.sources?.prefix(settings[section], path, axes) ?? '';
    let file = files.get(model.path);
    if (file === undefined) {
      const stamp = stampFiles([model.path]);
      const stored = readModelFile(model.path);
      modelIdentities.push({ kind: 'model', path: model.path, sha256: stored.sha256, stamp });
      file = sweptModel(stored, fixed.get(model.path)!);
      if (file.isFolded) notes.push(conditionsNote(file, fixed.get(model.path)!));
      if (file.float32 !== null) notes.push(float32Note(file.path, file.float32));
      const { model: folded, folded: norms, unfolded } = foldBatchNorm(file.model);
      const found = findLayers(folded);
      files.set(model.path, file);
      layers.set(model.path, found);
      foldedModels.set(model.path, folded);
      models.set(model.path, modelRecord(file, folded, found, norms));
      for (const [norm, reason] of unfolded)
        notes.push(`BatchNormalization "${printableName(norm, 300)}" is not folded: ${reason}`);
    }
    const taskId = JSON.stringify(settings.task);
    if (!tasks.has(taskId)) {
      tasks.set(taskId, await hashTask(settings.task));
      const files = taskFiles(settings.task);
      if (files.length > 0) taskIdentities.push(await identifyTaskFiles(files));
    }
    const needed = role === 'fp32' ? [data.evaluation.source] : [data.evaluation.source, data.calibration.source];
    for (const source of needed) {
      const id = JSON.stringify(source);
      if (!identities.has(id)) identities.set(id, await identifyInput(source, onHashing));
      if (isNew(checked, ['shape', source, data.preprocess, model])) {
        const found = await checkSource(file, model, source, data.preprocess, evaluatedIds.has(id));
        sources.set(id, found);
        for (const note of found.notes) if (!notes.includes(note)) notes.push(note);
      }
    }
    checkEvaluation(settings, sources.get(JSON.stringify(data.evaluation.source))!, (...path) =>
      prefixOf('data', ...path),
    );
    if (isNew(checked, ['task', settings.task, data.evaluation, data.preprocess, model])) {
      const { samples, sampleShape, names } = sources.get(JSON.stringify(data.evaluation.source))!;
      const { outputs, areWhole } = statedOutputs(file.model, model, settings.task);
      const surroundings = {
        ...{ sampleShape, names, outputs },
        sampleCount: data.evaluation.samples === 'all' ? samples : Math.min(samples, data.evaluation.samples),
      };
      const prefix = prefixOf('task');
      if (!areWhole) lateTasks.push({ settings, surroundings, prefix, at: notes.length });
      const found = areWhole ? await inspectTask(settings.task, surroundings, prefix) : [];
      for (const note of found) if (!notes.includes(note)) notes.push(note);
    }
    if (role !== 'fp32') {
      if (isNew(checked, ['layers', model.path, settings.layers])) {
        const found = layers.get(model.path)!;
        const inLayers = (...path: readonly string[]): string => prefixOf('layers', ...path);
        const selected = selectedOf(model.path, found, settings.layers, inLayers);
        globs.see(settings.layers, found, inLayers);
        checkFloatLayers(settings.layers, selected.length, inLayers);
        // Settings that differ in rules or sensitivity alone would say the same again.
        for (const note of selectionNotes(model.path, found, selected.length, settings.layers)) {
          if (!notes.includes(note)) notes.push(note);
        }
      }
      const { smoothing, quantization, target } = settings;
      if (target !== undefined && target !== 'layers-only') {
        // Requantized weights have a scale for each channel, whatever was asked for.
        const isRequantized = role !== 'unsmoothed' && canonicalSmoothing(smoothing).apply === 'requantize';
        const granularity = isRequantized ? 'channel' : quantization.weight.granularity;
        const obstacle = opsetObstacle(target, foldedModels.get(model.path)!, granularity);
        if (obstacle !== null) throw new InputError(prefixOf('quantization', 'weight', 'granularity') + obstacle);
        if (isNew(checked, ['target', model.path, settings.layers, target])) {
          const selected = selectLayers(layers.get(model.path)!, ofEveryLayer(settings.layers));
          const folded = foldedModels.get(model.path)!;
          const wanted = { target, others: true };
          const onIntegers = inFile(model.path, () => layersOnIntegers(joinPads(folded), selected, wanted));
          checkFloatLayers(settings.layers, onIntegers.length, (...path) => prefixOf('layers', ...path));
          for (const note of targetNotes(model.path, folded, selected, target)) {
            if (!notes.includes(note)) notes.push(note);
          }
        }
      } else if (
        isNew(checked, ['fusion', model.path, settings.layers, smoothing.mode, smoothing.apply, quantization.execution])
      ) {
        const selected = selectLayers(layers.get(model.path)!, ofEveryLayer(settings.layers));
        for (const note of fusionNotes(model.path, foldedModels.get(model.path)!, selected, settings)) {
          if (!notes.includes(note)) notes.push(note);
        }
      }
      checkCalibration(settings, sources.get(JSON.stringify(data.calibration.source))!, (...path) =>
        prefixOf('data', ...path),
      );
    }
  }
  globs.check();
  return {
    models,
    notes,
    lateTasks,
    modelSha256: (path) => models.get(path)!.sha256,
    dataSha256: (source) => identities.get(JSON.stringify(source))!.sha256,
    identities: [...modelIdentities, ...identities.values(), ...taskIdentities],
    taskSha256: (task) => tasks.get(JSON.stringify(task))!,
    modelOf: (path) => files.get(path)!.model,
    layersOf: (path) => layers.get(path)!,
    fixedInputs: (path) => fixed.get(path)!,
    scoredBy: (source) => sources.get(JSON.stringify(source))!.scoredBy,
    sampleCount: (source) => sources.get(JSON.stringify(source))!.samples,
    selectedLayers: (path, settings, target = 'layers-only') => {
      const selected = selectLayers(layers.get(path)!, ofEveryLayer(settings));
      const folded = foldedModels.get(path)!;
      const own =
        target === 'layers-only' ? selected : layersOnIntegers(joinPads(folded), selected, { target, others: true });
      return own.map((layer) => layer.name);
    },
  };
}

/**
 * Where a setting of a section was written, and of which trial it is: what a message about it
 * begins with.
 */
type PrefixOf = (...path: readonly string[]) => string;

/**
 * The layers of a model that settings select. @throws ModelError naming the model, and where the
 * setting was written
 */
function selectedOf(
  path: string,
  layers: readonly FoundLayer[],
  settings: LayerSettings,
  prefixOf: PrefixOf,
): readonly Layer[] {
  try {
    return selectLayers(layers, ofEveryLayer(settings));
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const where = cause instanceof LayerSettingError ? prefixOf(cause.setting) : '';
    throw new ModelError(`${where}${path}: ${cause.message}`, { cause });
  }
}

/** By path of the model, of all trials on it: one file is one model in an experiment. */
function fixedInputsByModel({ trials }: Experiment): ReadonlyMap<string, FixedInputs> {
  const sources = new Map<string, Set<DataSource>>();
  for (const { model, data } of trials.map(({ settings }) => settings)) {
    const own = sources.get(model.path) ?? new Set();
    sources.set(model.path, own.add(data.calibration.source).add(data.evaluation.source));
  }
  return new Map([...sources].map(([path, own]) => [path, fixedInputs([...own])]));
}

function conditionsNote({ path, model }: ModelFile, fixed: FixedInputs): string {
  const given = Object.entries(fixed).map(([name, number]) => `${printableName(name, 100)} = ${number}`);
  const left = model.graph.node.filter(({ opType }) => opType === 'If').length;
  const from = given.length === 0 ? 'constants' : `constants and ${given.join(', ')}`;
  return `${basename(path)}: for each If whose condition follows from ${from}, the branch taken is swept${left === 0 ? '' : `; ${left} If stay`}`;
}

/** e.g. `model.onnx: float16 weights and inputs are computed in float32`. */
function float32Note(path: string, { types, parts }: ComputedInFloat32): string {
  const named = parts.length === 0 ? ['values'] : parts;
  const listed = named.length < 2 ? named.join() : `${named.slice(0, -1).join(', ')} and ${named.at(-1)!}`;
  return `${basename(path)}: ${types.join(' and ')} ${listed} are computed in float32`;
}

/** The settings without what singles out a layer. */
function ofEveryLayer(settings: LayerSettings): LayerSettings {
  return { ...settings, sensitivity: 'none', focus: '*' };
}

/** @throws InputError where no layer would be left to quantize */
function checkFloatLayers({ keepFloat, sensitivity }: LayerSettings, selected: number, prefixOf: PrefixOf): void {
  if (typeof keepFloat === 'number' && keepFloat >= selected) {
    throw new InputError(
      `${prefixOf('keepFloat')}Expected layers.keepFloat to leave a layer to quantize, so at most ${selected - 1}, got ${keepFloat}.`,
    );
  }
  if (sensitivity === 'allBut' && selected === 1) {
    throw new InputError(
      `${prefixOf('sensitivity')}Expected several layers for layers.sensitivity allBut, got one: without it nothing is quantized.`,
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
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${layer.op} "${printableName(layer.name, 300)}"`]);
  }
  return [
    `${basename(path)}: ${quantized} of ${layers.length} layers are quantized`,
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
  isEvaluated: boolean,
): Promise<CheckedSource> {
  const dataset: Dataset = await openDataset(source, preprocess);
  try {
    const sample = await firstSample(file.model, names, dataset);
    inFile(file.path, () => {
      const io = resolveModelIo(file.model, names);
      checkSampleShape(io, dataset.sampleShape);
      feedReader(io, dataset)(0, 1, fixedBatchSize(io) ?? 1);
      checkSamples(io, dataset, sample, 0);
      checkChannelAxis({ model: file.model, io, source, preprocess, sampleShape: dataset.sampleShape });
    });
    const where = 'path' in source ? `${basename(source.path)}: ` : '';
    return {
      samples: dataset.sampleCount,
      sampleShape: dataset.sampleShape,
      names: dataset.names ?? null,
      hasLabels: dataset.labels !== null,
      scoredBy: scoredBy(dataset, isEvaluated),
      notes: (dataset.notes ?? []).map((note) => `${where}${note}`),
    };
  } finally {
    dataset.close();
  }
}

/** The first sample where its numbers must fit an input of an integer type; else none. */
async function firstSample(model: OnnxModel, names: ModelSettings, dataset: Dataset): Promise<Float32Array> {
  const fed = model.graph.input.find(({ name }) => name === (names.input ?? model.index.inputs[0]));
  const isRead = isSampleType(fed?.type?.tensorType?.elemType ?? 0) && dataset.sampleCount > 0;
  const sample = new Float32Array(isRead ? elementCount(dataset.sampleShape) : 0);
  if (isRead) await dataset.read(0, 1, sample);
  return sample;
}

function checkEvaluation(
  { task, data: { evaluation } }: Settings,
  { samples, hasLabels }: CheckedSource,
  prefixOf: PrefixOf,
): void {
  if (taskOf(task.kind).needs === 'labels' && !hasLabels) {
    throw new InputError(
      `${prefixOf('evaluation')}Expected data.evaluation to have class labels, which task ${task.kind} is scored by, got none (${evaluation.source.format}). Task fidelity needs no labels.`,
    );
  }
  if (evaluation.samples === 'all' || evaluation.samples <= samples) return;
  throw new InputError(
    `${prefixOf('evaluation', 'samples')}Expected data.evaluation.samples to be at most the ${samples} samples of its source, got ${evaluation.samples}. \`all\` uses all of them.`,
  );
}

function checkCalibration(
  { data: { calibration } }: Settings,
  { samples: available }: CheckedSource,
  prefixOf: PrefixOf,
): void {
  const needed = calibration.batches * calibration.batchSize;
  if (needed > available) {
    throw new InputError(
      `${prefixOf('calibration', 'batches')}Expected data.calibration to hold at least ${needed} samples (${calibration.batches} batches of ${calibration.batchSize}), got ${available}. Lower batches or batchSize.`,
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

function modelRecord(
  file: SweptModel,
  folded: OnnxModel,
  layers: readonly FoundLayer[],
  norms: ReadonlyMap<string, string>,
): ModelRecord {
  return {
    sha256: file.sha256,
    path: file.path,
    sizeBytes: file.sizeBytes,
    opset: file.model.opset,
    parameters: countParameters(file.model),
    storedType: file.float32?.types.join(', ') ?? null,
    layers: layers.map((layer, position) =>
      layerRecord(folded, layer, position, norms.get(layer.outputTensor) ?? null),
    ),
    graph: outlineGraph(folded, layers),
  };
}

function layerRecord(folded: OnnxModel, layer: FoundLayer, position: number, batchNorm: string | null): LayerRecord {
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
    parameters: layerParameters(folded, layer),
    weightAbsmax: perInputChannelAbsmax(weight, layer.layout),
    weightAbsmaxView: viewAbsmax(weight, layer.layout),
  };
}
