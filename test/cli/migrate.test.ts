import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { quantsweep, temporaryFolder } from './command-line.js';

function earlier(folder: string): string {
  const path = join(folder, 'old.db');
  const packed = new URL('../store/fixtures/schema-10.db.gz', import.meta.url);
  writeFileSync(path, gunzipSync(readFileSync(packed)));
  return path;
}

describe('quantsweep migrate', () => {
  it('brings an earlier database up to date without a sweep, and keeps a copy', async () => {
    const folder = temporaryFolder();
    const path = earlier(folder);
    const before = await quantsweep(folder, 'status', '--db', 'old.db');
    expect(before.code).not.toBe(0);
    expect(before.stderr).toContain('quantsweep migrate');
    const migrated = await quantsweep(folder, 'migrate', '--db', 'old.db');
    expect(migrated).toEqual({
      code: 0,
      stdout: `${path} is up to date; the file as it was is kept as ${path}.v10.bak.\n`,
      stderr: '',
    });
    expect(existsSync(`${path}.v10.bak`)).toBe(true);
    expect((await quantsweep(folder, 'status', '--db', 'old.db')).code).toBe(0);
    const again = await quantsweep(folder, 'migrate', '--db', 'old.db');
    expect(again.stdout).toBe(`${path} is up to date.\n`);
  });

  it('makes no database where there is none', async () => {
    const folder = temporaryFolder();
    const { code, stderr } = await quantsweep(folder, 'migrate');
    expect(code).toBe(2);
    expect(stderr).toContain('found none');
    expect(existsSync(join(folder, 'quantsweep.db'))).toBe(false);
  });

  it('makes a view anew that somebody dropped, and names a table that has its name', async () => {
    const folder = temporaryFolder();
    const path = earlier(folder);
    await quantsweep(folder, 'migrate', '--db', 'old.db');
    const change = (sql: string): void => {
      const database = new Database(path);
      database.exec(sql);
      database.close();
    };
    change('DROP VIEW v_alike');
    expect((await quantsweep(folder, 'query', 'SELECT count(*) FROM v_alike', '--db', 'old.db')).code).toBe(0);
    await quantsweep(folder, 'migrate', '--db', 'old.db');
    change('DROP VIEW v_alike; CREATE TABLE v_alike(x)');
    const { code, stderr } = await quantsweep(folder, 'migrate', '--db', 'old.db');
    expect(code).toBe(2);
    expect(stderr).toContain('has a table called v_alike, which is the name of a view of quantsweep');
  });
});
