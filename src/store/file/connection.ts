import type { Bindable } from '../bindable.js';
import type Database from 'better-sqlite3';

import { explainFailure } from './sqlite-failure.js';

/** Asked at every commit; see `CommitGuard`. */
export interface Guard {
  /** Inside the transaction, after its work: what it throws undoes it. */
  beforeCommit(): void;
  afterCommit(): void;
  /** The error of a failed transaction, or the one behind it. */
  cause(error: unknown): unknown;
}

/** An open database with each statement prepared once, found again by its text. */
export class Connection {
  readonly #statements = new Map<string, Database.Statement>();

  #guard: Guard | null = null;

  constructor(readonly database: Database.Database) {}

  /** From now on every transaction asks the guard. */
  setGuard(guard: Guard): void {
    this.#guard = guard;
  }

  /**
   * Runs a statement that returns no rows; returns the last row id and the number of changed rows.
   */
  run(sql: string, ...parameters: readonly Bindable[]): { readonly id: number; readonly changes: number } {
    const { lastInsertRowid, changes } = this.#statement(sql).run(...parameters);
    return { id: Number(lastInsertRowid), changes };
  }

  /** The first row as an object, or undefined. The caller states its type. */
  get(sql: string, ...parameters: readonly Bindable[]): unknown {
    return this.#statement(sql).get(...parameters);
  }

  /** All rows as objects. The caller states their type. */
  all(sql: string, ...parameters: readonly Bindable[]): readonly unknown[] {
    return this.#statement(sql).all(...parameters);
  }

  /** Runs `work` in one write transaction: all of it is stored, or, when it throws, nothing. */
  transaction<T>(work: () => T): T {
    let result: T;
    try {
      result = this.database
        .transaction(() => {
          const done = work();
          this.#guard?.beforeCommit();
          return done;
        })
        .immediate();
    } catch (error) {
      throw explainFailure(this.#guard === null ? error : this.#guard.cause(error), this.database.name);
    }
    this.#guard?.afterCommit();
    return result;
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
