import Database from 'better-sqlite3';

import { checkReadsOnly } from './check-reads-only.js';
import { makeComputedViews } from './computed-views.js';
import type { Bindable } from '../bindable.js';
import { Connection } from '../file/connection.js';
import { openReadOnly } from '../file/open-read-only.js';
import { explainFailure, messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';
import { registerTableFunctions } from './table-functions.js';

/** A cell. Integers beyond 2^53 are bigints; blobs are bytes. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** Column names, which may repeat, and rows of cells in the same order. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/**
 * As a {@link QueryResult} whose rows are read one at a time: memory does not grow with their
 * number.
 */
export interface RowStream {
  readonly columns: readonly string[];
  /** To be walked once. Throws as {@link QueryConnection.query}. */
  readonly rows: Iterable<readonly SqlValue[]>;
}

/** Values of `?` in order, or of `:name` by name without the colon. */
export type QueryParameters = readonly Bindable[] | Readonly<Record<string, Bindable>>;

/** A database opened for reading only. */
export interface QueryConnection {
  /**
   * Runs one SELECT (or WITH, VALUES, EXPLAIN, or an informing PRAGMA). Throws {@link StoreError}
   * `bad-query` for any other statement, for several, for SQL that SQLite rejects, and for missing
   * parameters.
   */
  query(sql: string, parameters?: QueryParameters): QueryResult;
  /**
   * As {@link query}, row by row. No other query may be run on the connection before the rows are
   * walked or left.
   */
  stream(sql: string, parameters?: QueryParameters): RowStream;
  close(): void;
}

/**
 * Opens a quantsweep database for queries, on its views and with its table functions; a sweep may
 * be writing it meanwhile. Throws {@link StoreError}; for this and `busyMs` see `openReadOnly`.
 */
export function openQueries(path: string, busyMs?: number): QueryConnection {
  const database = openReadOnly(path, busyMs);
  let reader: Connection | null = null;
  registerTableFunctions(database, () => (reader ??= new Connection(openReadOnly(path, busyMs))));
  makeComputedViews(database);
  return {
    query: (sql, parameters = []) => {
      const { columns, rows } = streamQuery(database, path, sql, parameters);
      return { columns, rows: [...rows] };
    },
    stream: (sql, parameters = []) => streamQuery(database, path, sql, parameters),
    close: () => {
      database.close();
      reader?.close();
    },
  };
}

/** One query of {@link openQueries}. */
export function queryDatabase(path: string, sql: string, parameters: QueryParameters = []): QueryResult {
  const connection = openQueries(path);
  try {
    return connection.query(sql, parameters);
  } finally {
    connection.close();
  }
}

function streamQuery(database: Database.Database, path: string, sql: string, parameters: QueryParameters): RowStream {
  checkReadsOnly(sql);
  try {
    const statement = database.prepare<unknown[], readonly SqlValue[]>(sql);
    if (!statement.reader || !statement.readonly) {
      throw new StoreError(
        'bad-query',
        'Expected a statement that only reads and returns rows; this one does not. The database is opened for reading.',
      );
    }
    const columns = statement.columns().map(({ name }) => name);
    // Binds the parameters, so that one that is missing is told before anything is read.
    const rows = statement.raw().safeIntegers().iterate(parameters);
    return { columns, rows: plainRows(rows, path) };
  } catch (error) {
    throw explainStatement(error, path);
  }
}

function* plainRows(rows: Iterable<readonly SqlValue[]>, path: string): Generator<readonly SqlValue[]> {
  try {
    for (const row of rows) yield row.map(toPlainNumber);
  } catch (error) {
    throw explainRows(error, path);
  }
}

function toPlainNumber(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function explainStatement(error: unknown, path: string): unknown {
  // better-sqlite3 throws a RangeError for several statements, for none, and for parameters that
  // are not given.
  if (error instanceof RangeError || error instanceof TypeError) {
    return new StoreError(
      'bad-query',
      `Expected one statement with a value for each of its parameters: ${error.message}. Give parameters as --param name=value.`,
      { cause: error },
    );
  }
  return explainRows(error, path);
}

function explainRows(error: unknown, path: string): unknown {
  if (error instanceof Database.SqliteError && isOfTheQuery(error.code)) {
    return new StoreError(
      'bad-query',
      `SQLite rejects the query: ${messageOf(error)}. Views and columns are listed in docs/SCHEMA.md; ` +
        `SELECT name FROM sqlite_schema WHERE type = 'view' lists the views.`,
      { cause: error },
    );
  }
  if (error instanceof RangeError || isTooLong(error)) {
    return new StoreError(
      'bad-query',
      `A value of the query's result is too large to be read (${messageOf(error)}). Select less of it, e.g. substr(value, 1, 1000) or length(value).`,
      { cause: error },
    );
  }
  return explainFailure(error, path);
}

/**
 * Codes of SQLite that speak of the file or the machine. Any other is the doing of the statement.
 */
const notOfTheQuery =
  /^SQLITE_(?:IOERR|CORRUPT|NOTADB|BUSY|LOCKED|FULL|CANTOPEN|READONLY|PERM|AUTH|PROTOCOL|INTERNAL|NOLFS)/;

function isOfTheQuery(code: string): boolean {
  return !notOfTheQuery.test(code);
}

/** V8 refuses texts of more than 2^29 characters, and buffers beyond its own limit. */
function isTooLong(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ERR_STRING_TOO_LONG' || error.code === 'ERR_BUFFER_TOO_LARGE')
  );
}
