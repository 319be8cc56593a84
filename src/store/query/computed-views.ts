import type Database from 'better-sqlite3';

import { axisEffectColumns, axisInteractionColumns } from '../comparison/axis-effect-rows.js';

/** A view over a table function, for every sweep of the file. */
interface ComputedView {
  readonly name: string;
  /** The function, whose one argument is the name of a sweep, and its columns. */
  readonly of: string;
  readonly columns: readonly string[];
}

/** Documented in docs/SCHEMA.md beside the views of the file; part of the contract as those are. */
export const computedViews: readonly ComputedView[] = [
  { name: 'v_axis_effect', of: 'axis_effect', columns: axisEffectColumns },
  { name: 'v_axis_interaction', of: 'axis_interaction', columns: axisInteractionColumns },
];

/**
 * Makes the {@link computedViews} for this connection alone. They are not in the file, as other
 * programs lack the functions behind them. A query of one sweep computes that sweep alone.
 */
export function makeComputedViews(database: Database.Database): void {
  // A temporary view changes nothing that is stored, but the pragma forbids it, too.
  database.pragma('query_only = OFF');
  try {
    for (const { name, of, columns } of computedViews) {
      const own = columns.map((column) => `e."${column}"`).join(', ');
      database.exec(
        `CREATE TEMP VIEW ${name} AS SELECT s.name AS sweep, ${own} FROM sweep s CROSS JOIN ${of}(s.name) e`,
      );
    }
  } finally {
    database.pragma('query_only = ON');
  }
}
