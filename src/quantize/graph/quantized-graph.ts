import { renamedTensor } from '../../onnx/tensor.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import type { Layer } from '../../onnx/layers/layers.js';
import { copyNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import { scaleOutput } from '../../onnx/edits/scale-output.js';
import { addCorrected, correctBias } from './correct-bias.js';
import { dividesOwnInput } from '../../smooth/smoothed-model.js';
import type { PreparedLayer } from '../prepare-layers.js';

/**
 * The model with every prepared layer quantized: its input passes through a fake quantizer with
 * smoothing inside the divisor, its weight is replaced by the fake-quantized smoothed weight.
 * Nothing else changes; the bias stays float. It is written in plain arithmetic, which every
 * provider has kernels for; `withLinearQuantizers` writes the same faster where that helps.
 */
export function quantizedModel(base: OnnxModel, layers: readonly PreparedLayer[]): OnnxModel {
  const patch = new GraphPatch(base);
  for (const prepared of layers) {
    const { layer } = prepared;
    const name = layerPrefix(base, layer.name);
    const weight = patch.floats(`${name}/weight`, layer.weightShape, prepared.weight.values);
    patch.edit({
      kind: 'setInput',
      node: layer.outputTensor,
      index: 0,
      tensor: fakeQuantizeInput(patch, prepared, layer.inputTensor, name, baseDivisor(prepared)),
    });
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weight });
    correctBias(patch, base, prepared);
  }
  return applyEdits(base, patch.edits);
}

/**
 * The smoothed float model: inputs that are not folded are divided by s and their weights
 * multiplied by s, nothing is quantized.
 */
export function smoothedModel(base: OnnxModel, layers: readonly PreparedLayer[]): OnnxModel {
  const patch = new GraphPatch(base);
  for (const { layer, factors, smoothedWeight, apply } of layers) {
    if (!dividesOwnInput(apply)) continue;
    const name = layerPrefix(base, layer.name);
    const s = patch.floats(`${name}/s`, channelShape(layer), factors.s);
    const input = patch.apply('Div', [layer.inputTensor, s], `${name}/smoothed_input`);
    const weight = patch.floats(`${name}/weight`, layer.weightShape, smoothedWeight);
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 0, tensor: input });
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weight });
  }
  return applyEdits(base, patch.edits);
}

/** Which quantizers of an isolated layer are at work. */
export type QuantizedParts = 'both' | 'input' | 'weight' | 'none';

/**
 * Adds the layer alone in its quantized form, fed the tensor that feeds it in the float model.
 *
 * @param base the prepared model's
 * @param name unique for this branch, e.g. with the candidate's alpha
 * @param parts the others are left out: the layer is smoothed alike
 * @param tensor what feeds it: FP32's tensor, which neither a fold nor a convolution divided
 * @returns the branch's output tensor, in the float model's units
 */
export function addIsolatedLayer(
  patch: GraphPatch,
  base: OnnxModel,
  prepared: PreparedLayer,
  name: string,
  parts: QuantizedParts = 'both',
  tensor: string = prepared.original.inputTensor,
): string {
  const { layer, outputFactors } = prepared;
  const node = base.index.producers.get(layer.outputTensor)!;
  const input =
    parts === 'weight' || parts === 'none'
      ? smoothInput(patch, prepared, tensor, name)
      : fakeQuantizeInput(patch, prepared, tensor, name, prepared.divisor);
  const values = parts === 'input' || parts === 'none' ? prepared.smoothedWeight : prepared.weight.values;
  const weight = patch.floats(`${name}/weight`, layer.weightShape, values);
  const output = `${name}/output`;
  const rest = node.input.slice(2).map((tensor, index) => {
    // Under a name of this branch: what another branch's base holds under the same name may be
    // other numbers.
    const initializer = base.index.initializers.get(tensor);
    return initializer === undefined
      ? tensor
      : patch.initializer(renamedTensor(initializer, `${name}/input/${index + 2}`));
  });
  const copy = copyNode(node, { name: output, input: [input, weight, ...rest], output: [output] });
  const corrected = addCorrected(patch, base, prepared, copy, name);
  return outputFactors === null ? corrected : scaleOutput(patch, layer, corrected, outputFactors, `${name}/unscaled`);
}

/** The FP32 tensor divided by s. */
function smoothInput(patch: GraphPatch, { layer, factors }: PreparedLayer, tensor: string, name: string): string {
  const s = patch.floats(`${name}/s`, channelShape(layer), factors.s);
  return patch.apply('Div', [tensor, s], `${name}/smoothed_input`);
}

/**
 * `Clip(Round(x / d), qmin - z, qmax - z) * q` with `d[c] = s[c] * q`: quantize and dequantize of x
 * / s, bit-exact to QuantizeLinear/DequantizeLinear up to the rounding of the one division.
 */
function fakeQuantizeInput(
  patch: GraphPatch,
  prepared: PreparedLayer,
  tensor: string,
  name: string,
  divisor: Float32Array,
): string {
  const { layer, input } = prepared;
  const d = patch.floats(`${name}/divisor`, channelShape(layer), divisor);
  const divided = patch.apply('Div', [tensor, d], `${name}/divided`);
  const { qmin, qmax, zeroPoint } = input;
  const steps = patch.roundAndClip(divided, qmin - zeroPoint, qmax - zeroPoint, `${name}/steps`);
  const scale = patch.floats(`${name}/scale`, [], Float32Array.of(input.scale));
  return patch.apply('Mul', [steps, scale], `${name}/dequantized`);
}

/** What divides the base model's tensor, which is smoothed already where the layer is folded. */
function baseDivisor({ apply, divisor, input }: PreparedLayer): Float32Array {
  return apply === 'none' || dividesOwnInput(apply) ? divisor : new Float32Array(divisor.length).fill(input.scale);
}

/**
 * Shape that broadcasts a vector over the channel axis: axis 1 of a convolution's input, the last
 * one otherwise.
 */
export function channelShape(layer: Layer): readonly number[] {
  const trailing = layer.inputRank === null ? 0 : layer.inputRank - 2;
  return [layer.inputChannels, ...new Array<number>(trailing).fill(1)];
}
