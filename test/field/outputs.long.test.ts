import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { quantsweep, temporaryFolder, type Ended } from '../cli/command-line.js';
import { sampleDatabase, type SampleDatabase } from '../report/sample-database.js';
import { writeSmallSweep } from './small-sweep.js';

describe('21: outputs never replace what quantsweep did not write', () => {
  let database: SampleDatabase;
  let folder: string;
  let number = 0;

  beforeAll(() => {
    const small = { alphas: [0.3, 0.5], sizes: [100], dynamic: false };
    database = sampleDatabase({ name: 'one', ...small }, { name: 'two', ...small });
  });
  afterAll(() => {
    database.remove();
  });
  beforeEach(() => {
    folder = join(dirname(database.path), `outputs-${number++}`);
    mkdirSync(folder);
  });

  function report(...args: readonly string[]): Promise<Ended> {
    return quantsweep(folder, 'report', '--db', database.path, ...args);
  }

  function writeOwn(path: string, text = 'mine'): string {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  }

  it.each([
    ['a page', 'site/index.html', ['one', '-o', 'site']],
    ['a page of a sweep', 'site/one/index.html', ['one', '-o', 'site']],
    ['a style sheet', 'site/assets/quantsweep.css', ['one', '-o', 'site']],
    ['a list of files', 'site/assets/files.json', ['one', '-o', 'site']],
    ['a page alone', 'lone.html', ['one', '-o', 'lone.html']],
    ['a summary', 'notes.md', ['one', '--markdown', 'notes.md']],
    ['data', 'package.json', ['one', '--json', 'package.json']],
    ['a chart', 'figures/one-accuracy-by-alpha.svg', ['one', '--svg', 'figures']],
  ])('%s', async (_, file, args) => {
    const path = writeOwn(file);
    const { code, stderr } = await report(...args);
    expect({ code, text: readFileSync(path, 'utf8') }).toEqual({ code: 2, text: 'mine' });
    expect(stderr).toContain(`at ${file} is a file that it did not write`);
    expect(stderr).toContain('--force');
    expect((await report(...args, '--force')).code).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toBe('mine');
    // What it has written itself it replaces without a word.
    expect((await report(...args)).code).toBe(0);
  });

  it('a summary that was written for the standard output alone has no mark', async () => {
    expect((await report('one', '--markdown', '-')).stdout).not.toContain('<!--');
  });

  it.each(['--force', '--'])('the database that is read (%s)', async (last) => {
    const bytes = readFileSync(database.path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const link = join(folder, 'db.html');
    writeFileSync(join(folder, 'copy.html'), bytes);
    symlinkSync(database.path, link);
    const own = await report('one', '-o', 'db.html', last);
    expect(own.code).toBe(2);
    const copy = await quantsweep(folder, 'report', 'one', '--db', 'copy.html', '-o', 'copy.html', last);
    expect(copy.code).toBe(2);
    expect(copy.stderr).toContain('Expected another file to write than copy.html, which is read');
    const exported = await quantsweep(folder, 'export', 'best', '--db', 'copy.html', '-o', 'copy.html', '--force');
    expect(exported.code).toBe(2);
    for (const path of [database.path, join(folder, 'copy.html')]) {
      expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(hash);
    }
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('a link, even one that leads nowhere', async () => {
    symlinkSync(join(folder, 'nowhere.html'), join(folder, 'lone.html'));
    const { code, stderr } = await report('one', '-o', 'lone.html');
    expect(code).toBe(2);
    expect(stderr).toContain('at lone.html is a link');
    expect(existsSync(join(folder, 'nowhere.html'))).toBe(false);
  });

  it('a link that leads nowhere in the place of a folder', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'site'));
    const { code, stderr } = await report('one', '-o', 'site');
    expect(stderr).toContain(`got "${join(folder, 'site')}", a link that leads nowhere.`);
    expect(code).toBe(2);
  });

  it('deletes pages of an earlier report, but not through a link and not what a person put there', async () => {
    expect((await report('one', 'two', '-o', 'site')).code).toBe(0);
    const pages = ['trial-1000.html', 'layer-0.html'].filter((name) => existsSync(join(folder, 'site/two', name)));
    expect(pages.length).toBeGreaterThan(0);
    writeOwn('site/two/index.html');
    expect((await report('one', '-o', 'site')).code).toBe(0);
    expect(readFileSync(join(folder, 'site/two/index.html'), 'utf8')).toBe('mine');
    for (const page of pages) expect(existsSync(join(folder, 'site/two', page))).toBe(false);

    expect((await report('one', 'two', '-o', 'linked')).code).toBe(0);
    renameSync(join(folder, 'linked/two'), join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'linked/two'));
    expect((await report('one', '-o', 'linked')).code).toBe(0);
    expect(existsSync(join(folder, 'elsewhere/index.html'))).toBe(true);
  });
});

it('21: export never replaces the data of the trial, even with --force', async () => {
  const folder = temporaryFolder();
  const run = await quantsweep(folder, 'run', writeSmallSweep(folder, 1), '--set', 'data.evaluation.batchSize=1');
  expect(run.code, run.stdout).toBe(0);
  const bytes = readFileSync(join(folder, 'data.npy'));
  const { code, stderr } = await quantsweep(folder, 'export', 'best', '-o', 'data.npy', '--force');
  expect([code, stderr]).toEqual([2, expect.stringContaining('data.npy, which is read, got data.npy.')]);
  expect(readFileSync(join(folder, 'data.npy')).equals(bytes)).toBe(true);
}, 60_000);
