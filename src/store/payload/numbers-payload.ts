import { unpackNumbers } from '../../calibrate/moments/packed-numbers.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

export { packNumbers as encodeNumbers } from '../../calibrate/moments/packed-numbers.js';

/** What {@link encodeNumbers} was given. `where` names the row in the error of damaged bytes. */
export function decodeNumbers(bytes: Uint8Array, where: string): Float64Array {
  try {
    return unpackNumbers(bytes);
  } catch (error) {
    throw new StoreError(
      'not-a-database',
      `The stored bytes of ${where} can't be read (${messageOf(error)}): they are damaged.`,
      { cause: error },
    );
  }
}
