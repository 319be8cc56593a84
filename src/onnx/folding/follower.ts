import type { OnnxModel } from '../onnx-model.js';
import { constantTensor } from '../constants.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../tensor.js';
import type { Channels } from './channels.js';
import type { CountChannels, FollowedNode, ScaledConstant, ScaledInputs } from './followed-node.js';

/** How one operator treats tensors whose channels are divided by positive numbers. */
export interface Follower {
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

/** The first output lies like the given channels, each channel with the same one of the inputs. */
export function keeps(
  channels: Channels,
  inputs: Iterable<number>,
  constants: readonly ScaledConstant[] = [],
): FollowedNode {
  const same = Int32Array.from({ length: channels.count }, (_, channel) => channel);
  const links = Array.from(inputs, (input) => ({ input, output: 0, channels: same }));
  return { outputs: [channels], links, constants };
}

/** The first output lies like the first input. */
export const unchanged: Follower['follow'] = (_model, _node, inputs) => keeps(inputs.get(0)!, [0]);

/** The numbers of a constant float32 tensor; null of any other. */
export function constantFloats(model: OnnxModel, name: string): Float32Array | null {
  const tensor = name === '' ? null : constantTensor(model, name);
  return tensor?.dataType === FLOAT32 ? readFloatTensor(tensor) : null;
}
