import { NonFiniteStoreError } from '../store-error.js';

/**
 * Checks numbers on their way into one row, so that an error names the table, the column and the
 * layer.
 */
export class RowNumbers {
  constructor(
    private readonly table: string,
    private readonly layer: string | null = null,
  ) {}

  /** The value itself; throws {@link NonFiniteStoreError} for NaN and infinities. */
  finite(column: string, value: number): number {
    if (!Number.isFinite(value)) throw new NonFiniteStoreError(this.table, column, this.layer, value);
    return value;
  }

  /** As {@link finite}; null stays null. */
  finiteOrNull(column: string, value: number | null): number | null {
    return value === null ? null : this.finite(column, value);
  }

  /** JSON array; every number in the shortest form that reads back as the same float64. */
  vector(column: string, values: Float32Array | Float64Array): string {
    const numbers = Array.from(values);
    for (const value of numbers) this.finite(column, value);
    return JSON.stringify(numbers);
  }
}
