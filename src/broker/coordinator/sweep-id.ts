import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

/**
 * The same for each run of a sweep on its database, so that a run finds what the one before gave
 * out.
 */
export function sweepId(name: string, database: string): string {
  return createHash('sha256')
    .update(JSON.stringify([hostname(), resolve(database), name]))
    .digest('hex')
    .slice(0, 12);
}
