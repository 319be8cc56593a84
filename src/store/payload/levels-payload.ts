import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { RoundedWeightRecord } from '../../records/rounded-weight-record.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';
import { decodePayload, encodePayload } from './payload.js';

type Levels = RoundedWeightRecord['levels'];

/** Bytes of a layer's levels that are inflated at most, whatever damaged ones ask for. */
const LARGEST = 2 ** 31 - 1;

/**
 * The integers of a weight as bytes, which take little more than their bits; the program's own form
 * and no part of the schema's contract.
 */
export function encodeLevels(levels: Levels): Uint8Array {
  return deflateRawSync(encodePayload(levels));
}

/**
 * What {@link encodeLevels} was given.
 *
 * @param where names the row in the error of damaged bytes
 */
export function decodeLevels(bytes: Uint8Array, where: string): Levels {
  return decodePayload(inflated(bytes, where), where) as Levels;
}

function inflated(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored bytes of ${where} can't be read (${messageOf(error)}): they are damaged.`,
      { cause: error },
    );
  }
}
