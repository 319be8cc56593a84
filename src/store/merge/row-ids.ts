import type { Bindable } from '../bindable.js';
import type { Row, TableShape } from './table-shape.js';

/** Row ids of one merged database, by table, with those that the same rows have in the target. */
export class RowIds {
  readonly #maps = new Map<string, Map<number, number>>();

  set(table: string, source: number, target: number): void {
    let map = this.#maps.get(table);
    if (map === undefined) this.#maps.set(table, (map = new Map<number, number>()));
    map.set(source, target);
  }

  /** Null where the target has no such row, which only happens behind a conflict. */
  get(table: string, source: number): number | null {
    return this.#maps.get(table)?.get(source) ?? null;
  }

  /** A row of the merged database with the target's row ids in its references. */
  translated(row: Row, { references }: TableShape): Row {
    const changed: Record<string, Bindable> = { ...row };
    for (const [column, table] of references) {
      const id = row[column];
      if (typeof id === 'number') changed[column] = this.get(table, id);
    }
    return changed;
  }
}
