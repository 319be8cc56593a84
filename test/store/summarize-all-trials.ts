import type { Database } from 'better-sqlite3';
import { Connection } from '../../src/store/file/connection.js';
import { summarizeTrial } from '../../src/store/write/summarize-trial.js';

/**
 * Brings what the store sums up of each finished trial in line with rows that a test wrote or
 * changed itself.
 */
export function summarizeAllTrials(database: Database): void {
  const connection = new Connection(database);
  connection.transaction(() => {
    connection.run('DELETE FROM trial_loss');
    connection.run('DELETE FROM trial_coverage');
    const trials = connection.all("SELECT id FROM trial WHERE status NOT IN ('pending', 'failed')");
    for (const { id } of trials as readonly { id: number }[]) summarizeTrial(connection, id);
  });
}
