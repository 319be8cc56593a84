import { StoreError } from '../store-error.js';
import type { QueryConnection } from '../query/query-database.js';

/**
 * What a command that reads a database stumbled over: an error that is of no known kind, or a
 * statement of the program's own that SQLite rejects, is most likely damage of the file, which
 * SQLite is then asked about. Anything else passes as it is.
 *
 * @param sql whether the statements were the program's own, or a person's
 */
export function explainDamage(error: unknown, queries: QueryConnection, path: string, sql: 'own' | 'given'): unknown {
  const ownRejected = sql === 'own' && error instanceof StoreError && error.code === 'bad-query';
  const unknownKind = error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
  if (!ownRejected && !unknownKind) return error;
  const damage = findDamage(queries) ?? (ownRejected ? error.message : null);
  if (damage === null) return error;
  return new StoreError(
    'not-a-database',
    `${path} is damaged, or another program has changed it (${damage}). Nothing that it says can be trusted. Restore a copy of it; a copy ` +
      'made before a migration lies beside it as *.bak. `sqlite3 FILE .recover` saves what can be read.',
    { cause: error },
  );
}

/** The first thing that SQLite finds wrong with the file; null where it finds nothing. */
function findDamage(queries: QueryConnection): string | null {
  try {
    const found = queries.query('PRAGMA integrity_check(1)').rows[0]?.[0];
    return found === 'ok' || found === undefined ? null : String(found).replace(/\s+/g, ' ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
