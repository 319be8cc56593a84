import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleDatabase } from '../report/sample-database.js';
import { sampleDatabase } from '../report/sample-database.js';
import type { Ended } from './command-line.js';
import { quantsweep } from './command-line.js';

describe('quantsweep report', () => {
  let database: SampleDatabase;
  let folder: string;

  beforeAll(() => {
    const small = { alphas: [0.3, 0.5], sizes: [100], dynamic: false };
    database = sampleDatabase({ name: 'older', ...small }, { name: 'newer / 2', ...small });
    folder = dirname(database.path);
  });

  afterAll(() => {
    database.remove();
  });

  function report(...args: readonly string[]): Promise<Ended> {
    return quantsweep(folder, 'report', '--db', database.path, ...args);
  }

  it('writes charts only where only charts are asked for, and lists them', async () => {
    const { code, stdout } = await report('older', '--svg', 'charts');
    expect(code).toBe(0);
    const files = readdirSync(join(folder, 'charts'));
    expect(files).toContain('older-accuracy-by-alpha.svg');
    expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => join('charts', file)).sort());
    expect(existsSync(join(folder, 'reports'))).toBe(false);
  });

  it('writes the charts of the named pages of the sweep that ran last', async () => {
    const { code } = await report('--svg', 'pages', '--page', 'layer-0', '--page', 'index');
    expect(code).toBe(0);
    const files = readdirSync(join(folder, 'pages'));
    expect(files).toContain('newer-2-accuracy-by-alpha.svg');
    expect(files.every((file) => file.startsWith('newer-2-'))).toBe(true);
  });

  it('gives nothing but JSON on standard output, and paths elsewhere', async () => {
    const { code, stdout, stderr } = await report('older', 'newer / 2', '--json', '--markdown', 'sum.md', '-o', 'site');
    expect(code).toBe(0);
    const { sweeps } = JSON.parse(stdout) as { sweeps: { sweep: { name: string } }[] };
    expect(sweeps.map(({ sweep }) => sweep.name)).toEqual(['older', 'newer / 2']);
    expect(stderr.trim().split('\n')).toEqual([
      join('site', 'older', 'index.html'),
      join('site', 'newer-2', 'index.html'),
      'sum.md',
    ]);
    const summary = readFileSync(join(folder, 'sum.md'), 'utf8');
    expect(summary).toContain('[Report](site/older/index.html)');
    expect(summary.match(/^## /gm)).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('compares the trials and sweeps that it is told to', async () => {
    const args = ['--compare', 'best', 'fp32', '--compare-sweeps', 'older', 'newer / 2', '-o', 'compared'];
    const { code, stdout } = await report('older', ...args);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').slice(2)).toEqual([
      expect.stringMatching(/^compared\/older\/compare-\d+-1000\.html$/),
      'compared/compare-older+newer-2.html',
    ]);
    const lone = await report('older', '--compare', 'best');
    expect(lone.code).toBe(2);
    expect(lone.stderr).toContain('Expected two trials or more for --compare (--compare best 7), got "best".');
    expect(await report('older', '--compare')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Not enough arguments following: compare') as string,
    });
    const without = await report('older', '--compare', 'best', 'fp32', '--svg', 'charts-only');
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('Expected --output with --compare');
  });

  it('gives the summary on standard output, links as seen from a file otherwise', async () => {
    expect((await report('older', '--markdown', '-')).stdout).toMatch(/^## Which alpha/);
    const { code } = await report('older', '--markdown', 'deep/er/sum.md', '--json', 'data.json');
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'deep/er/sum.md'), 'utf8')).toContain('[Data](../../data.json)');
  });

  it('refuses wrong usage with exit code 2 before it writes anything', async () => {
    writeFileSync(join(folder, 'file'), '');
    const before = readdirSync(folder).sort();
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['odler', '--json', 'x.json'], /one of newer \/ 2, older; got "odler"/],
      [['older', '--svg', 'file'], /Expected a folder for --svg, got the file/],
      [['older', '--svg', 'file/in'], /Expected a folder for --svg, got the file/],
      [['older', '--json', 'new.json', '-o', 'file'], /Expected a folder for --output/],
      [['older', '--json', 'file/x.json'], /Expected a folder for --json/],
      [['--markdown', 'older'], /Expected a file that ends with \.md .* Names of sweeps stand before/],
      [['--json', '--markdown'], /Expected one of --markdown and --json/],
      [['--page', 'layer-1'], /Expected --svg with --page/],
      [['older', '--svg', 'new', '--page', 'nope'], /Expected index, trial-NUMBER/],
      [['older', '--svg', 'new', '--page', 'trial-999999'], /Expected a page of sweep "older" .* got trial-999999/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await report(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    }
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
