import Database from 'better-sqlite3';

import { checkReadsOnly } from './check-reads-only.js';
import { Connection, type Bindable } from './connection.js';
import { openReadOnly } from './open-read-only.js';
import { explainFailure, messageOf } from './sqlite-failure.js';
import { StoreError } from './store-error.js';
import { registerTableFunctions } from './table-functions.js';

/** A cell. Integers beyond 2^53 are bigints; blobs are bytes. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** Column names, which may repeat, and rows of cells in the same order. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Values of `?` in order, or of `:name` by name without the colon. */
export type QueryParameters = readonly Bindable[] | Readonly<Record<string, Bindable>>;

/** A database opened for reading only. */
export interface QueryConnection {
  /**
   * Runs one SELECT (or WITH, VALUES, EXPLAIN, or an informing PRAGMA). Throws {@link StoreError} `bad-query` for any
   * other statement, for several, for SQL that SQLite rejects, and for missing parameters.
   */
  query(sql: string, parameters?: QueryParameters): QueryResult;
  close(): void;
}

/**
 * Opens a quantsweep database for queries, on its views and with its table functions; a sweep may be writing it
 * meanwhile. Throws {@link StoreError}, see `openReadOnly`.
 */
export function openQueries(path: string): QueryConnection {
  const database = openReadOnly(path);
  let reader: Connection | null = null;
  registerTableFunctions(database, () => (reader ??= new Connection(openReadOnly(path))));
  return {
    query: (sql, parameters = []) => runQuery(database, path, sql, parameters),
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

function runQuery(database: Database.Database, path: string, sql: string, parameters: QueryParameters): QueryResult {
  checkReadsOnly(sql);
  try {
    const statement = database.prepare(sql);
    if (!statement.reader || !statement.readonly) {
      throw new StoreError(
        'bad-query',
        'Expected a statement that only reads and returns rows; this one does not. The database is opened for reading.',
      );
    }
    const columns = statement.columns().map(({ name }) => name);
    const rows = statement.raw().safeIntegers().all(parameters) as readonly (readonly SqlValue[])[];
    return { columns, rows: rows.map((row) => row.map(toPlainNumber)) };
  } catch (error) {
    throw explainQuery(error, path);
  }
}

function toPlainNumber(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function explainQuery(error: unknown, path: string): unknown {
  // better-sqlite3 throws a RangeError for several statements, for none, and for parameters that are not given.
  if (error instanceof RangeError || error instanceof TypeError) {
    return new StoreError(
      'bad-query',
      `Expected one statement with a value for each of its parameters: ${error.message}. Give parameters as --param name=value.`,
      { cause: error },
    );
  }
  if (error instanceof Database.SqliteError && error.code === 'SQLITE_ERROR') {
    return new StoreError(
      'bad-query',
      `SQLite rejects the query: ${messageOf(error)}. Views and columns are listed in docs/SCHEMA.md; ` +
        `SELECT name FROM sqlite_schema WHERE type = 'view' lists the views.`,
      { cause: error },
    );
  }
  return explainFailure(error, path);
}
