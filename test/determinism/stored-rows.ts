import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';

/** By `table.column`, the values of all rows, in an order that no number of a row decides. */
export type StoredColumns = ReadonlyMap<string, readonly SqlValue[]>;

/** Tables that say when, where and how fast work was done, not what came out. */
const circumstances = new Set([
  ...['attempt', 'environment', 'migration', 'stage_part', 'sweep', 'worker_log', 'latency', 'operator_time'],
]);

/** Columns of other tables that do the same; row ids are replaced by what they stand for. */
const circumstantial = new Set(['id', 'finished_at', 'duration_ms', 'path', 'settings']);

/** What a reference stands for, whatever its row id. */
const identity: Readonly<Record<string, string>> = {
  model: 'SELECT sha256 FROM model WHERE id = ',
  layer: 'SELECT name FROM layer WHERE id = ',
  stage: 'SELECT key FROM stage WHERE id = ',
  trial: 'SELECT key FROM trial WHERE id = ',
  sweep: 'SELECT name FROM sweep WHERE id = ',
  observation: `SELECT s.key || ' ' || o.batches FROM observation o JOIN stage s ON s.id = o.stage_id WHERE o.id = `,
};

/**
 * Everything that a sweep stored as its result: every table and column, but for times, places and
 * row ids.
 */
export function storedColumns(database: string): StoredColumns {
  const rows = (sql: string): readonly (readonly SqlValue[])[] => queryDatabase(database, sql).rows;
  const columns = new Map<string, readonly SqlValue[]>();
  const tables = rows(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1`);
  for (const table of tables.map(([name]) => String(name))) {
    if (circumstances.has(table)) continue;
    const references = new Map(
      rows(`SELECT "from", "table" FROM pragma_foreign_key_list('${table}')`).map(([from, to]) => [
        String(from),
        String(to),
      ]),
    );
    const described = rows(`SELECT name, pk FROM pragma_table_info('${table}')`)
      .map(([name, key]) => ({ name: String(name), isKey: Number(key) > 0 }))
      .filter(({ name }) => !circumstantial.has(name));
    const selected = described.map(({ name }) => {
      const target = references.get(name);
      return target === undefined ? `t."${name}"` : `(${identity[target]!}t."${name}")`;
    });
    // Keys first: rows of two databases are in the same order also where a number differs.
    const order = described
      .map(({ name, isKey }, index) => ({ isKey: isKey || name === 'key' || references.has(name), place: index + 1 }))
      .sort((a, b) => Number(b.isKey) - Number(a.isKey))
      .map(({ place }) => place);
    const found = rows(`SELECT ${selected.join(', ')} FROM ${table} t ORDER BY ${order.join(', ')}`);
    described.forEach(({ name }, index) => {
      columns.set(
        `${table}.${name}`,
        found.map((row) => row[index]!),
      );
    });
  }
  return columns;
}

/**
 * By column that is not bit-equal in two databases, the largest difference: of numbers relative to
 * the larger magnitude, of JSON vectors that of their numbers, Infinity of anything else (texts,
 * bytes, a null, another number of rows).
 */
export function differences(one: StoredColumns, other: StoredColumns): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [column, values] of one) {
    const others = other.get(column) ?? [];
    const largest =
      values.length === others.length
        ? Math.max(0, ...values.map((value, index) => difference(value, others[index]!)))
        : Infinity;
    if (largest > 0) found[column] = largest;
  }
  return found;
}

function difference(one: SqlValue, other: SqlValue): number {
  if (typeof one === 'number' && typeof other === 'number') {
    return Object.is(one, other) ? 0 : Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other));
  }
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0 ? 0 : Infinity;
  if (one === other) return 0;
  if (typeof one === 'string' && typeof other === 'string' && one.startsWith('[') && other.startsWith('[')) {
    const [numbers, others] = [JSON.parse(one) as number[], JSON.parse(other) as number[]];
    if (numbers.length !== others.length) return Infinity;
    return Math.max(...numbers.map((number, index) => difference(number, others[index]!)));
  }
  return Infinity;
}
