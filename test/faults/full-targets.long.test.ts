import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantsweep, writeExperiment, type Ended } from '../cli/command-line.js';
import { canMount } from './faults.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-full-'));
const mounts = canMount(folder);
if (!mounts) console.warn('Skipped: full and read-only file systems need the right to mount them.');

/** One line for people, no stack trace. */
function expectOneLine({ code, stderr }: Ended, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
}

describe.runIf(mounts)('a file system', () => {
  const disk = join(folder, 'disk');
  const database = join(folder, 'quantsweep.db');
  beforeAll(async () => {
    const { code, stdout, stderr } = await quantsweep(folder, 'run', writeExperiment(folder));
    expect(code, stdout + stderr).toBe(0);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Does the work on a file system of its own. */
  async function mounted(options: string, work: () => Promise<void>): Promise<void> {
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'quantsweep', disk]);
    try {
      await work();
    } finally {
      execFileSync('umount', [disk]);
    }
  }

  describe('that is full', () => {
    it.each([
      ['report', ['report', 'small', '-o', 'disk/page.html'], []],
      ['export', ['export', 'best', '-o', 'disk/best.onnx', '--smoothed-model', 'disk/float.onnx'], []],
    ])('ends %s with one line and leaves no file', async (_, args, left) => {
      await mounted('size=64k', async () => {
        expectOneLine(await quantsweep(folder, ...args), /quantsweep: ENOSPC: no space left on device/);
        expect(readdirSync(disk)).toEqual(left);
      });
    });

    it('ends a report of several pages with one line, and every page that is there is whole', async () => {
      await mounted('size=700k', async () => {
        expectOneLine(await quantsweep(folder, 'report', 'small', '-o', 'disk'), /ENOSPC/);
        const files = readdirSync(disk, { recursive: true, encoding: 'utf8' });
        expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
        for (const page of files.filter((file) => file.endsWith('.html'))) {
          expect(readFileSync(join(disk, page), 'utf8').trimEnd().endsWith('</html>'), page).toBe(true);
        }
      });
    });

    it.each([
      ['has no space for its tables', '300k'],
      ['has none for the results', '640k'],
    ])('ends a merge that %s with one line and no file left, and later goes on', async (_, size) => {
      await mounted(`size=${size}`, async () => {
        const args = ['merge', 'quantsweep.db', '--into', 'disk/all.db'];
        expectOneLine(await quantsweep(folder, ...args), /quantsweep: No space left to write .*all\.db/);
        expect(readdirSync(disk)).toEqual([]);
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
        const again = await quantsweep(folder, ...args);
        expect(again.stderr).toBe('');
        expect(again.code).toBe(0);
      });
    });

    it('ends a run with one line, whose database goes on where there is space again', async () => {
      await mounted('size=300k', async () => {
        const args = ['run', 'small.yaml', '--set', 'run.database=disk/quantsweep.db'];
        expectOneLine(await quantsweep(folder, ...args), /quantsweep: No space left to write .*quantsweep\.db/);
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
        const resumed = await quantsweep(folder, ...args);
        expect(resumed.stderr).toBe('');
        expect(resumed.code).toBe(0);
      });
    });
  });

  describe('that is read-only', () => {
    it('has databases that are merged', async () => {
      await mounted('size=16m', async () => {
        copyFileSync(database, join(disk, 'quantsweep.db'));
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const { code, stderr } = await quantsweep(folder, 'merge', 'disk/quantsweep.db', '--into', 'merged.db');
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(readdirSync(disk)).toEqual(['quantsweep.db']);
      });
    });

    it('ends a run with one line and leaves the database as it was', async () => {
      await mounted('size=16m', async () => {
        copyFileSync(database, join(disk, 'quantsweep.db'));
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const args = ['run', 'small.yaml', '--set', 'run.database=disk/quantsweep.db'];
        expectOneLine(await quantsweep(folder, ...args), /quantsweep: .*(No permission|Can't open|read-only)/);
        expect(readdirSync(disk)).toEqual(['quantsweep.db']);
      });
    });

    it('is read by report, export and query', async () => {
      await mounted('size=16m', async () => {
        copyFileSync(database, join(disk, 'quantsweep.db'));
        execFileSync('mount', ['-o', 'remount,ro', disk]);
        const db = ['--db', 'disk/quantsweep.db'];
        for (const args of [
          ['report', 'small', '-o', 'page.html'],
          ['export', 'best', '-o', 'best.onnx'],
          ['query', 'SELECT count(*) FROM v_trial'],
        ]) {
          const { code, stderr } = await quantsweep(folder, ...args, ...db);
          expect(stderr).toBe('');
          expect(code).toBe(0);
        }
        expect(existsSync(join(folder, 'page.html')) && existsSync(join(folder, 'best.onnx'))).toBe(true);
        expect(readdirSync(disk)).toEqual(['quantsweep.db']);
      });
    });

    it.each([
      ['report', ['report', 'small', '-o', 'disk/page.html']],
      ['report', ['report', 'small', '-o', 'disk/site']],
      ['export', ['export', 'best', '-o', 'disk/best.onnx']],
    ])('ends %s to it with one line', async (_, args) => {
      await mounted('size=16m,ro', async () => {
        expectOneLine(await quantsweep(folder, ...args), /quantsweep: EROFS: read-only file system/);
      });
    });
  });
});
