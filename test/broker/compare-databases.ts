import { differences, storedColumns } from '../determinism/stored-rows.js';

/** Result columns of two databases that are not bit-equal, with their largest difference. */
export function compareDatabases(one: string, other: string): Readonly<Record<string, number>> {
  return differences(storedColumns(one), storedColumns(other));
}
