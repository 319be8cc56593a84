import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';

import type Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';

import { openDatabase } from '../../../src/store/file/open-database.js';
import { settingColumns, type SettingColumn } from '../../../src/store/schema/setting-columns.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../sample-sweep.js';

const columnsOfTrial = (database: Database.Database): Readonly<Record<string, unknown>> =>
  Object.fromEntries(database.prepare(`SELECT name, type FROM pragma_table_info('trial')`).raw().all() as []);

/** A setting that a later version declares. */
const later: SettingColumn = {
  name: 'later',
  type: 'INTEGER',
  value: ({ quantization }) => quantization && quantization.weight.bits > 4,
};

describe('columns of settings', () => {
  let path: string;
  beforeEach(() => {
    path = sample.temporaryDatabase();
    const store = openStore(path);
    sample.fill(store);
    store.close();
  });

  it('are in the table under their declared types', () => {
    const database = openDatabase(path);
    const types = columnsOfTrial(database);
    expect(settingColumns.map(({ name, type }) => [name, type])).toEqual(
      settingColumns.map(({ name }) => [name, types[name]]),
    );
    database.close();
  });

  it('are declared once', () => {
    const names = settingColumns.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it('are added where the table lacks them, filled from stored settings, and nothing else changes', () => {
    const before = openDatabase(path);
    const trials = before.prepare('SELECT * FROM trial').all();
    before.close();

    const database = openDatabase(path, { columns: [...settingColumns, later] });
    const found = database.prepare('SELECT role, later FROM trial ORDER BY id').raw().all() as [string, number][];
    expect(found.map(([role, value]) => [role, value])).toEqual(
      found.map(([role]) => [role, role === 'fp32' ? null : 1]),
    );
    expect(found.some(([role]) => role === 'fp32') && found.some(([role]) => role !== 'fp32')).toBe(true);
    expect(columnsOfTrial(database)['later']).toBe('INTEGER');
    const after = database.prepare('SELECT * FROM trial').all() as Record<string, unknown>[];
    expect(after.map(({ later: _later, ...rest }) => rest)).toEqual(trials);
    database.close();
    expect(readdirSync(dirname(path)).filter((name) => name.includes('.bak'))).toEqual([]);
  });

  it('are not added a second time, and stay for a version that does not know them', () => {
    openDatabase(path, { columns: [...settingColumns, later] }).close();
    const database = openDatabase(path, { columns: [...settingColumns, later] });
    const version = database.pragma('schema_version', { simple: true });
    database.close();
    const other = openDatabase(path);
    expect(other.pragma('schema_version', { simple: true })).toBe(version);
    expect(columnsOfTrial(other)).toHaveProperty('later');
    other.close();
  });

  it('are NULL where an early version stored settings without the part that they are of', () => {
    const before = openDatabase(path);
    before.exec(`UPDATE trial SET settings = json_remove(settings, '$.quantization.weight')`);
    before.close();
    const database = openDatabase(path, { columns: [...settingColumns, later] });
    expect(database.prepare('SELECT DISTINCT later FROM trial').pluck().all()).toEqual([null]);
    database.close();
  });

  it('leave the file as it was where one can not be added', () => {
    const broken: SettingColumn = { name: 'later', type: 'INTEGER', value: () => 'no number' };
    expect(() => openDatabase(path, { columns: [...settingColumns, broken] })).toThrow();
    const database = openDatabase(path);
    expect(columnsOfTrial(database)).not.toHaveProperty('later');
    database.close();
  });
});
