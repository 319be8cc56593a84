import { differences, storedColumns, type StoredColumns } from '../determinism/stored-rows.js';

/**
 * Result columns of two databases that are not bit-equal, with their largest difference. MACs are
 * compared where both have them: agents measure none.
 */
export function compareDatabases(one: string, other: string): Readonly<Record<string, number>> {
  const [ours, theirs] = [storedColumns(one), storedColumns(other)];
  const known = [ours, theirs].every(hasMacs);
  const without = (columns: StoredColumns): StoredColumns =>
    new Map([...columns].filter(([name]) => known || name !== MACS));
  return differences(without(ours), without(theirs));
}

const MACS = 'layer.macs';

function hasMacs(columns: StoredColumns): boolean {
  return columns.get(MACS)!.some((macs) => macs !== null);
}
