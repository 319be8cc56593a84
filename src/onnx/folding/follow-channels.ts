import type { CountChannels, FollowedNode, ScaledInputs } from './followed-node.js';
import type { Follower } from './follower.js';
import { followReshape } from './follow-reshape.js';
import { always, clip, slope, unary } from './followers/activations.js';
import { mean, pooling, resize, squeeze, transpose, unsqueeze } from './followers/axes.js';
import { concat, product, sum } from './followers/operands.js';
import { pad, slice, split } from './followers/runs.js';
import { describeNode } from '../graph-index.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';

/**
 * The inputs of a node that are divided together with its outputs, or a short sentence that says
 * why dividing them does not divide the outputs.
 */
export function carriedInputs(model: OnnxModel, node: NodeProto): readonly number[] | string {
  const follower = followerOf(node);
  if (follower === null) return `${describeNode(node)} does not commute with scaling channels`;
  const carried = follower.carries(model, node);
  return typeof carried === 'string' ? `${describeNode(node)} ${carried}` : carried;
}

/** The outputs of a node that are divided together with its inputs. */
export function carriedOutputs(node: NodeProto): readonly string[] {
  return followerOf(node)?.allOutputs === true ? node.output.filter((output) => output !== '') : [node.output[0]!];
}

/** Where the channels of a node's inputs are in its outputs, or why that is not known. */
export function followChannels(
  model: OnnxModel,
  node: NodeProto,
  inputs: ScaledInputs,
  count: CountChannels,
): FollowedNode | string {
  const followed = followerOf(node)!.follow(model, node, inputs, count);
  return typeof followed === 'string' ? `${describeNode(node)} ${followed}` : followed;
}

function followerOf(node: NodeProto): Follower | null {
  return isDefaultDomain(node) && Object.hasOwn(followers, node.opType) ? followers[node.opType]! : null;
}

const reshape: Follower = { carries: () => [0], follow: followReshape };

/** Operators that scaling may pass through. */
const followers: Readonly<Record<string, Follower>> = {
  Relu: unary,
  LeakyRelu: unary,
  Identity: unary,
  Dropout: unary,
  Neg: always,
  Abs: always,
  PRelu: slope,
  Clip: clip,
  MaxPool: pooling,
  AveragePool: pooling,
  GlobalMaxPool: pooling,
  GlobalAveragePool: pooling,
  ReduceMean: mean,
  ReduceMax: mean,
  Resize: resize,
  Upsample: resize,
  Add: sum,
  Sub: sum,
  Sum: sum,
  Max: sum,
  Min: sum,
  Mul: product,
  Div: product,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Flatten: reshape,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
};
