import { constantTensor } from '../../onnx/constants.js';
import type { GraphPatch } from '../../onnx/edits/graph-patch.js';
import type { Layer } from '../../onnx/layers/layers.js';
import { copyNode, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { outputChannelShape } from '../../onnx/edits/scale-output.js';
import { FLOAT32, readFloatTensor } from '../../onnx/tensor.js';
import type { PreparedLayer } from '../prepared-layer.js';

/**
 * Takes a layer's bias correction off its output: off the bias, which is added where the node has
 * none. Behind a MatMul, which takes no bias, or a bias that is computed or of another shape, an
 * Add does the same.
 *
 * @param output of that Add, where the layer's own is to have another name
 */
export function correctBias(
  patch: GraphPatch,
  base: OnnxModel,
  prepared: PreparedLayer,
  output: string = prepared.layer.outputTensor,
): void {
  const { layer, biasCorrection } = prepared;
  if (biasCorrection === null) return;
  const name = layerPrefix(base, layer.name);
  const bias = biasVector(base, layer);
  if (bias !== null) {
    const tensor = patch.floats(`${name}/bias`, [layer.outputChannels], minus(bias, biasCorrection));
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: layer.biasIndex!, tensor });
    return;
  }
  const uncorrected = `${name}/uncorrected`;
  patch.edit({ kind: 'renameOutput', node: layer.outputTensor, tensor: uncorrected });
  addToOutput(patch, prepared, uncorrected, output, name);
}

/**
 * Adds a copy of the layer's node, its bias correction taken off.
 *
 * @param name unique for this branch
 * @returns the corrected output
 */
export function addCorrected(
  patch: GraphPatch,
  base: OnnxModel,
  prepared: PreparedLayer,
  node: NodeProto,
  name: string,
): string {
  const { layer, biasCorrection } = prepared;
  const output = node.output[0]!;
  const bias = biasCorrection === null ? null : biasVector(base, layer);
  if (bias === null) {
    patch.node(node);
    return biasCorrection === null ? output : addToOutput(patch, prepared, output, `${name}/corrected`, name);
  }
  const tensor = patch.floats(`${name}/bias`, [layer.outputChannels], minus(bias, biasCorrection!));
  const input = [...node.input];
  input[layer.biasIndex!] = tensor;
  patch.node(copyNode(node, { input }));
  return output;
}

function addToOutput(
  patch: GraphPatch,
  { layer, biasCorrection }: PreparedLayer,
  tensor: string,
  output: string,
  name: string,
): string {
  const negative = biasCorrection!.map((c) => -c);
  const correction = patch.floats(`${name}/correction`, outputChannelShape(layer), negative);
  // Not named like its output: the layer's node often is already.
  patch.node(copyNode(makeNode('Add', [tensor, correction], output), { name: `${name}/corrected` }));
  return output;
}

/**
 * The layer's bias less its correction, `[O]`; null where it has neither, or no vector can be its
 * bias: a MatMul takes none, and a bias may be computed or of another shape.
 */
export function correctedBias(base: OnnxModel, { layer, biasCorrection }: PreparedLayer): Float32Array | null {
  const { input } = base.index.producers.get(layer.outputTensor)!;
  const isGiven = layer.biasIndex !== null && (input[layer.biasIndex] ?? '') !== '';
  if (!isGiven && biasCorrection === null) return null;
  const bias = biasVector(base, layer);
  return bias === null || biasCorrection === null ? bias : minus(bias, biasCorrection);
}

/** True where the layer's correction can only be taken off by an Add behind it. */
export function needsCorrectingAdd(base: OnnxModel, { layer, biasCorrection }: PreparedLayer): boolean {
  return biasCorrection !== null && biasVector(base, layer) === null;
}

/** `[O]`, zeros where there is no bias; null where there can be none or it is something else. */
function biasVector(base: OnnxModel, layer: Layer): Float32Array | null {
  if (layer.biasIndex === null) return null;
  const name = base.index.producers.get(layer.outputTensor)!.input[layer.biasIndex] ?? '';
  if (name === '') return new Float32Array(layer.outputChannels);
  const tensor = constantTensor(base, name);
  if (tensor?.dataType !== FLOAT32 || Number(tensor.dims.at(-1)) !== layer.outputChannels) return null;
  const values = readFloatTensor(tensor);
  return values.length === layer.outputChannels ? values : null;
}

function minus(bias: Float32Array, correction: Float32Array): Float32Array {
  return bias.map((value, channel) => value - correction[channel]!);
}
