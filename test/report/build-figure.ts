import { onTestFinished } from 'vitest';
import type { Figure } from '../../src/report/figures/figure.js';
import { toRows } from '../../src/report/query.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { summarizeAllTrials } from '../store/summarize-all-trials.js';
import { sampleDatabase, type Sample } from './sample-database.js';

/** The name of the sample sweep that figures are built of. */
export const sampleSweep = 'smoothquant-alpha';

/**
 * A figure of the sample sweep with a change made to its tables: the query, its rows, and what is
 * made of them.
 */
export function buildFigure(figure: Figure, change: string, sample: Partial<Sample> = {}) {
  const database = sampleDatabase(sample);
  onTestFinished(() => {
    database.remove();
  });
  const tables = openDatabase(database.path);
  tables.exec(change);
  summarizeAllTrials(tables);
  tables.close();
  const facts = readSweepFacts(database.query, sampleSweep)!;
  const rows = toRows(database.query(figure.sql(facts), []));
  return { database, rows, content: figure.build(rows, facts) };
}
