import type { QueryConnection } from '../../store/query/query-database.js';
import { formatRows } from '../query/format-rows.js';

/** Rows of a query as an aligned table that fits the terminal. */
export function table(
  queries: QueryConnection,
  sql: string,
  parameters: Readonly<Record<string, string | number>>,
): string {
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  return formatRows(queries.query(sql, parameters), 'table', width);
}
