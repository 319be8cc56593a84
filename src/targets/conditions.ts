import { constantTensor } from '../onnx/constants.js';
import { joinedPads } from '../onnx/folding/join-pad.js';
import { isDefaultDomain } from '../onnx/layers/hidden-layers.js';
import type { Layer } from '../onnx/layers/layers.js';
import { readFloatAttribute, readIntAttribute } from '../onnx/node.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../onnx/tensor.js';

/** A node as conditions see it. */
export interface ConditionSubject {
  readonly model: OnnxModel;
  readonly node: NodeProto;
  /** The layer that it is; null: none. */
  readonly layer: Layer | null;
  /** Inputs that are computed from what is fed, by index. */
  readonly activations: readonly number[];
}

/** Why the condition does not hold, behind "it ..."; null where it holds. */
type Condition = (subject: ConditionSubject) => string | null;

const unless = (holds: boolean, why: string): string | null => (holds ? null : why);

/** Conditions on a node beyond its operator, as rules of targets name them. */
export const conditions = {
  /** DepthToSpace on uint8 came with opset 11, pools and reductions with 12. */
  opset11: ({ model }) => whyOlderThan(11, model),
  opset12: ({ model }) => whyOlderThan(12, model),
  computedOperands: ({ node, activations }) =>
    unless(activations.length === node.input.length, 'has a constant operand, which is not quantized here'),
  twoInputs: ({ node }) => unless(node.input.length === 2, `has ${node.input.length} inputs, not two`),
  severalInputs: ({ activations }) => unless(activations.length > 1, 'joins one computed tensor alone'),
  isLayer: ({ layer }) => unless(layer !== null, 'has no constant weight that can be quantized'),
  /** What is stored in steps of input scale times weight scale is one number per channel. */
  plainBias: ({ model, node, layer }) => whyBiasIsNotPlain(model, node, layer),
  isNoLayer: ({ layer, activations }) =>
    unless(layer === null && activations.length === 2, 'is no product of two computed tensors'),
  oneOutput: ({ node }) =>
    unless(node.output.filter((name) => name !== '').length === 1, 'gives the places of its maxima as well'),
  nearest: ({ node }) =>
    unless(text(node, 'mode', 'nearest') === 'nearest', `interpolates (${text(node, 'mode', '')})`),
  notCubic: ({ node }) => unless(text(node, 'mode', 'nearest') !== 'cubic', 'interpolates (cubic)'),
  padsWithZeros: ({ model, node }) => whyPadChangesRange(model, node),
  joinsConv: ({ model, node }) => whyPadJoinsNoConv(model, node),
  group1: ({ node }) => unless(readIntAttribute(node, 'group', 1) === 1, 'has groups'),
  clipsFromZero: ({ model, node }) => whyClipDoesNotBeginAtZero(model, node),
  modelOptChannels: (subject) => whyModelOptLeaves(subject),
} satisfies Record<string, Condition>;

export type ConditionName = keyof typeof conditions;

function whyOlderThan(opset: number, model: OnnxModel): string | null {
  return unless(model.opset >= opset, `is of opset ${model.opset}, and has integer kernels from opset ${opset} on`);
}

function text(node: NodeProto, name: string, fallback: string): string {
  const value = node.attribute.find((a) => a.name === name)?.s;
  return value === undefined ? fallback : new TextDecoder().decode(value);
}

function whyBiasIsNotPlain(model: OnnxModel, node: NodeProto, layer: Layer | null): string | null {
  if (layer === null || layer.biasIndex === null) return null;
  const name = node.input[layer.biasIndex] ?? '';
  if (name === '') return null;
  const bias = constantTensor(model, name);
  if (bias?.dataType !== FLOAT32) return 'has a bias that is computed';
  const isVector =
    Number(bias.dims.at(-1)) === layer.outputChannels && readFloatTensor(bias).length === layer.outputChannels;
  return unless(isVector, 'has a bias that is no vector of its channels');
}

/** Numbers that it adds are 0, or such as the tensor has. */
function whyPadChangesRange(model: OnnxModel, node: NodeProto): string | null {
  if (text(node, 'mode', 'constant') !== 'constant') return null;
  const value = node.input[2] ?? '';
  if (value === '') return unless(readFloatAttribute(node, 'value', 0) === 0, 'pads with another number than 0');
  const number = scalar(model, value);
  if (number === null) return 'pads with a computed number';
  return unless(number === 0, 'pads with another number than 0');
}

/** Without a Pad on integers it is free as a part of a convolution alone. */
function whyPadJoinsNoConv(model: OnnxModel, node: NodeProto): string | null {
  const [reader, ...others] = model.index.consumers.get(node.output[0]!) ?? [];
  const isAlone = reader?.index === 0 && others.length === 0 && !model.index.outputs.has(node.output[0]!);
  const isConv = isAlone && reader.node.opType === 'Conv' && isDefaultDomain(reader.node);
  return unless(isConv && joinedPads(model, node, reader.node) !== null, 'is no part of a convolution behind it');
}

/**
 * A range that is observed behind it then begins at 0 and ends within its bounds, so that the
 * quantizer clips as it does.
 */
function whyClipDoesNotBeginAtZero(model: OnnxModel, node: NodeProto): string | null {
  const isAttribute = model.opset < 11;
  const low = isAttribute ? readFloatAttribute(node, 'min', -Infinity) : bound(model, node.input[1], -Infinity);
  const high = isAttribute ? readFloatAttribute(node, 'max', Infinity) : bound(model, node.input[2], Infinity);
  if (low === null || high === null) return 'has a computed bound';
  return unless(low === 0 && high > 0, 'does not clip from 0 on');
}

function bound(model: OnnxModel, name: string | undefined, fallback: number): number | null {
  return name === undefined || name === '' ? fallback : scalar(model, name);
}

function scalar(model: OnnxModel, name: string): number | null {
  const tensor = constantTensor(model, name);
  if (tensor?.dataType !== FLOAT32) return null;
  const values = readFloatTensor(tensor);
  return values.length === 1 ? values[0]! : null;
}

/**
 * Convolutions with few channels that ModelOpt leaves in float, as they gain nothing: channels
 * below 16, but for those of its exceptions; and products of a matrix and a vector.
 */
function whyModelOptLeaves({ model, node, layer }: ConditionSubject): string | null {
  if (layer === null) return null;
  const { weightShape, outputChannels } = layer;
  if (layer.op === 'MatMul' || layer.op === 'Gemm') {
    return unless(layer.op === 'Gemm' || outputChannels > 1, 'has one output channel');
  }
  if (layer.op === 'ConvTranspose') return null;
  const [outputs = 0, inputs = 0, ...kernel] = weightShape;
  if (inputs >= 16 && outputs >= 16) return null;
  const few = `has few channels (${inputs} per output, ${outputs} outputs)`;
  if (readIntAttribute(node, 'group', 1) > 1) {
    return unless(outputs % 8 === 0 && kernel.every((size) => size >= 3), few);
  }
  const isSquare = kernel.every((size) => size === kernel[0]);
  const isFirst = model.index.inputs.includes(node.input[0]!);
  return unless((inputs % 8 === 0 || outputs % 8 === 0) && isSquare && (isFirst || inputs >= 16 || outputs >= 16), few);
}
