import { weightsIn } from '../experiment/sections/layers.js';
import type { LayerSettings } from '../experiment/sections/settings.js';
import { basename } from 'node:path';
import { weightCalibrators } from '../calibrate/weight-calibrators/registry.js';
import { InputError } from '../errors/input-error.js';
import type { Execution } from '../experiment/sections/settings.js';
import { foldBatchNorm } from '../onnx/folding/fold-batch-norm.js';
import { LARGEST_MODEL_BYTES, type OnnxModel } from '../onnx/onnx-model.js';
import { calibrationTable } from './calibration-table.js';
import { withHeader } from '../onnx/model-header.js';
import type { PlacedModel } from '../quantize/placed-model.js';
import type { PreparedLayer } from '../quantize/prepare-layers.js';
import { isSmoothed } from '../quantize/graph/qdq-graph.js';
import { deployableModel, smoothedFloatModel } from '../quantize/graph/deployable-model.js';
import { simulatedModel } from '../quantize/graph/simulated-model.js';
import { staysFloat } from '../quantize/quantizers/quantized-integers.js';
import { restoreModel } from '../quantize/restore-layers.js';
import { restoreTypes, type FloatChoice } from '../onnx/types/restore-types.js';
import type { StoredTrial } from '../store/read/read-trial.js';
import { ownVersion } from '../prepare/package-version.js';
import { fixedInputsOf, keepSource, openTrial, readSource, type Source } from './trial-source.js';
import { modelFiles } from './model-files.js';
import { storedPlacement } from './stored-placement.js';
import { writeFiles, type NewFile } from './write-files.js';

export type { FloatChoice } from '../onnx/types/restore-types.js';

export interface ExportTargets {
  /** The QDQ model. */
  readonly output: string;
  /** TensorRT's calibration cache; null: none. */
  readonly calibrationTable: string | null;
  /** The smoothed float model that the cache belongs to; null: none. */
  readonly smoothedModel: string | null;
  /** Overwrite existing files. */
  readonly force: boolean;
  /**
   * What a model of float16, bfloat16 or float64 is written in; null: its own type where that has
   * 16 bits and nothing of the trial is fused, else float32.
   */
  readonly floats: FloatChoice | null;
}

/** The model that was written, and what it is held against. */
export interface ExportedModel {
  readonly model: OnnxModel;
  /** As the trial simulated it. */
  readonly simulated: () => OnnxModel;
  readonly execution: Execution;
  /** Its target's quantizers; null of `layers-only`. */
  readonly placed: PlacedModel | null;
  /** Null where the model's floats are float32 anyway. */
  readonly floats: WrittenFloats | null;
}

/** What the floats of a written model are of. */
export interface WrittenFloats {
  /** Of the original, e.g. `float16`. */
  readonly types: readonly string[];
  readonly choice: FloatChoice;
}

/** What was exported, for messages. */
export interface ExportSummary {
  readonly layers: number;
  /** Of the QDQ model's file, and of that with its weights where it has one. */
  readonly sizeBytes: number;
  /** Path of the file with its weights; null: they are in the model's. */
  readonly externalData: string | null;
  readonly smoothedLayers: number;
  /** Layers whose weight stays float32, rounded to its levels. */
  readonly floatWeights: readonly string[];
  /** True where the model needs onnxruntime's own QuantizeLinear or DequantizeLinear. */
  readonly usesRuntimeDomain: boolean;
  /**
   * True where all weights are as TensorRT quantizes them beside a calibration table: signed, 8
   * bits per channel, by max.
   */
  readonly weightsAsInTensorrt: boolean;
  readonly exported: ExportedModel;
}

/**
 * Writes the deployable model of a finished trial and, where wanted, TensorRT's calibration table
 * and the float model that it belongs to. Everything comes from the store and the model's file: no
 * data is read.
 *
 * @param modelPath where the model lies now; null: where the sweep read it
 * @param largestFile bytes that one `.onnx` file may have; weights of a larger one are in a file
 *   `.data` beside it
 * @throws InputError or ModelError saying why the trial can't be exported; nothing is written then
 */
export function exportTrial(
  trial: StoredTrial,
  modelPath: string | null,
  wanted: ExportTargets,
  largestFile: number = LARGEST_MODEL_BYTES,
): ExportSummary {
  const stored = openTrial(trial);
  const path = modelPath ?? stored.path;
  const execution = executionOf(trial);
  const packing = weightsIn((JSON.parse(trial.settings) as { readonly layers: LayerSettings | null }).layers);
  const source = readSource(path, stored.sha256, fixedInputsOf(trial));
  const { model: folded } = foldBatchNorm(source.swept);
  const prepared = restoreModel(folded, trial.layers, trial.weightCalibrator, storedPlacement(trial));
  const { base, layers } = prepared;
  const floatWeights = layers.filter(staysFloat).map((l) => l.layer.name);
  const placed = prepared.placed ?? null;
  if (placed !== null && wanted.calibrationTable !== null) {
    throw new InputError(
      `Expected a trial of target layers-only for a calibration table, got one of ${placed.target}: the table holds the inputs of layers alone, and this trial has quantizers of other tensors. Leave out --calibration-table.`,
    );
  }
  // With casts around its quantizers nothing is fused.
  const isFused = placed !== null || execution === 'integer';
  const floats = writtenFloats(source, isFused, wanted.floats);
  const metadata = exportMetadata(trial, layers, floatWeights, floats, placed);
  const inTypes = (model: OnnxModel): OnnxModel =>
    floats === null ? model : restoreTypes(model, source.original, floats.choice);
  const quantized = inTypes(deployableModel(prepared, execution, metadata, packing));
  const written = modelFiles(wanted.output, quantized, largestFile);
  const files: NewFile[] = [...written.files];
  if (wanted.calibrationTable !== null) {
    const table = calibrationTable(layers, base);
    files.push({ path: wanted.calibrationTable, content: () => table });
  }
  if (wanted.smoothedModel !== null) {
    const smoothed = inTypes(withHeader(smoothedFloatModel(prepared), [], metadata));
    files.push(...modelFiles(wanted.smoothedModel, smoothed, largestFile).files);
  }
  for (const file of files) keepSource(file.path, path);
  writeFiles(files, wanted.force);
  return {
    exported: { model: quantized, simulated: () => simulatedModel(prepared), execution, placed, floats },
    layers: layers.length,
    sizeBytes: written.sizeBytes,
    externalData: written.files[1]?.path ?? null,
    smoothedLayers: layers.filter(isSmoothed).length,
    floatWeights,
    usesRuntimeDomain: quantized.graph.node.some((n) => n.domain !== '' && n.name.startsWith(base.ownPrefix)),
    weightsAsInTensorrt:
      isWholeRange(trial.weightCalibrator) &&
      trial.layers.every(
        ({ weight, levels }) =>
          levels === null && weight.bits === 8 && weight.signed && weight.granularity === 'channel',
      ),
  };
}

function isWholeRange(name: StoredTrial['weightCalibrator']): boolean {
  const calibrator = weightCalibrators[name];
  return calibrator.reads === 'weights' && calibrator.shrink === null;
}

/**
 * What is to be fused into integer kernels was measured in float32, so that is what it is written
 * in unless asked for.
 */
function writtenFloats({ float32 }: Source, isFused: boolean, wanted: FloatChoice | null): WrittenFloats | null {
  if (float32 === null) return null;
  const has16Bits = float32.types.some((type) => type !== 'float64');
  return { types: float32.types, choice: wanted ?? (has16Bits && !isFused ? 'model' : 'float32') };
}

function exportMetadata(
  trial: StoredTrial,
  layers: readonly PreparedLayer[],
  floatWeights: readonly string[],
  floats: WrittenFloats | null,
  placed: PlacedModel | null,
): Readonly<Record<string, string>> {
  const smoothing = layers.map(({ layer, alpha, factors }) => [layer.name, { alpha, s: Array.from(factors.s) }]);
  const { accuracy, notes } = trial;
  return {
    'quantsweep.version': ownVersion(),
    'quantsweep.sweep': trial.sweep,
    'quantsweep.sweep_key': trial.sweepKey,
    'quantsweep.trial_key': trial.key,
    'quantsweep.label': trial.label,
    'quantsweep.settings': withoutFolders(trial.settings),
    ...(placed === null ? {} : { 'quantsweep.target': placed.target }),
    'quantsweep.smoothing': JSON.stringify(Object.fromEntries(smoothing)),
    'quantsweep.float_weights': JSON.stringify(floatWeights),
    ...(floats === null ? {} : { 'quantsweep.floats': floats.choice === 'model' ? floats.types.join() : 'float32' }),
    ...(notes.length === 0 ? {} : { 'quantsweep.notes': JSON.stringify(notes) }),
    ...(accuracy === null ? {} : { [`quantsweep.${executionOf(trial)}.${accuracy.metric}`]: String(accuracy.value) }),
  };
}

/** How the stored accuracy was measured. */
function executionOf({ settings }: StoredTrial): Execution {
  const { quantization } = JSON.parse(settings) as {
    readonly quantization?: { readonly execution?: Execution } | null;
  };
  return quantization?.execution ?? 'simulated';
}

/**
 * The settings with paths cut to file names: where files lay on the machine of the sweep is
 * nobody's business.
 */
function withoutFolders(settings: string): string {
  const paths = new Set(['path', 'labels', 'groundTruth', 'folder']);
  return JSON.stringify(JSON.parse(settings), (key, value: unknown) =>
    paths.has(key) && typeof value === 'string' ? basename(value) : value,
  );
}
