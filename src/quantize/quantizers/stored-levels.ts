import type { Target } from '../../targets/target.js';
import { storageOf, type IntegerStorage } from './integer-tensor.js';
import type { Quantizer } from './quantizer.js';

/** A quantizer's levels as a target stores them. */
export interface StoredLevels {
  readonly storage: IntegerStorage;
  /** Of the stored integers. */
  readonly zeroPoint: number;
  /** What is added to a level of the quantizer. */
  readonly shift: number;
}

/**
 * The levels of an activation's quantizer in the target's integers. Signed ones are stored as they
 * are; those from 0 to 255 as they are in uint8, and less 128 in int8, zero point included.
 */
export function storedLevels(
  { bits, signed, zeroPoint }: Pick<Quantizer, 'bits' | 'signed' | 'zeroPoint'>,
  storage: Target['activations']['storage'],
): StoredLevels {
  const isShifted = !signed && storage === 'int8';
  const shift = isShifted ? -(2 ** (bits - 1)) : 0;
  return { storage: storageOf({ bits, signed: signed || isShifted }), zeroPoint: zeroPoint + shift, shift };
}
