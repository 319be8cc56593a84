import { constantIntegers } from '../constant-integers.js';
import { constantTensor } from '../constants.js';
import { describeNode } from '../graph-index.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { readFloatAttribute, readIntAttribute, readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../tensor.js';

/**
 * How an operator treats channels that are scaled by positive numbers: either `f(x / s) = f(x) / s`
 * with the channels on axis 1 before and after, or why that does not hold.
 */
export type ChannelScaling =
  | {
      readonly commutes: true;
      /** Dimensions of the output; null where unknown. */
      readonly rank: number | null;
    }
  | { readonly commutes: false; readonly reason: string };

/**
 * Whether scaling each channel of a node's first input by a positive number scales the same channel
 * of its first output. True for maxima and means over positions, for activation functions that are
 * positive-homogeneous, and for operators that only move numbers within a channel. A Flatten or
 * Reshape to two dimensions commutes only where each channel is one column afterwards, which the
 * reader of the tensor tells by its number of channels.
 *
 * @param rank dimensions of the input; null where unknown
 */
export function channelScaling(model: OnnxModel, node: NodeProto, rank: number | null): ChannelScaling {
  const does = (own: number | null = rank): ChannelScaling => ({ commutes: true, rank: own });
  const doesNot = (why: string): ChannelScaling => ({ commutes: false, reason: `${describeNode(node)} ${why}` });
  if (!isDefaultDomain(node)) return doesNot('is not an ONNX operator');
  switch (node.opType) {
    case 'Relu':
    case 'LeakyRelu':
    case 'PRelu':
    case 'Identity':
    case 'MaxPool':
    case 'AveragePool':
    case 'GlobalMaxPool':
    case 'GlobalAveragePool':
      return does();
    case 'Dropout':
      return (node.input[2] ?? '') === '' ? does() : doesNot('may drop numbers (training_mode)');
    case 'Pad': {
      const why = whyPadDoesNot(model, node);
      return why === null ? does() : doesNot(why);
    }
    case 'ReduceMean': {
      const reduced = spatialAxes(model, node, rank);
      if (reduced === null) return doesNot('averages over other axes than positions');
      if (readIntAttribute(node, 'keepdims', 1) !== 0) return does();
      return does(rank === null ? null : rank - reduced.length);
    }
    case 'Flatten':
      return readIntAttribute(node, 'axis', 1) === 1 ? does(2) : doesNot('flattens at another axis than 1');
    case 'Reshape':
      return keepsSamples(model, node) ? does(2) : doesNot('may move numbers from one channel to another');
    default:
      return doesNot('does not commute with scaling channels');
  }
}

/**
 * Pads often come computed from constants, and are not looked at: they can't change channels, as
 * the number of channels stays what the tensor's reader expects.
 */
function whyPadDoesNot(model: OnnxModel, node: NodeProto): string | null {
  const mode = node.attribute.find((a) => a.name === 'mode')?.s;
  if (mode !== undefined && new TextDecoder().decode(mode) !== 'constant') return null;
  if (readFloatAttribute(node, 'value', 0) !== 0) return 'pads with another number than 0';
  const value = node.input[2] ?? '';
  if (value === '') return null;
  const constant = constantTensor(model, value);
  if (constant?.dataType !== FLOAT32) return 'pads with a computed number';
  return readFloatTensor(constant).every((v) => v === 0) ? null : 'pads with another number than 0';
}

function spatialAxes(model: OnnxModel, node: NodeProto, rank: number | null): readonly number[] | null {
  const input = node.input[1] ?? '';
  const axes = input === '' ? readIntsAttribute(node, 'axes') : constantIntegers(model, input);
  if (axes === null || axes.length === 0) return null;
  const positive = axes.map((axis) => (axis < 0 && rank !== null ? axis + rank : axis));
  return positive.every((axis) => axis >= 2) ? positive : null;
}

/**
 * `[0, n]`: the first axis stays, so a column per channel means that each channel had one number.
 */
function keepsSamples(model: OnnxModel, node: NodeProto): boolean {
  const shape = constantIntegers(model, node.input[1] ?? '');
  return shape?.length === 2 && shape[0] === 0 && readIntAttribute(node, 'allowzero', 0) === 0;
}
