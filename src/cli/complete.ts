import { existsSync } from 'node:fs';
import { namedQueries } from '../store/query/named-queries.js';

/** Commands whose arguments are names of sweeps. */
const takeSweeps: ReadonlySet<string> = new Set(['report', 'serve', 'status']);

/** What a shell has of the command line so far. */
export interface TypedArguments {
  readonly _: readonly (string | number)[];
  readonly [option: string]: unknown;
}

/**
 * Names that the shell offers beside commands and options: of sweeps in the database, of named
 * queries. Null: none but those. Never fails, since nobody sees an error of a completion.
 */
export async function completeNames(current: string, typed: TypedArguments): Promise<readonly string[] | null> {
  // The first is the program itself.
  const command = String(typed._[1] ?? typed._[0]);
  if (command === 'query' && typed['name'] !== undefined) return namedQueries.map(({ name }) => name);
  if (!takeSweeps.has(command) || current.startsWith('-')) return null;
  const database = typeof typed['db'] === 'string' ? typed['db'] : './quantsweep.db';
  if (!existsSync(database)) return null;
  try {
    const { openResults } = await import('../api/open-results.js');
    const results = openResults(database);
    try {
      return results.sweeps();
    } finally {
      results.close();
    }
  } catch {
    return null;
  }
}
