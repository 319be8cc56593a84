import { channelScaling } from './channel-scaling.js';
import { alike, rankOf, relativeAxis, type Channels } from './channels.js';
import { computedIntegers } from './computed-integers.js';
import type { CountChannels, FollowedNode, ScaledConstant, ScaledInputs } from './followed-node.js';
import { followReshape } from './follow-reshape.js';
import { constantTensor } from '../constants.js';
import { describeNode } from '../graph-index.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { readIntAttribute, readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, readFloatTensor, tensorShape } from '../tensor.js';

/** How one operator treats tensors whose channels are divided by positive numbers. */
interface Follower {
  /** The inputs that are divided if any tensor at the node is, or why none can be. */
  readonly carries: (model: OnnxModel, node: NodeProto) => readonly number[] | string;
  /** True where all outputs are divided, not only the first. */
  readonly allOutputs?: true;
  /** Where the channels go, or why that is not known. */
  readonly follow: (
    model: OnnxModel,
    node: NodeProto,
    inputs: ScaledInputs,
    count: CountChannels,
  ) => FollowedNode | string;
}

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

export function sameChannels(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, channel) => channel);
}

/** The first output lies like the given channels, each channel with the same one of the inputs. */
function keeps(channels: Channels, inputs: Iterable<number>, constants: readonly ScaledConstant[] = []): FollowedNode {
  const same = sameChannels(channels.count);
  const links = Array.from(inputs, (input) => ({ input, output: 0, channels: same }));
  return { outputs: [channels], links, constants };
}

function constantFloats(model: OnnxModel, name: string): Float32Array | null {
  const tensor = name === '' ? null : constantTensor(model, name);
  return tensor?.dataType === FLOAT32 ? readFloatTensor(tensor) : null;
}

const unchanged: Follower['follow'] = (_model, _node, inputs) => keeps(inputs.get(0)!, [0]);

/** Operators on each number by itself, as far as they are positive-homogeneous. */
const unary: Follower = {
  carries: (model, node) => {
    const scaling = channelScaling(model, node, null);
    return scaling.commutes ? [0] : scaling.reason.slice(describeNode(node).length + 1);
  },
  follow: unchanged,
};

const always: Follower = { carries: () => [0], follow: unchanged };

const slope: Follower = {
  carries: (model, { input }) => (constantTensor(model, input[1] ?? '') === null ? 'has a computed slope' : [0]),
  follow: unchanged,
};

/** Behind it nothing but a lower bound of 0 is homogeneous. */
const clip: Follower = {
  carries: (model, node) => {
    const bound = (index: number, name: string, fallback: number): number | null => {
      const attribute = node.attribute.find((a) => a.name === name);
      if (attribute !== undefined) return attribute.f;
      const input = node.input[index] ?? '';
      return input === '' ? fallback : (constantFloats(model, input)?.[0] ?? null);
    };
    const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
    if (low === null || high === null) return 'has a computed bound';
    const infinite = 3.4e38;
    if (high < infinite)
      return `clips at ${Number(high.toPrecision(6))}, which would be another number for each channel`;
    return low === 0 || low <= -infinite ? [0] : `clips at ${Number(low.toPrecision(6))}`;
  },
  follow: unchanged,
};

/** Over the axes behind channels on axis 1. */
const pooling: Follower = {
  carries: () => [0],
  follow: (_model, node, inputs) => {
    const channels = inputs.get(0)!;
    if (channels.axis !== 1) return 'pools over the axis of the channels';
    return keeps({ ...channels, positions: node.opType.startsWith('Global') ? 1 : null }, [0]);
  },
};

const mean: Follower = {
  carries: (model, node) => (reducedAxes(model, node) === null ? 'has computed axes, or averages over all' : [0]),
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const axes = reducedAxes(model, node)!.map((axis) => relativeAxis(channels, axis));
    if (axes.includes(null)) return 'may average over the channels';
    const relative = axes as readonly number[];
    if (relative.includes(0) || (channels.axis !== null && relative.includes(-channels.axis))) {
      return 'averages over the channels or the samples';
    }
    const behind = relative.filter((axis) => axis > 0).length;
    const positions = channels.axis === 1 && behind === channels.trailing ? 1 : null;
    if (readIntAttribute(node, 'keepdims', 1) !== 0) return keeps({ ...channels, positions }, [0]);
    return keeps({ ...withoutAxes(channels, relative), positions }, [0]);
  },
};

function reducedAxes(model: OnnxModel, node: NodeProto): readonly number[] | null {
  const axes = axesOf(model, node, 1);
  return axes === null || axes.length === 0 ? null : axes;
}

/** An attribute before opset 13 or 18, then an input. */
function axesOf(model: OnnxModel, node: NodeProto, index: number): readonly number[] | null {
  const input = node.input[index] ?? '';
  return input === '' ? readIntsAttribute(node, 'axes') : computedIntegers(model, input);
}

/** @param relative axes as {@link relativeAxis} counts them */
function withoutAxes(channels: Channels, relative: readonly number[]): Channels {
  const [before, behind] = [relative.filter((a) => a < 0).length, relative.filter((a) => a > 0).length];
  const { axis, trailing } = channels;
  return {
    ...channels,
    axis: axis === null ? null : axis - before,
    trailing: trailing === null ? null : trailing - behind,
  };
}

const squeeze: Follower = {
  carries: (model, node) => (axesOf(model, node, 1) === null ? 'has no constant axes' : [0]),
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const axes = axesOf(model, node, 1)!.map((axis) => relativeAxis(channels, axis));
    if (axes.includes(null) || axes.includes(0)) return 'may drop the axis of the channels';
    return keeps(withoutAxes(channels, axes as readonly number[]), [0]);
  },
};

const unsqueeze: Follower = {
  carries: (model, node) => (axesOf(model, node, 1) === null ? 'has computed axes' : [0]),
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const rank = rankOf(channels);
    const axes = axesOf(model, node, 1)!;
    if (rank === null) return 'adds axes to a tensor whose number of axes is not known';
    const longer = rank + axes.length;
    const added = new Set(axes.map((axis) => (axis < 0 ? axis + longer : axis)));
    const kept = Array.from({ length: longer }, (_, axis) => axis).filter((axis) => !added.has(axis));
    const axis = kept[channels.axis!];
    if (axis === undefined) return 'adds the same axis twice';
    return keeps({ ...channels, axis, trailing: longer - 1 - axis }, [0]);
  },
};

const transpose: Follower = {
  carries: () => [0],
  follow: (_model, node, inputs) => {
    const channels = inputs.get(0)!;
    const permutation = readIntsAttribute(node, 'perm');
    if (permutation === null) {
      return keeps({ ...channels, axis: channels.trailing, trailing: channels.axis }, [0]);
    }
    const rank = permutation.length;
    const own = channels.axis ?? (channels.trailing === null ? null : rank - 1 - channels.trailing);
    const axis = own === null ? -1 : permutation.indexOf(own);
    if (axis < 0) return 'moves the channels to an axis that is not known';
    return keeps({ ...channels, axis, trailing: rank - 1 - axis }, [0]);
  },
};

const resize: Follower = {
  carries: (_model, node) => {
    const mode = node.attribute.find(({ name }) => name === 'coordinate_transformation_mode')?.s;
    return mode !== undefined && new TextDecoder().decode(mode) === 'tf_crop_and_resize' ? 'crops' : [0];
  },
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const scales = constantFloats(model, node.input[node.opType === 'Upsample' || node.input.length < 3 ? 1 : 2] ?? '');
    const [along = 1] = scales !== null && scales.length > 0 && channels.axis !== null ? [scales[channels.axis]] : [];
    // Sizes that are computed can't change channels, whose number is what the readers expect.
    return along === 1 ? keeps({ ...channels, positions: null }, [0]) : 'resizes the axis of the channels';
  },
};

/** Both operands are divided, so that what they make is: sums, differences, maxima. */
const sum: Follower = {
  carries: (model, node) => {
    const computed = node.input.map((_, index) => index).filter((i) => constantTensor(model, node.input[i]!) === null);
    const others = node.input.filter((_, index) => !computed.includes(index));
    if (computed.length === 0) return 'adds constants only';
    return others.some((name) => constantFloats(model, name) === null)
      ? 'has a constant that is not float32'
      : computed;
  },
  follow: (model, node, inputs) => {
    let channels: Channels | null = null;
    for (const input of inputs.values()) channels = channels === null ? input : alike(channels, input);
    if (channels === null) return 'combines tensors whose channels lie differently';
    const constants: ScaledConstant[] = [];
    for (const [index, name] of node.input.entries()) {
      if (inputs.has(index)) continue;
      const tensor = constantTensor(model, name)!;
      const constant = addedConstant(node, index, tensorShape(tensor), channels);
      if (constant === null) return `has a constant "${name}" that has no axis for the channels`;
      constants.push(constant);
    }
    return keeps(
      { ...channels, positions: constants.length > 0 ? null : channels.positions },
      inputs.keys(),
      constants,
    );
  },
};

function addedConstant(
  node: NodeProto,
  index: number,
  shape: readonly number[],
  channels: Channels,
): ScaledConstant | null {
  const { count, trailing } = channels;
  const rank = rankOf(channels);
  if (trailing === null || (rank !== null && shape.length > rank)) return null;
  const dims = [...new Array<number>(Math.max(0, trailing + 1 - shape.length)).fill(1), ...shape];
  const axis = dims.length - 1 - trailing;
  if (dims[axis] !== 1 && dims[axis] !== count) return null;
  return { node, index, dims: dims.map((length, i) => (i === axis ? count : length)), axis, first: 0 };
}

/** By a constant: linear, whatever the constant is. */
const product: Follower = {
  carries: (model, node) => {
    const computed = [0, 1].filter((index) => constantTensor(model, node.input[index] ?? '') === null);
    if (computed.length !== 1) return 'multiplies two computed tensors';
    if (node.opType === 'Div' && computed[0] !== 0) return 'divides by a computed tensor';
    return computed;
  },
  follow: (model, node, inputs) => {
    const [[index, channels] = []] = inputs;
    const shape = tensorShape(constantTensor(model, node.input[1 - index!]!)!);
    const rank = rankOf(channels!);
    if (rank !== null && shape.length > rank) return 'has a constant of more axes';
    if (addedConstant(node, 1 - index!, shape, channels!) === null && shape.some((length) => length !== 1)) {
      return 'has a constant that has no axis for the channels';
    }
    return keeps({ ...channels!, positions: null }, [index!]);
  },
};

const concat: Follower = {
  carries: sum.carries,
  follow: (model, node, inputs) => {
    const axis = readIntAttribute(node, 'axis', 1);
    const relative = new Set([...inputs.values()].map((channels) => relativeAxis(channels, axis)));
    const [first] = inputs.values();
    if (relative.size !== 1 || relative.has(null)) return 'joins tensors whose channels lie differently';
    if (!relative.has(0)) {
      // Along another axis: all inputs have the same channels.
      return inputs.size < node.input.length
        ? 'appends a constant along another axis than the channels'
        : sum.follow(model, node, inputs, () => null);
    }
    let offset = 0;
    const parts: { readonly index: number; readonly offset: number; readonly count: number }[] = [];
    const constants: ScaledConstant[] = [];
    for (const [index, name] of node.input.entries()) {
      let count = inputs.get(index)?.count;
      if (count === undefined) {
        const dims = tensorShape(constantTensor(model, name)!);
        const own = axis < 0 ? axis + dims.length : axis;
        count = dims[own];
        if (count === undefined) return `has a constant "${name}" that has no axis for the channels`;
        constants.push({ node, index, dims, axis: own, first: offset });
      } else parts.push({ index, offset, count });
      offset += count;
    }
    const links = parts.map((part) => ({
      input: part.index,
      output: 0,
      channels: Int32Array.from({ length: offset }, (_, c) =>
        c >= part.offset && c < part.offset + part.count ? c - part.offset : -1,
      ),
    }));
    return { outputs: [{ ...first!, count: offset, positions: null }], links, constants };
  },
};

/** A run of channels, or of anything else, taken out of a tensor. */
const slice: Follower = {
  carries: (model, node) => (sliceOf(model, node) === null ? 'has computed places' : [0]),
  follow: (model, node, inputs) => {
    let channels = inputs.get(0)!;
    let [from, to] = [0, channels.count];
    for (const { start, end, axis, step } of sliceOf(model, node)!) {
      const relative = relativeAxis(channels, axis);
      if (relative === null) return 'may take some of the channels';
      if (relative !== 0) continue;
      if (step !== 1) return 'takes some of the channels, not one run of them';
      const place = (at: number): number => Math.min(Math.max(at < 0 ? at + channels.count : at, 0), channels.count);
      [from, to] = [place(start), Math.max(place(start), place(end))];
    }
    channels = { ...channels, count: to - from, positions: null };
    const taken = Int32Array.from({ length: to - from }, (_, c) => c + from);
    return { outputs: [channels], links: [{ input: 0, output: 0, channels: taken }], constants: [] };
  },
};

interface SliceOfAxis {
  readonly start: number;
  readonly end: number;
  readonly axis: number;
  readonly step: number;
}

function sliceOf(model: OnnxModel, node: NodeProto): readonly SliceOfAxis[] | null {
  const list = (index: number, name: string): readonly number[] | null =>
    (node.input[index] ?? '') === '' ? readIntsAttribute(node, name) : computedIntegers(model, node.input[index]!);
  const given = (index: number): boolean => (node.input[index] ?? '') !== '';
  const [starts, ends, axes, steps] = [list(1, 'starts'), list(2, 'ends'), list(3, 'axes'), list(4, 'steps')];
  if (starts === null || ends === null || (given(3) && axes === null) || (given(4) && steps === null)) return null;
  return starts.map((start, i) => ({ start, end: ends[i]!, axis: axes?.[i] ?? i, step: steps?.[i] ?? 1 }));
}

const split: Follower = {
  carries: (model, node) =>
    (node.input[1] ?? '') !== '' && computedIntegers(model, node.input[1]!) === null ? 'has computed sizes' : [0],
  allOutputs: true,
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const relative = relativeAxis(channels, readIntAttribute(node, 'axis', 0));
    if (relative === null) return 'may split the channels';
    const parts = node.output.length;
    const given =
      (node.input[1] ?? '') === '' ? readIntsAttribute(node, 'split') : computedIntegers(model, node.input[1]!);
    const most = Math.ceil(channels.count / parts);
    const sizes = node.output.map((_, part) => {
      if (relative !== 0) return channels.count;
      return given?.[part] ?? Math.max(0, Math.min(most, channels.count - part * most));
    });
    const starts = sizes.map((_, part) => (relative !== 0 ? 0 : sizes.slice(0, part).reduce((a, b) => a + b, 0)));
    const total = sizes.reduce((a, b) => a + b, 0);
    if (relative === 0 && total !== channels.count) return 'splits another number of channels';
    return {
      outputs: node.output.map((name, part) =>
        name === '' ? null : { ...channels, count: sizes[part]!, positions: null },
      ),
      links: node.output.flatMap((name, part) => {
        if (name === '') return [];
        const own = Int32Array.from({ length: sizes[part]! }, (_, c) => c + starts[part]!);
        return [{ input: 0, output: part, channels: own }];
      }),
      constants: [],
    };
  },
};

const pad: Follower = {
  carries: (model, node) => {
    const commutes = unary.carries(model, node);
    if (typeof commutes === 'string') return commutes;
    return padsOf(model, node) === null ? 'has computed pads' : commutes;
  },
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const pads = padsOf(model, node)!;
    const given = (node.input[3] ?? '') === '' ? null : computedIntegers(model, node.input[3]!);
    if ((node.input[3] ?? '') !== '' && given === null) return 'has computed axes';
    const axes = pads.length / 2;
    let [before, behind] = [0, 0];
    for (let i = 0; i < axes; i++) {
      if (pads[i] === 0 && pads[i + axes] === 0) continue;
      // Without axes there is a pair for each one, from the last as well as from the first.
      const relative =
        given === null
          ? (relativeAxis(channels, i) ?? relativeAxis(channels, i - axes))
          : relativeAxis(channels, given[i]!);
      if (relative === null) return 'may pad the channels';
      if (relative === 0) [before, behind] = [pads[i]!, pads[i + axes]!];
    }
    if (before !== 0 || behind !== 0) {
      const mode = node.attribute.find((a) => a.name === 'mode')?.s;
      if (mode !== undefined && new TextDecoder().decode(mode) !== 'constant') return 'repeats channels';
    }
    const count = channels.count + before + behind;
    // Padded channels hold 0, which any factor divides.
    const from = Int32Array.from({ length: Math.max(0, count) }, (_, c) =>
      c - before >= 0 && c - before < channels.count ? c - before : -1,
    );
    return {
      outputs: [{ ...channels, count: from.length, positions: null }],
      links: [{ input: 0, output: 0, channels: from }],
      constants: [],
    };
  },
};

/** An attribute before opset 11, then an input. */
function padsOf(model: OnnxModel, node: NodeProto): readonly number[] | null {
  const input = node.input[1] ?? '';
  return input === '' ? readIntsAttribute(node, 'pads') : computedIntegers(model, input);
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
