import { deserialize, serialize } from 'node:v8';

import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

/**
 * A structured-cloneable value as bytes (`node:v8`): typed arrays, -0 and NaN come back bit for
 * bit. The form is read by this and every newer Node; it is the program's own and no part of the
 * schema's contract.
 */
export function encodePayload(value: unknown): Uint8Array {
  return serialize(value);
}

/**
 * The value that {@link encodePayload} was given. `where` names the row in the error of damaged
 * bytes.
 */
export function decodePayload(bytes: Uint8Array, where: string): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored bytes of ${where} can't be read (${messageOf(error)}): they are damaged, or a newer Node wrote them ` +
        `(this is ${process.version}).`,
      { cause: error },
    );
  }
}
