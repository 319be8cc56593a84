import { existsSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/file/open-database.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { answersFile, recordedAnswers, schema11Folder } from './schema-11-folder.js';
import { answerDigests } from './view-digests.js';

const lastRunsOf =
  'SELECT sweep, updated_at, experiment_path, last_run, run_attempt, claimed FROM v_sweep ORDER BY last_run';

/** As a sweep would: brings the file up to date. */
function migrated(): { readonly database: string; readonly version: number } {
  const { database } = schema11Folder();
  const opened = openDatabase(database);
  const version = Number(opened.pragma('user_version', { simple: true }));
  expect(opened.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(opened.pragma('foreign_key_check')).toEqual([]);
  opened.close();
  return { database, version };
}

describe('a database of every kind of sweep that schema 11 left behind', () => {
  it('is of schema 11', () => {
    const before = new Database(schema11Folder().database, { readonly: true });
    expect(before.pragma('user_version', { simple: true })).toBe(11);
    before.close();
  });

  it('is migrated with a copy beside it', () => {
    const { database, version } = migrated();
    expect(version).toBeGreaterThanOrEqual(11);
    expect(existsSync(`${database}.v11.bak`)).toBe(version > 11);
  });

  it('answers every view and named query as it did', () => {
    const { database } = migrated();
    const lastRuns = queryDatabase(database, lastRunsOf).rows;
    if (process.env['RECORD_ANSWERS'] === '1') {
      writeFileSync(answersFile, `${JSON.stringify({ answers: answerDigests(database), lastRuns }, null, 2)}\n`);
    }
    const recorded = recordedAnswers();
    expect(lastRuns).toEqual(recorded.lastRuns);
    // Views and named queries that came later answer too, but nothing is recorded of them.
    expect(answerDigests(database, recorded.answers)).toMatchObject(recorded.answers);
  });

  it('holds rows in every view', () => {
    const views = Object.entries(recordedAnswers().answers).filter(([name]) => name.startsWith('v_'));
    expect(views.length).toBeGreaterThan(25);
    expect(views.filter(([, { rows }]) => rows === 0)).toEqual([]);
  });
});
