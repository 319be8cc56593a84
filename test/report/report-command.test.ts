import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReports } from '../../src/cli/report-command.js';
import type { SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

describe('writeReports', () => {
  let database: SampleDatabase;
  let folder: string;

  beforeAll(() => {
    const small = { alphas: [0.5], sizes: [100], dynamic: false };
    database = sampleDatabase({ name: 'older', ...small }, { name: 'newer / 2', ...small });
    folder = dirname(database.path);
  });

  afterAll(() => {
    database.remove();
  });

  it('writes the sweep that was updated last, named after it, and makes the folder', () => {
    const paths = writeReports(database.path, [], `${join(folder, 'out', 'reports')}/`);
    expect(paths).toEqual([join(folder, 'out', 'reports', 'newer-2.html')]);
    expect(readFileSync(paths[0] ?? '', 'utf8')).toContain('<title>newer / 2 · quantsweep</title>');
  });

  it('leaves nothing but the page in the folder, also when it replaces one', () => {
    const path = join(folder, 'again', 'page.html');
    writeReports(database.path, ['older'], path);
    writeReports(database.path, ['newer / 2'], path);
    expect(readdirSync(join(folder, 'again'))).toEqual(['page.html']);
    expect(readFileSync(path, 'utf8')).toContain('<title>newer / 2');
  });

  it('refuses an unknown sweep and several sweeps for one file before it writes any', () => {
    const path = join(folder, 'none.html');
    expect(() => writeReports(database.path, ['older', 'odler'], folder)).toThrow(
      /one of newer \/ 2, older; got "odler"/,
    );
    expect(() => writeReports(database.path, ['older', 'newer / 2'], path)).toThrow(/Expected a folder for 2 sweeps/);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(folder, 'older.html'))).toBe(false);
  });
});
