import type { Layer } from '../../onnx/layers/layers.js';
import { weightStorageOf } from './integer-tensor.js';

/** What decides how a layer's weight is stored. */
export interface WeightStorage {
  /** null: float32. */
  readonly bits: number | null;
  readonly granularity: 'channel' | 'tensor';
  readonly signed: boolean;
}

/** A scale and a zero point of 8 bits of an input quantizer. */
const INPUT_BYTES = 5;

/**
 * Bytes that a layer's numbers take in the file that a frontier's trial is exported to: its weight
 * with scales and zero points, and those of its input. Without its bias, which no bits change, and
 * without names of nodes.
 */
export function storedBytes(
  { layout, outputChannels, inputChannels, weightShape }: Layer,
  { bits, granularity, signed }: WeightStorage,
): number {
  const count = weightShape.reduce((product, length) => product * length, 1);
  if (bits === null) return 4 * count;
  const { order, groups, outputsPerGroup } = layout;
  const perChannel = granularity === 'channel';
  // No axis holds the scales of these, see staysFloat: rounded, and stored in float.
  if (perChannel && order === 'inputFirst' && groups > 1 && outputsPerGroup > 1) return 4 * count + INPUT_BYTES;
  // One scale an input channel where one group has one output, see alongAxis.
  const scales = !perChannel ? 1 : order === 'inputFirst' && groups > 1 ? inputChannels : outputChannels;
  const width = weightStorageOf({ bits, signed }).bits;
  const bytes = (numbers: number): number => Math.ceil((numbers * width) / 8);
  return bytes(count) + 4 * scales + bytes(scales) + INPUT_BYTES;
}
