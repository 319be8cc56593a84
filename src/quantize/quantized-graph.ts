import { applyEdits } from '../graph/edits.js';
import { GraphPatch } from '../graph/graph-patch.js';
import type { Layer } from '../graph/layers.js';
import { copyNode } from '../graph/node.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import type { PreparedLayer } from './prepare-layers.js';

/**
 * The model with every prepared layer quantized: its input passes through a fake quantizer with smoothing inside the
 * divisor, its weight is replaced by the fake-quantized smoothed weight. Nothing else changes; the bias stays float.
 * No QuantizeLinear is used, so that no runtime can fuse integer kernels in.
 */
export function quantizedModel(folded: OnnxModel, layers: readonly PreparedLayer[]): OnnxModel {
  const patch = new GraphPatch(folded);
  for (const prepared of layers) {
    const { layer } = prepared;
    const name = `quantsweep/${layer.name}`;
    const weight = patch.floats(`${name}/weight`, layer.weightShape, prepared.weight.values);
    patch.edit({
      kind: 'setInput',
      node: layer.outputTensor,
      index: 0,
      tensor: fakeQuantizeInput(patch, prepared, name),
    });
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weight });
  }
  return applyEdits(folded, patch.edits);
}

/** The smoothed float model: input divided by s, weight multiplied by s, nothing quantized. */
export function smoothedModel(folded: OnnxModel, layers: readonly PreparedLayer[]): OnnxModel {
  const patch = new GraphPatch(folded);
  for (const { layer, factors, smoothedWeight, alpha } of layers) {
    if (alpha === null) continue;
    const name = `quantsweep/${layer.name}`;
    const s = patch.floats(`${name}/s`, channelShape(layer), factors.s);
    const input = patch.apply('Div', [layer.inputTensor, s], `${name}/smoothed_input`);
    const weight = patch.floats(`${name}/weight`, layer.weightShape, smoothedWeight);
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 0, tensor: input });
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weight });
  }
  return applyEdits(folded, patch.edits);
}

/**
 * Adds the layer alone in its quantized form, fed the tensor that feeds it in the float model.
 *
 * @param name unique for this branch, e.g. with the candidate's alpha
 * @returns the branch's output tensor
 */
export function addIsolatedLayer(patch: GraphPatch, folded: OnnxModel, prepared: PreparedLayer, name: string): string {
  const { layer } = prepared;
  const node = folded.index.producers.get(layer.outputTensor)!;
  const input = fakeQuantizeInput(patch, prepared, name);
  const weight = patch.floats(`${name}/weight`, layer.weightShape, prepared.weight.values);
  for (const tensor of node.input.slice(2)) {
    const initializer = folded.index.initializers.get(tensor);
    if (initializer !== undefined) patch.initializer(initializer);
  }
  const output = `${name}/output`;
  patch.node(copyNode(node, { name: output, input: [input, weight, ...node.input.slice(2)], output: [output] }));
  return output;
}

/**
 * `Clip(Round(x / d), qmin - z, qmax - z) * q` with `d[c] = s[c] * q`: quantize and dequantize of x / s, bit-exact to
 * QuantizeLinear/DequantizeLinear up to the rounding of the one division.
 */
function fakeQuantizeInput(patch: GraphPatch, prepared: PreparedLayer, name: string): string {
  const { layer, input, divisor } = prepared;
  const d = patch.floats(`${name}/divisor`, channelShape(layer), divisor);
  const divided = patch.apply('Div', [layer.inputTensor, d], `${name}/divided`);
  const { qmin, qmax, zeroPoint } = input;
  const steps = patch.roundAndClip(divided, qmin - zeroPoint, qmax - zeroPoint, `${name}/steps`);
  const scale = patch.floats(`${name}/scale`, [], Float32Array.of(input.scale));
  return patch.apply('Mul', [steps, scale], `${name}/dequantized`);
}

/** Shape that broadcasts a vector over the channel axis: axis 1 of a convolution's input, the last one otherwise. */
function channelShape(layer: Layer): readonly number[] {
  const trailing = layer.inputRank === null ? 0 : layer.inputRank - 2;
  return [layer.inputChannels, ...new Array<number>(trailing).fill(1)];
}
