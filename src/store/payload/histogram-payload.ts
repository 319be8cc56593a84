import { deflateSync, inflateSync } from 'node:zlib';
import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { decodePayload, encodePayload } from './payload.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

/** Deflate level: a higher one takes longer for little. */
const LEVEL = 1;

/** Bytes of a layer's histograms that are inflated at most, whatever damaged ones ask for. */
const LARGEST = 2 ** 30;

/**
 * The histograms of a layer's input as bytes; the program's own form and no part of the schema's
 * contract.
 */
export function encodeHistograms(histograms: ChannelHistograms): Uint8Array {
  return deflateSync(encodePayload(histograms), { level: LEVEL });
}

/** What {@link encodeHistograms} was given. `where` names the row in the error of damaged bytes. */
export function decodeHistograms(bytes: Uint8Array, where: string): ChannelHistograms {
  return decodePayload(inflated(bytes, where), where) as ChannelHistograms;
}

function inflated(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored bytes of ${where} can't be read (${messageOf(error)}): they are damaged.`,
      { cause: error },
    );
  }
}
