import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/api/outputs/write-report.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import type { SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

describe('writeReport', () => {
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

  it('writes the sweep that was updated last with a page for each trial and layer', () => {
    const paths = writeReport(database.path, [], join(folder, 'out', 'reports'));
    expect(paths).toEqual([join(folder, 'out', 'reports', 'newer-2', 'index.html')]);
    expect(readFileSync(paths[0] ?? '', 'utf8')).toContain('<title>newer / 2 · quantsweep</title>');
    expect(readdirSync(join(folder, 'out', 'reports')).sort()).toEqual(['assets', 'index.html', 'newer-2']);
    const pages = readdirSync(join(folder, 'out', 'reports', 'newer-2'));
    expect(pages.filter((page) => page.startsWith('trial-'))).toHaveLength(3);
    expect(pages.filter((page) => page.startsWith('layer-'))).toHaveLength(12);
  });

  it('links only to files that are there', () => {
    const root = join(folder, 'linked');
    writeReport(database.path, ['older', 'newer / 2'], root);
    const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
    expect(pages.length).toBeGreaterThan(30);
    let links = 0;
    for (const page of pages) {
      for (const [, href = ''] of readFileSync(join(root, page), 'utf8').matchAll(
        /(?:href|src)="([^"#]+)(?:#[^"]*)?"/g,
      )) {
        expect(existsSync(join(root, dirname(page), decodeURI(href))), `${page} links to ${href}`).toBe(true);
        links += 1;
      }
    }
    expect(links).toBeGreaterThan(100);
  });

  it('stays under 3 MB for the main experiment, all pages together', () => {
    const main = sampleDatabase({});
    const root = join(dirname(main.path), 'site');
    writeReport(main.path, [], root);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const bytes = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0);
    main.remove();
    expect(bytes).toBeLessThan(3_000_000);
  });

  it('writes the comparisons that were asked for, lists them last, and links to them from the index', () => {
    const root = join(folder, 'compared');
    // Of `older`: unsmoothed 1001, static 1002; of `newer / 2`: FP32 2000 to static 2002.
    const paths = writeReport(database.path, ['older'], root, {
      trials: [
        ['1002', '2002'],
        ['best', 'fp32'],
        ['1002', '1000'],
      ],
      sweeps: [['older', 'newer / 2']],
    });
    expect(paths).toEqual(
      [
        'older/index.html',
        'newer-2/index.html',
        'older/compare-1002-2002.html',
        'older/compare-1002-1000.html',
        'compare-older+newer-2.html',
      ].map((path) => join(root, path)),
    );
    const index = readFileSync(join(root, 'index.html'), 'utf8');
    for (const path of paths.slice(2)) {
      expect(existsSync(path), path).toBe(true);
      expect(index).toContain(`<a href="${path.slice(root.length + 1)}">`);
    }
    writeReport(database.path, ['older'], root);
    for (const path of paths.slice(2)) expect(existsSync(path), path).toBe(false);
  });

  it('refuses comparisons of what is not there, of one thing with itself, and in a single page', () => {
    const root = join(folder, 'refused');
    const refused = (trials: [string, string][], sweeps: [string, string][], output = root) =>
      expect(() => writeReport(database.path, ['older'], output, { trials, sweeps }));
    refused([['77', 'best']], []).toThrow(/trial of sweep "older", or `best`; got "77"/);
    refused([['best', '77']], []).toThrow(/got "77"/);
    refused([['best', '1002']], []).toThrow('Expected two trials for --compare, got trial 1002 twice.');
    refused([], [['older', 'odler']]).toThrow(/got "odler"/);
    refused([], [['older', 'older']]).toThrow('Expected two sweeps for --compare-sweeps, got "older" twice.');
    refused([['best', 'fp32']], [], join(folder, 'one.html')).toThrow(/Expected a folder for comparisons/);
    expect(existsSync(root)).toBe(false);
  });

  it('removes pages of an earlier report that this one does not have, and no other file', () => {
    const root = join(folder, 'stale');
    writeReport(database.path, ['older'], root);
    writeFileSync(join(root, 'older', 'notes.html'), 'mine');
    const tables = openDatabase(database.path);
    const { trial_id: gone } = tables
      .prepare(
        'SELECT max(trial_id) AS trial_id FROM sweep_trial WHERE sweep_id = (SELECT id FROM sweep WHERE name = ?)',
      )
      .get('older') as { trial_id: number };
    const stale = join(root, 'older', `trial-${gone}.html`);
    expect(existsSync(stale)).toBe(true);
    tables.prepare('DELETE FROM sweep_trial WHERE trial_id = ?').run(gone);
    tables.close();
    writeReport(database.path, ['older'], root);
    expect(existsSync(stale)).toBe(false);
    expect(readFileSync(join(root, 'older', 'notes.html'), 'utf8')).toBe('mine');
  });

  it('writes one page alone where the output ends with .html, and leaves nothing else in the folder', () => {
    const path = join(folder, 'again', 'page.html');
    writeReport(database.path, ['older'], path);
    writeReport(database.path, ['newer / 2'], path);
    expect(readdirSync(join(folder, 'again'))).toEqual(['page.html']);
    expect(readFileSync(path, 'utf8')).toContain('<title>newer / 2');
    expect(readFileSync(path, 'utf8')).not.toMatch(/href="[^#"]|src="/);
  });

  it('refuses an unknown sweep and several sweeps for one file before it writes any', () => {
    const path = join(folder, 'none.html');
    expect(() => writeReport(database.path, ['older', 'odler'], folder)).toThrow(
      /one of newer \/ 2, older; got "odler"/,
    );
    expect(() => writeReport(database.path, ['older', 'newer / 2'], path)).toThrow(/Expected a folder for 2 sweeps/);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(folder, 'index.html'))).toBe(false);
  });
});
