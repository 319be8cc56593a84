import type { QueryResult } from '../query.js';

/** A query's result as the page holds it: text that rows repeat is there once. */
export interface EmbeddedRows {
  readonly columns: readonly string[];
  /** By column: texts that its cells count from 0, or null where cells stand as they are. */
  readonly texts: readonly (readonly string[] | null)[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows of thousands carry the same few names of layers and trials: two thirds of what they would take. */
export function embedRows({ columns, rows }: QueryResult): EmbeddedRows {
  const places = columns.map((_, column) => repeatedTexts(rows, column));
  return {
    columns,
    texts: places.map((place) => (place === null ? null : [...place.keys()])),
    rows: rows.map((cells) =>
      cells.map((cell, column) => (typeof cell === 'string' ? (places[column]?.get(cell) ?? cell) : cell)),
    ),
  };
}

/** The texts of a column with their places; null where it holds anything but text and NULL, or hardly repeats itself. */
function repeatedTexts(rows: QueryResult['rows'], column: number): ReadonlyMap<string, number> | null {
  const places = new Map<string, number>();
  for (const cells of rows) {
    const cell = cells[column];
    if (typeof cell === 'string') {
      if (!places.has(cell)) places.set(cell, places.size);
    } else if (cell !== null) return null;
  }
  return places.size > 0 && 2 * places.size < rows.length ? places : null;
}

/** {@link embedRows} undone, as JavaScript for the page: a function of what was embedded that returns its rows. */
export const restoreRows = `({ texts, rows }) =>
  rows.map((cells) => cells.map((cell, column) => (texts[column] === null || cell === null ? cell : texts[column][cell])))`;
