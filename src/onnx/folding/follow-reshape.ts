import { rankOf, type Channels } from './channels.js';
import { computedIntegers } from './computed-integers.js';
import type { CountChannels, FollowedNode, ScaledInputs } from './followed-node.js';
import { constantIntegers } from '../constant-integers.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';

/**
 * Where the channels of a tensor are behind a Flatten or a Reshape that keeps each sample together,
 * or why that is not known. Where channels and positions become one axis, each channel is there as
 * often as it has positions.
 *
 * @param count how many numbers a sample has, as readers of the output know it
 */
export function followReshape(
  model: OnnxModel,
  node: NodeProto,
  inputs: ScaledInputs,
  count: CountChannels,
): FollowedNode | string {
  const channels = inputs.get(0)!;
  const shape = node.opType === 'Flatten' ? flattenedShape(node, channels) : shapeOf(model, node);
  if (shape === null) return 'may move numbers from one channel to another';
  const last = shape.length - 1;
  if (channels.trailing === 0 && shape[last] === channels.count) return kept(channels, last, 0);
  if (channels.axis === 1 && last >= 1) {
    const keepsSamples = shape[0] === 0;
    const isOne = channels.positions === 1 && shape.slice(2).every((length) => length === 1);
    const keepsChannels = shape[1] === channels.count || (shape[1] === 0 && keepsSamples);
    if (keepsChannels && (keepsSamples || isOne)) return kept(channels, 1, last - 1);
    if (isOne && last === 1 && shape[1] === -1) return kept(channels, 1, 0);
    if (channels.trailing === 0 && keepsSamples && last === 1 && shape[1] === -1) return kept(channels, 1, 0);
  }
  if (last !== 1 || shape[0] !== 0) return 'may move numbers from one channel to another';
  return flattened(node, channels, shape[1]!, count);
}

function kept(channels: Channels, axis: number, trailing: number): FollowedNode {
  const same = Int32Array.from({ length: channels.count }, (_, channel) => channel);
  // Rows of channels, whatever they were before, have one number in each.
  const positions = axis === 1 && trailing === 0 ? 1 : axis === 1 ? channels.positions : null;
  return {
    outputs: [{ ...channels, axis, trailing, positions }],
    links: [{ input: 0, output: 0, channels: same }],
    constants: [],
  };
}

/** Each sample becomes one row. */
function flattened(node: NodeProto, channels: Channels, length: number, count: CountChannels): FollowedNode | string {
  const isFirst = channels.axis === 1;
  const isLast = channels.trailing === 0 && channels.axis !== null && channels.axis > 1;
  if (!isFirst && !isLast) return 'flattens channels that are on neither the first nor the last axis';
  const known = channels.positions === null ? null : channels.positions * channels.count;
  const total = length > 0 ? length : (known ?? count(node.output[0]!));
  if (total === null) return 'flattens a tensor whose size is not known';
  const positions = total / channels.count;
  if (!Number.isInteger(positions)) return `makes ${total} numbers of ${channels.count} channels`;
  const from = Int32Array.from({ length: total }, (_, i) => (isFirst ? Math.floor(i / positions) : i % channels.count));
  return {
    outputs: [{ count: total, axis: 1, trailing: 0, positions: 1 }],
    links: [{ input: 0, output: 0, channels: from }],
    constants: [],
  };
}

function flattenedShape(node: NodeProto, channels: Channels): readonly number[] | null {
  const axis = readIntAttribute(node, 'axis', 1);
  const rank = rankOf(channels);
  return axis === 1 || (rank !== null && axis + rank === 1) ? [0, -1] : null;
}

/** The new shape, 0: as long as the input's axis, -1: the rest; null where it is not known. */
function shapeOf(model: OnnxModel, node: NodeProto): readonly number[] | null {
  if (readIntAttribute(node, 'allowzero', 0) !== 0) return null;
  const [input = '', name = ''] = node.input;
  const attribute = node.attribute.find((a) => a.name === 'shape')?.ints.map(Number);
  const known = name === '' ? attribute : computedIntegers(model, name);
  if (known !== null && known !== undefined) return known;
  const concat = model.index.producers.get(name);
  if (concat?.opType !== 'Concat' || !isDefaultDomain(concat)) return null;
  const shape: number[] = [];
  for (const [index, part] of concat.input.entries()) {
    const numbers = computedIntegers(model, part) ?? (index === 0 && isBatchOf(model, part, input) ? [0] : null);
    if (numbers === null) return null;
    shape.push(...numbers);
  }
  return shape;
}

/** Operators that keep the first axis of their first input. */
const KEEPS_SAMPLES: ReadonlySet<string> = new Set(
  `Add AveragePool BatchNormalization Clip Conv ConvTranspose Dropout GlobalAveragePool GlobalMaxPool Identity LeakyRelu
   MaxPool PRelu Relu Resize Upsample`.split(/\s+/),
);

/**
 * Whether a tensor is the number of samples of another: `Gather(Shape(t), 0)`, where t is that
 * tensor or one on the way to it that has as many.
 */
function isBatchOf(model: OnnxModel, name: string, tensor: string): boolean {
  const unsqueeze = model.index.producers.get(name);
  const gather = unsqueeze?.opType === 'Unsqueeze' ? model.index.producers.get(unsqueeze.input[0]!) : unsqueeze;
  const shape = gather?.opType === 'Gather' ? model.index.producers.get(gather.input[0]!) : undefined;
  if (gather === undefined || shape?.opType !== 'Shape') return false;
  const first = constantIntegers(model, gather.input[1]!);
  if (first?.join() !== '0' || readIntAttribute(gather, 'axis', 0) !== 0) return false;
  if (shape.attribute.length > 0) return false;
  for (let own = tensor; ;) {
    if (own === shape.input[0]) return true;
    const producer = model.index.producers.get(own);
    if (producer === undefined || !KEEPS_SAMPLES.has(producer.opType) || producer.output[0] !== own) return false;
    own = producer.input[0]!;
  }
}
