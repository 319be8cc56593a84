import type { NodeProto } from '../proto/onnx_pb.js';
import type { Channels } from './channels.js';

/** Which channel of an input each channel of an output is scaled with. */
export interface ChannelLink {
  /** Index among the node's inputs. */
  readonly input: number;
  /** Index among its outputs. */
  readonly output: number;
  /** `[channels of the output]`; -1: of none of this input's. */
  readonly channels: Int32Array;
}

/** A constant that is added or appended, and so has to be divided as well. */
export interface ScaledConstant {
  readonly node: NodeProto;
  /** Among the node's inputs. */
  readonly index: number;
  /** Its shape with a channel axis of full length. */
  readonly dims: readonly number[];
  /** The channel axis in it. */
  readonly axis: number;
  /** Its first channel is this one of the node's output. */
  readonly first: number;
}

/** What a node makes of scaled channels. */
export interface FollowedNode {
  /** By output; null where the node leaves one out. */
  readonly outputs: readonly (Channels | null)[];
  readonly links: readonly ChannelLink[];
  readonly constants: readonly ScaledConstant[];
}

/** The scaled inputs of a node by index; constants are not there. */
export type ScaledInputs = ReadonlyMap<number, Channels>;

/** Asks the readers of an output how many channels it has. */
export type CountChannels = (output: string) => number | null;
