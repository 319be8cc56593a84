import Database from 'better-sqlite3';

import { explainFailure } from './sqlite-failure.js';

/** Why SQLite does not work here, or null where it does. */
export function engineObstacle(): string | null {
  try {
    new Database(':memory:').close();
    return null;
  } catch (error) {
    const explained = explainFailure(error, ':memory:');
    return explained instanceof Error ? explained.message : String(explained);
  }
}
