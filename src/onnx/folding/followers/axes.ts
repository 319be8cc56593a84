import { rankOf, relativeAxis, type Channels } from '../channels.js';
import { computedIntegers } from '../computed-integers.js';
import { constantFloats, keeps, type Follower } from '../follower.js';
import { readIntAttribute, readIntsAttribute } from '../../node.js';
import type { OnnxModel } from '../../onnx-model.js';
import type { NodeProto } from '../../proto/onnx_pb.js';

/** Over the axes behind channels on axis 1. */
export const pooling: Follower = {
  carries: () => [0],
  follow: (_model, node, inputs) => {
    const channels = inputs.get(0)!;
    if (channels.axis !== 1) return 'pools over the axis of the channels';
    return keeps({ ...channels, positions: node.opType.startsWith('Global') ? 1 : null }, [0]);
  },
};

export const mean: Follower = {
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

export const squeeze: Follower = {
  carries: (model, node) => (axesOf(model, node, 1) === null ? 'has no constant axes' : [0]),
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const axes = axesOf(model, node, 1)!.map((axis) => relativeAxis(channels, axis));
    if (axes.includes(null) || axes.includes(0)) return 'may drop the axis of the channels';
    return keeps(withoutAxes(channels, axes as readonly number[]), [0]);
  },
};

export const unsqueeze: Follower = {
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

export const transpose: Follower = {
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

export const resize: Follower = {
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
