/** What a query returns: column names, and rows of cells in the same order. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Runs one SELECT on a sweep database, read-only. The report passes finished SQL text with every
 * value written in as a literal and no parameters: what the page shows under "SQL" is what ran.
 */
export type Query = (sql: string, params: readonly unknown[]) => QueryResult;

/** A value that SQLite returns for the columns that reports read; blobs are not among them. */
export type Cell = string | number | null;

/** One row by column name. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * The rows of a result by column name. 64-bit integers become numbers. Throws where a cell is a
 * blob.
 */
export function toRows(result: QueryResult): Row[] {
  return result.rows.map((cells) =>
    Object.fromEntries(result.columns.map((column, index) => [column, toCell(cells[index], column)])),
  );
}

function toCell(value: unknown, column: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new TypeError(`Expected text or a number in column "${column}" of the report's query, got ${typeof value}`);
}

/** The text in a column; throws where it is NULL or a number. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new TypeError(`Expected text in column "${column}" of the report's query, got ${describe(value)}`);
}

/** The number in a column; throws where it is NULL or text. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new TypeError(`Expected a number in column "${column}" of the report's query, got ${describe(value)}`);
}

/** The text in a column, or null. */
export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

/** The number in a column, or null. */
export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : numberOf(row, column);
}

function describe(value: Cell | undefined): string {
  return value === undefined ? 'no such column' : value === null ? 'NULL' : typeof value;
}

/**
 * A SQL text literal: `it's` becomes `'it''s'`. Throws on a NUL character, at which SQLite would
 * end the statement.
 */
export function sqlText(value: string): string {
  if (value.includes('\0')) throw new RangeError('Expected text without NUL characters in a SQL literal');
  return `'${value.replaceAll("'", "''")}'`;
}
