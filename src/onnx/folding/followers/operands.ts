import { alike, rankOf, relativeAxis, type Channels } from '../channels.js';
import type { ScaledConstant } from '../followed-node.js';
import { constantFloats, keeps, type Follower } from '../follower.js';
import { constantTensor } from '../../constants.js';
import { readIntAttribute } from '../../node.js';
import type { NodeProto } from '../../proto/onnx_pb.js';
import { tensorShape } from '../../tensor.js';

/** Both operands are divided, so that what they make is: sums, differences, maxima. */
export const sum: Follower = {
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
export const product: Follower = {
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

export const concat: Follower = {
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
