import { basename } from 'node:path';
import type { ActivationQuantizerSettings } from '../../experiment/sections/quantization.js';
import { foldBatchNorm } from '../../onnx/folding/fold-batch-norm.js';
import { restoreModel } from '../../quantize/restore-layers.js';
import { ownVersion } from '../../prepare/package-version.js';
import type { StoredTrial } from '../../store/read/read-trial.js';
import { storedPlacement } from '../stored-placement.js';
import { fixedInputsOf, keepSource, openTrial, readSource } from '../trial-source.js';
import { writeFiles } from '../write-files.js';
import { moduleNames, type NameRule } from './module-names.js';
import { npzBytes, type NamedArray } from './npz-bytes.js';
import { stateDicts, type ScaleTensor, type StateDicts } from './state-dicts.js';
import { layerScales, type LayerScales } from './trial-scales.js';

/** Forms in which the scales of a trial are written. */
export type ScalesFormat = 'npz' | 'json';

/** The content of the JSON file, which the `.npz` has as `quantsweep.json`. */
export interface ScalesFile extends StateDicts {
  readonly format: 'quantsweep-scales';
  /** Of this form. */
  readonly version: 1;
  readonly quantsweep: string;
  readonly sweep: string;
  readonly trialKey: string;
  readonly label: string;
  readonly model: string;
  readonly modelSha256: string;
  readonly layers: readonly LayerScales[];
}

/** What was written, for messages. */
export interface ScalesSummary {
  readonly layers: number;
  readonly smoothedLayers: number;
  readonly sizeBytes: number;
  /** How many modules' names were read from what. */
  readonly names: Readonly<Record<NameRule, number>>;
  /** Layers whose module is not known: they have their own name. */
  readonly unnamed: readonly string[];
  readonly leftOut: StateDicts['leftOut'];
  /** Modules with a BatchNormalization in their weight. */
  readonly batchNorms: readonly string[];
  /** Ranges of weights are of weights that are divided for the layers behind them. */
  readonly isFolded: boolean;
  /** Weights are divided for the layers behind them, in their scales alone. */
  readonly isRequantized: boolean;
  /**
   * Modules whose weights are not rounded to the nearest; what they became is in an archive alone.
   */
  readonly rounded: readonly string[];
  readonly format: ScalesFormat;
}

/**
 * Writes the scales of a finished trial by the framework's module names: s, ranges and form of both
 * quantizers of every layer, and the `state_dict` entries of two toolkits.
 *
 * @param modelPath where the model lies now; null: where the sweep read it
 * @throws InputError or ModelError saying why the trial can't be exported; nothing is written then
 */
export function exportScales(
  trial: StoredTrial,
  modelPath: string | null,
  { output, format, force }: { readonly output: string; readonly format: ScalesFormat; readonly force: boolean },
): ScalesSummary {
  const stored = openTrial(trial);
  const path = modelPath ?? stored.path;
  const { swept } = readSource(path, stored.sha256, fixedInputsOf(trial));
  const { model: folded, folded: norms } = foldBatchNorm(swept);
  // Checks that the stored ranges are of this model's weights.
  const restored = restoreModel(folded, trial.layers, trial.weightCalibrator, storedPlacement(trial));
  const found = restored.layers.map(({ layer }) => layer);
  const names = moduleNames(swept, found);
  const calibrators = { input: inputCalibrator(trial), weight: trial.weightCalibrator };
  const layers = found.map((layer, index) =>
    layerScales(layer, trial.layers[index]!, names[index]!, calibrators, norms.get(layer.outputTensor) ?? null),
  );
  const dicts = stateDicts(layers);
  const rounded = layers.flatMap(({ module, weightShape }, index) => {
    if (trial.layers[index]!.levels === null) return [];
    const { weight } = restored.layers[index]!;
    return [{ module, weight: { shape: weightShape, values: (weight.undivided ?? weight).values } }];
  });
  const content: ScalesFile = {
    ...{ format: 'quantsweep-scales', version: 1, quantsweep: ownVersion() },
    ...{ sweep: trial.sweep, trialKey: trial.key, label: trial.label },
    ...{ model: basename(path), modelSha256: stored.sha256, layers },
    ...dicts,
  };
  const text = `${JSON.stringify(content, null, 1)}\n`;
  const bytes =
    format === 'json'
      ? new TextEncoder().encode(text)
      : npzBytes([
          ...arraysOf(layers, dicts),
          ...rounded.map(({ module, weight }) => floatArray(`${module}.weight_rounded`, weight)),
          jsonArray(text),
        ]);
  keepSource(output, path);
  writeFiles([{ path: output, content: () => bytes }], force);
  const count = (rule: NameRule): number => names.filter((own) => own.rule === rule).length;
  return {
    layers: layers.length,
    smoothedLayers: layers.filter(({ smoothing }) => smoothing.s.some((s) => s !== 1)).length,
    sizeBytes: bytes.length,
    names: { initializer: count('initializer'), node: count('node'), layer: count('layer') },
    unnamed: names.filter(({ rule }) => rule === 'layer').map(({ module }) => module),
    leftOut: dicts.leftOut,
    batchNorms: layers.filter(({ batchNorm }) => batchNorm !== null).map(({ module }) => module),
    isFolded: layers.some(({ smoothing }) => smoothing.apply === 'fold'),
    isRequantized: layers.some(({ smoothing }) => smoothing.apply === 'requantize'),
    rounded: rounded.map(({ module }) => module),
    format,
  };
}

/** With its percentage where it has one. */
function inputCalibrator({ settings }: StoredTrial): string {
  const { quantization } = JSON.parse(settings) as {
    readonly quantization?: { readonly activation?: Partial<ActivationQuantizerSettings> } | null;
  };
  const { calibrator = 'max', percentile = null } = quantization?.activation ?? {};
  return calibrator === 'percentile' && percentile !== null ? `percentile ${percentile}` : calibrator;
}

/** For each module `MODULE.s`, `.input_amax`, `.weight_amax`, then the entries of both toolkits. */
function arraysOf(layers: readonly LayerScales[], dicts: StateDicts): readonly NamedArray[] {
  const own = layers.flatMap(({ module, smoothing, input, weight }) =>
    [
      [`${module}.s`, smoothing.s] as const,
      [`${module}.input_amax`, input.amax] as const,
      [`${module}.weight_amax`, weight.amax] as const,
    ].map(([name, numbers]) => floatArray(name, tensorOf(numbers))),
  );
  const entries = [dicts.pytorchQuantization, dicts.modelOptimizer].flatMap((dict) =>
    Object.entries(dict).map(([name, tensor]) => floatArray(name, tensor)),
  );
  return [...own, ...entries];
}

function tensorOf(numbers: number | readonly number[]): ScaleTensor {
  return typeof numbers === 'number' ? { shape: [], values: [numbers] } : { shape: [numbers.length], values: numbers };
}

function floatArray(
  name: string,
  { shape, values }: { readonly shape: readonly number[]; readonly values: ArrayLike<number> },
): NamedArray {
  return { name, shape, data: Float32Array.from(values) };
}

function jsonArray(text: string): NamedArray {
  const data = new TextEncoder().encode(text);
  return { name: 'quantsweep.json', shape: [data.length], data };
}
