import { constantTensor } from '../onnx/constants.js';
import { applyEdits } from '../onnx/edits/edits.js';
import type { FoldRegion, Producer } from '../onnx/folding/fold-region.js';
import type { ScalingRegion } from '../onnx/folding/scaling-region.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import { findLayers, type Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { firstOutput } from '../onnx/graph-index.js';
import { elementCount, readFloatTensor, tensorShape } from '../onnx/tensor.js';
import { visitKernels } from '../onnx/layers/weight-layout.js';

/** A region with the factors that move from its tensors into its weights. */
export interface Fold {
  readonly region: FoldRegion;
  /**
   * `[channels]`, positive: the producer's output is divided by it, the readers' weights are
   * multiplied by it.
   */
  readonly s: Float32Array;
}

/** A region of several producers with the factors of its classes of channels. */
export interface Scaling {
  readonly region: ScalingRegion;
  /** `[classes]`, positive. */
  readonly s: Float32Array;
}

/** What of the decided smoothing moves into producers. */
export interface Moves {
  /** The regions of all layers whose smoothing is folded. */
  readonly folds: readonly Fold[];
  /** Those of all layers whose smoothing is requantized with. */
  readonly scalings: readonly Scaling[];
}

/** All that is multiplied and divided. */
export interface Rescaling extends Moves {
  /** Layer name -> `[I]`, s of layers whose input something else divides. */
  readonly inputs: ReadonlyMap<string, Float32Array>;
}

export interface RescaledModel {
  /**
   * Each tensor of a region divided by s. Computes the same function as before, once the inputs of
   * `Rescaling.inputs` are divided.
   */
  readonly model: OnnxModel;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, Layer>;
  /** Layer name -> `[O]`, what its output is divided by; no entry: 1. */
  readonly outputFactors: ReadonlyMap<string, Float32Array>;
}

/**
 * The model with everything carried out: `W[o, i] * sIn[i] / sOut[o]` and `b[o] / sOut[o]`, in
 * float64 and rounded once to float32. The given model stays as it is; rescaled numbers are new
 * initializers.
 */
export function rescaleModel(model: OnnxModel, { folds, scalings, inputs }: Rescaling): RescaledModel {
  const layers = new Map<string, Layer>();
  const inputFactors = new Map(inputs);
  const outputFactors = new Map<string, Float32Array>();
  const patch = new GraphPatch(model);
  const multiply = (layer: Layer, s: Float32Array): void => {
    layers.set(layer.name, layer);
    inputFactors.set(layer.name, s);
  };
  const divide = (producer: Producer, s: Float32Array): void => {
    if (producer.layer !== null) {
      layers.set(producer.layer.name, producer.layer);
      outputFactors.set(producer.layer.name, s);
    } else divideVector(patch, model, producer, 1, s);
    divideVector(patch, model, producer, 2, s);
  };
  for (const { region, s } of folds) {
    for (const layer of region.readers) multiply(layer, s);
    divide(region.producer, s);
  }
  for (const { region, s } of scalings) {
    for (const { layer, classes } of region.readers) multiply(layer, factorsOf(classes, s));
    for (const producer of region.producers) divide(producer, factorsOf(producer.classes, s));
    for (const constant of region.constants) divideConstant(patch, model, constant, factorsOf(constant.classes, s));
  }
  for (const layer of findLayers(model)) if (layer.supported && inputs.has(layer.name)) layers.set(layer.name, layer);
  for (const { name, outputTensor, weight, weightShape, layout } of layers.values()) {
    const values = rescaleWeight(
      readFloatTensor(weight),
      layout,
      inputFactors.get(name) ?? null,
      outputFactors.get(name) ?? null,
    );
    const tensor = patch.floats(`${patch.prefix}rescaled/${outputTensor}/1`, weightShape, values);
    patch.edit({ kind: 'setInput', node: outputTensor, index: 1, tensor });
  }
  const rescaled = patch.edits.length === 0 ? model : applyEdits(model, patch.edits);
  const all = findLayers(rescaled).filter((layer) => layer.supported);
  return { model: rescaled, layers: new Map(all.map((layer) => [layer.name, layer])), outputFactors };
}

/** `[channels]`: the factor of each channel's class. */
export function factorsOf(classes: Int32Array, s: Float32Array): Float32Array {
  return Float32Array.from(classes, (own) => s[own]!);
}

/** A constant that is added to divided tensors, or joined to them. */
function divideConstant(
  patch: GraphPatch,
  model: OnnxModel,
  { node, index, dims, axis }: ScalingRegion['constants'][number],
  s: Float32Array,
): void {
  const constant = constantTensor(model, node.input[index]!)!;
  const values = readFloatTensor(constant);
  if (values.every((value) => value === 0)) return;
  const output = firstOutput(node);
  const divided = divideAlong(values, tensorShape(constant), { dims, axis }, s);
  const tensor = patch.floats(`${patch.prefix}rescaled/${output}/${index}`, dims, divided);
  patch.edit({ kind: 'setInput', node: output, index, tensor });
}

/** @param shape broadcasts to `dims`, of which it may have fewer and shorter axes */
function divideAlong(
  values: Float32Array,
  shape: readonly number[],
  { dims, axis }: Pick<ScalingRegion['constants'][number], 'dims' | 'axis'>,
  s: Float32Array,
): Float32Array {
  const inner = elementCount(dims.slice(axis + 1));
  const channels = dims[axis]!;
  // Only the channel axis may be longer than it was.
  const isExpanded = elementCount(shape) < elementCount(dims);
  return Float32Array.from({ length: elementCount(dims) }, (_, i) => {
    const [outer, rest] = [Math.floor(i / (channels * inner)), i % inner];
    const value = isExpanded ? values[outer * inner + rest]! : values[i]!;
    return value / s[Math.floor(i / inner) % channels]!;
  });
}

/** A vector among the producer's inputs, which may be left out (no bias). */
function divideVector(patch: GraphPatch, model: OnnxModel, { node }: Producer, index: number, s: Float32Array): void {
  const name = node.input[index] ?? '';
  if (name === '') return;
  const vector = constantTensor(model, name)!;
  const values = readFloatTensor(vector).map((value, channel) => value / s[channel]!);
  const output = node.output[0]!;
  const tensor = patch.floats(`${patch.prefix}rescaled/${output}/${index}`, tensorShape(vector), values);
  patch.edit({ kind: 'setInput', node: output, index, tensor });
}

/**
 * The weight multiplied along its input channels and divided along its output channels.
 *
 * @param input `[I]` multiplies, null: 1
 * @param output `[O]` divides, null: 1
 */
export function rescaleWeight(
  weight: Float32Array,
  layout: Layer['layout'],
  input: Float32Array | null,
  output: Float32Array | null,
): Float32Array {
  const rescaled = new Float32Array(weight.length);
  visitKernels(layout, (i, o, offset) => {
    const factor = (input?.[i] ?? 1) / (output?.[o] ?? 1);
    for (let k = offset; k < offset + layout.kernelSize; k++) rescaled[k] = weight[k]! * factor;
  });
  return rescaled;
}
