import Database from 'better-sqlite3';

import type { Bindable } from '../bindable.js';
import { Connection } from '../file/connection.js';
import { openReadOnly } from '../file/open-read-only.js';
import { explainFailure } from '../file/sqlite-failure.js';
import type { Rows } from './table-shape.js';

/**
 * A database that is merged into another: read only, and as it is at one moment, also where a sweep
 * is writing it.
 */
export class MergeSource implements Rows {
  readonly #connection: Connection;

  /** @throws StoreError see `openReadOnly` */
  constructor(readonly path: string) {
    this.#connection = new Connection(openReadOnly(path));
    // What is read from here on is what is committed at the first query.
    this.#reading(() => this.#connection.database.exec('BEGIN'));
  }

  all(sql: string, ...parameters: readonly Bindable[]): readonly unknown[] {
    return this.#reading(() => this.#connection.all(sql, ...parameters));
  }

  /** Whether a writer had it at that moment, or was cut off while it had. */
  isClaimed(): boolean {
    return this.all('SELECT 1 FROM writer').length > 0;
  }

  close(): void {
    this.#connection.close();
  }

  /** An error of this file must not be told as one of the file that is written. */
  #reading<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof Database.SqliteError ? explainFailure(error, this.path) : error;
    }
  }
}
