import { constantTensor } from '../onnx/constants.js';
import { applyEdits } from '../onnx/edits/edits.js';
import type { FoldRegion, Producer } from '../onnx/folding/fold-region.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import { findLayers, type Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { readFloatTensor, tensorShape } from '../onnx/tensor.js';
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

export interface RescaledModel {
  /** Computes the same function as before, each tensor of a region divided by s. */
  readonly model: OnnxModel;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, Layer>;
  /** Layer name -> `[O]`, what its output is divided by; no entry: 1. */
  readonly outputFactors: ReadonlyMap<string, Float32Array>;
}

/**
 * The model with every fold carried out: `W[o, i] * sIn[i] / sOut[o]` and `b[o] / sOut[o]`, in
 * float64 and rounded once to float32. The given model stays as it is; rescaled numbers are new
 * initializers.
 */
export function rescaleModel(model: OnnxModel, folds: readonly Fold[]): RescaledModel {
  const layers = new Map<string, Layer>();
  const inputFactors = new Map<string, Float32Array>();
  const outputFactors = new Map<string, Float32Array>();
  const patch = new GraphPatch(model);
  for (const { region, s } of folds) {
    const { producer, readers } = region;
    for (const layer of readers) {
      layers.set(layer.name, layer);
      inputFactors.set(layer.name, s);
    }
    if (producer.layer !== null) {
      layers.set(producer.layer.name, producer.layer);
      outputFactors.set(producer.layer.name, s);
    } else divideVector(patch, model, producer, 1, s);
    divideVector(patch, model, producer, 2, s);
  }
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
  const rescaled = folds.length === 0 ? model : applyEdits(model, patch.edits);
  const all = findLayers(rescaled).filter((layer) => layer.supported);
  return { model: rescaled, layers: new Map(all.map((layer) => [layer.name, layer])), outputFactors };
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
