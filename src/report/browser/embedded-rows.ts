/** A query's result as the page holds it: text that rows repeat is there once. See embed-rows. */
export interface EmbeddedRows {
  readonly columns: readonly string[];
  /** By column: texts that its cells count from 0, or null where cells stand as they are. */
  readonly texts: readonly (readonly string[] | null)[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The rows of a query's result as they were, cell by cell. */
export function restoreRows({ texts, rows }: Pick<EmbeddedRows, 'texts' | 'rows'>): unknown[][] {
  return rows.map((cells) =>
    cells.map((cell, column) => {
      const known = texts[column];
      return known === null || known === undefined || cell === null ? cell : known[cell as number];
    }),
  );
}
