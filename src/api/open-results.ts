import { explainDamage } from '../store/file/explain-damage.js';
import { openQueries, type QueryParameters, type SqlValue } from '../store/query/query-database.js';
import { viewColumns, type ViewName, type ViewRow } from '../store/query/view-columns.js';
import { sweepNames } from '../store/read/sweep-names.js';
import { UsageError } from '../errors/usage-error.js';
import { requireNamedQuery } from './require-named-query.js';

/** A row of any query, by column name. Of columns of one name the last counts. */
export type ResultRow = Readonly<Record<string, SqlValue>>;

/**
 * The database of results, open for reading. A sweep may write it meanwhile: each query sees what
 * is committed then.
 */
export interface Results {
  /** Names of the sweeps, the one that ran last first. */
  sweeps(): readonly string[];
  /**
   * Rows of a documented view (docs/SCHEMA.md) whose columns equal the given values.
   *
   * @example results.rows('v_trial', { sweep: 'demo', status: 'done' })
   * @throws UsageError for a column that the view does not have
   */
  rows<View extends ViewName>(view: View, where?: Partial<ViewRow<View>>): readonly ViewRow<View>[];
  /**
   * Rows of one SELECT on views and table functions. Integers beyond 2^53 are bigints, blobs are
   * bytes.
   *
   * @param parameters of `?` in order, or of `:name` by name
   * @throws StoreError `bad-query` where the SQL does more than read or is wrong
   */
  query(sql: string, parameters?: QueryParameters): readonly ResultRow[];
  /**
   * Rows of one of the named queries that `quantsweep query --list` lists. `sweep` is the one that
   * ran last unless given.
   *
   * @throws UsageError for a name that there is not
   */
  named(name: string, parameters?: Readonly<Record<string, string | number | null | undefined>>): readonly ResultRow[];
  close(): void;
}

/**
 * Opens a database of results for reading.
 *
 * @example
 *     const results = openResults('quantsweep.db');
 *     const [best] = results.rows('v_place', { sweep: 'demo', place: 1 });
 * @throws StoreError where the file is missing, damaged, none of quantsweep's, or of another
 *   version
 */
export function openResults(database: string): Results {
  const queries = openQueries(database);
  let isOpen = true;
  return { sweeps, rows, query, named, close };

  function sweeps(): readonly string[] {
    requireOpen();
    return sweepNames(queries);
  }

  function rows<View extends ViewName>(view: View, where: Partial<ViewRow<View>> = {}): readonly ViewRow<View>[] {
    if (!Object.hasOwn(viewColumns, view)) {
      throw new UsageError(`Expected one of the views ${Object.keys(viewColumns).join(', ')}; got "${view}".`);
    }
    const columns = Object.keys(viewColumns[view]);
    const given = Object.entries(where).filter(([, value]) => value !== undefined) as [string, SqlValue][];
    for (const [column, value] of given) {
      if (value !== null && !['string', 'number', 'bigint'].includes(typeof value)) {
        throw new UsageError(`Expected a number, text or null for ${column} of ${view}, got ${String(value)}.`);
      }
      if (columns.includes(column)) continue;
      throw new UsageError(`Expected a column of ${view} (${columns.join(', ')}), got "${column}".`);
    }
    const condition = given.map(([column]) => `${column} IS ?`).join(' AND ');
    const sql = `SELECT ${columns.join(', ')} FROM ${view}${condition === '' ? '' : ` WHERE ${condition}`}`;
    return query(
      sql,
      given.map(([, value]) => value),
    ) as unknown as readonly ViewRow<View>[];
  }

  function query(sql: string, parameters: QueryParameters = []): readonly ResultRow[] {
    requireOpen();
    try {
      const result = queries.query(sql, parameters);
      return result.rows.map((row) =>
        Object.fromEntries(result.columns.map((column, index) => [column, row[index] ?? null])),
      );
    } catch (error) {
      throw explainDamage(error, queries, database, 'given');
    }
  }

  function named(
    name: string,
    parameters: Readonly<Record<string, string | number | null | undefined>> = {},
  ): readonly ResultRow[] {
    const found = requireNamedQuery(name);
    const allowed = ['sweep', ...found.parameters.map((parameter) => parameter.name)];
    const strange = Object.keys(parameters).find((given) => !allowed.includes(given));
    if (strange !== undefined) {
      throw new UsageError(`Expected a parameter of ${name} (${allowed.join(', ')}), got "${strange}".`);
    }
    const defaults = found.parameters.map((parameter) => [parameter.name, parameter.default] as const);
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    return query(found.sql, {
      sweep: sweeps()[0] ?? null,
      ...Object.fromEntries([...defaults, ...given]),
    });
  }

  function close(): void {
    isOpen = false;
    queries.close();
  }

  function requireOpen(): void {
    if (!isOpen) throw new UsageError('The results are closed. Open them again with openResults.');
  }
}
