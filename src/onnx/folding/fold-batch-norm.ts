import { constantTensor } from '../constants.js';
import type { GraphEdit } from '../edits/edits.js';
import { applyEdits } from '../edits/edits.js';
import { findLayers, type Layer } from '../layers/layers.js';
import { readFloatAttribute, readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { floatTensor, readFloatTensor } from '../tensor.js';
import { visitKernels } from '../layers/weight-layout.js';

export interface FoldedModel {
  readonly model: OnnxModel;
  /**
   * Layer output tensor (the BatchNormalization's, from now on the layer's own) -> name of the
   * folded node.
   */
  readonly folded: ReadonlyMap<string, string>;
  /** BatchNormalization nodes that follow a layer and stay nodes of their own -> why. */
  readonly unfolded: ReadonlyMap<string, string>;
}

/**
 * Folds every BatchNormalization that directly follows a Conv, ConvTranspose or Gemm and is its
 * only reader: `W' = W * gamma / sqrt(var + eps)` along the output channel and
 * `b' = beta + (b - mean) * gamma / sqrt(var + eps)`, computed in float64, stored as float32. The
 * layer's output takes the name of the BatchNormalization's, so that "the layer's own output" means
 * the same tensor in the folded and in the untouched model.
 */
export function foldBatchNorm(model: OnnxModel): FoldedModel {
  const edits: GraphEdit[] = [];
  const folded = new Map<string, string>();
  const unfolded = new Map<string, string>();
  for (const layer of findLayers(model)) {
    const norm = followingBatchNorm(model, layer.outputTensor);
    if (norm === null || !layer.supported) continue;
    const name = norm.name === '' ? norm.output[0]! : norm.name;
    const parameters = layer.biasIndex === null ? null : readParameters(model, norm, layer);
    if (layer.biasIndex === null) {
      unfolded.set(name, `${layer.op} "${layer.name}" has no bias to fold it into`);
    } else if (parameters === null) {
      unfolded.set(name, `its parameters or the bias of "${layer.name}" are computed, or not one per output channel`);
    } else {
      const fold = foldEdits(model, layer, norm.output[0]!, parameters);
      if (fold === null) {
        unfolded.set(name, `folded into "${layer.name}" it would make numbers that float32 does not hold`);
      } else {
        edits.push(...fold);
        folded.set(norm.output[0]!, name);
      }
    }
  }
  return { model: edits.length === 0 ? model : applyEdits(model, edits), folded, unfolded };
}

interface BatchNormParameters {
  readonly factor: Float64Array;
  readonly bias: Float64Array;
}

function followingBatchNorm(model: OnnxModel, tensor: string): NodeProto | null {
  const consumers = model.index.consumers.get(tensor) ?? [];
  const [only] = consumers;
  if (only === undefined || consumers.length > 1 || model.index.outputs.has(tensor)) return null;
  const { node, index } = only;
  if (node.opType !== 'BatchNormalization' || index !== 0) return null;
  const training = readIntAttribute(node, 'training_mode', 0) !== 0;
  const usesStatistics = node.output.slice(1).some((o) => model.index.consumers.has(o) || model.index.outputs.has(o));
  // Before opset 9: statistics of each position rather than of each channel.
  const perPosition = readIntAttribute(node, 'spatial', 1) === 0;
  return training || usesStatistics || perPosition ? null : node;
}

function readParameters(model: OnnxModel, norm: NodeProto, layer: Layer): BatchNormParameters | null {
  const vectors = norm.input.slice(1, 5).map((name) => constantTensor(model, name));
  const biasName = biasOf(model, layer);
  const biasTensor = biasName === null ? null : constantTensor(model, biasName);
  if (vectors.some((v) => v === null) || (biasName !== null && biasTensor === null)) return null;
  const [gamma, beta, mean, variance] = vectors.map((v) => readFloatTensor(v!));
  const bias = biasTensor === null ? null : readFloatTensor(biasTensor);
  const count = layer.outputChannels;
  if ([gamma, beta, mean, variance, bias].some((v) => v !== null && v?.length !== count)) return null;
  const epsilon = readFloatAttribute(norm, 'epsilon', 1e-5);
  const factor = Float64Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + epsilon));
  return { factor, bias: Float64Array.from(factor, (f, c) => beta![c]! + ((bias?.[c] ?? 0) - mean![c]!) * f) };
}

function biasOf(model: OnnxModel, layer: Layer): string | null {
  const name = model.index.producers.get(layer.outputTensor)?.input[layer.biasIndex ?? -1];
  return name === undefined || name === '' ? null : name;
}

/** Null where a number of the folded weight or bias is not finite. */
function foldEdits(
  model: OnnxModel,
  layer: Layer,
  output: string,
  { factor, bias }: BatchNormParameters,
): readonly GraphEdit[] | null {
  const weight = Float32Array.from(readFloatTensor(layer.weight));
  const { kernelSize } = layer.layout;
  visitKernels(layer.layout, (_input, channel, offset) => {
    for (let i = offset; i < offset + kernelSize; i++) weight[i] = weight[i]! * factor[channel]!;
  });
  const foldedBias = Float32Array.from(bias);
  if (!weight.every(Number.isFinite) || !foldedBias.every(Number.isFinite)) return null;
  const [weightName, biasName] = [foldedName(model, output, 'weight'), foldedName(model, output, 'bias')];
  return [
    { kind: 'removeNode', node: output },
    { kind: 'addInitializer', tensor: floatTensor(weightName, layer.weightShape, weight) },
    { kind: 'addInitializer', tensor: floatTensor(biasName, [factor.length], foldedBias) },
    { kind: 'setInput', node: layer.outputTensor, index: 1, tensor: weightName },
    { kind: 'setInput', node: layer.outputTensor, index: layer.biasIndex!, tensor: biasName },
    { kind: 'renameOutput', node: layer.outputTensor, tensor: output },
  ];
}

/** Named after the output where the model has nothing of that name. */
function foldedName({ index, ownPrefix }: OnnxModel, output: string, what: string): string {
  const name = `${output}/folded_${what}`;
  const isTaken =
    index.initializers.has(name) ||
    index.producers.has(name) ||
    index.consumers.has(name) ||
    index.inputs.includes(name);
  return isTaken ? `${ownPrefix}folded/${output}/${what}` : name;
}
