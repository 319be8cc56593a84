import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { openReadOnly } from '../../src/store/file/open-read-only.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import { Running, temporaryFolder, writeExperiment, type Ended } from '../cli/command-line.js';
import { canMount } from '../faults/faults.js';
import * as sample from '../store/sample-sweep.js';

const tools = mkdtempSync(join(tmpdir(), 'quantsweep-shim-'));
afterAll(() => {
  rmSync(tools, { recursive: true, force: true });
});

/**
 * Fails calls of the C library as a broken disk or a file system without locks does; null where it
 * can't be made.
 */
function makeShim(): string | null {
  const source = join(tools, 'shim.c');
  const library = join(tools, 'shim.so');
  writeFileSync(
    source,
    `#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file of QUANTSWEEP_BAD_FILE can't be written once QUANTSWEEP_BAD_WHEN is there. */
static int is_bad(int fd) {
  const char *file = getenv("QUANTSWEEP_BAD_FILE"), *when = getenv("QUANTSWEEP_BAD_WHEN");
  char link[64], path[4096];
  if (!file || !when || access(when, F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strcmp(path, file) == 0;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  if (is_bad(fd)) { errno = EIO; return -1; }
  return real(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }
static int no_locks(int command) {
  return getenv("QUANTSWEEP_NO_LOCKS") && (command == F_SETLK || command == F_SETLKW || command == F_GETLK);
}
int fcntl64(int fd, int command, ...) {
  static int (*real)(int, int, ...);
  if (!real) real = dlsym(RTLD_NEXT, "fcntl64");
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  if (no_locks(command)) { errno = ENOLCK; return -1; }
  return real(fd, command, argument);
}
int fcntl(int fd, int command, ...) {
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  return fcntl64(fd, command, argument);
}
`,
  );
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' });
    return library;
  } catch {
    return null;
  }
}

const shim = process.platform === 'linux' ? makeShim() : null;
if (shim === null) console.warn('Skipped: failing system calls need Linux and a C compiler (cc).');
const mounts = canMount(tools);
if (!mounts) console.warn('Skipped: a full disk needs the right to mount a file system.');

/** One line for people. */
function expectOneLine({ code, stderr }: Ended, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

describe('41: a file system without locks', () => {
  it.runIf(shim !== null)('is named as the cause at once, of a new and of an existing database', async () => {
    const folder = temporaryFolder();
    const experiment = writeExperiment(folder);
    const env = { LD_PRELOAD: shim!, QUANTSWEEP_NO_LOCKS: '1' };
    expectOneLine(
      await new Running(['run', experiment], folder, { env }).ended,
      /The file system of .*quantsweep\.db has no file locks/,
    );
    expect(existsSync(join(folder, 'quantsweep.db'))).toBe(false);

    const store = openStore(join(folder, 'quantsweep.db'));
    sample.fill(store);
    store.close();
    expectOneLine(
      await new Running(['run', experiment], folder, { env }).ended,
      /The file system of .*quantsweep\.db has no file locks/,
    );
    expectOneLine(await new Running(['status'], folder, { env }).ended, /file system has no file locks/);
  });
});

describe('41: results that only the log has', () => {
  it.runIf(shim !== null)('are no success when the disk fails as the run ends', async () => {
    const folder = temporaryFolder();
    const database = join(folder, 'quantsweep.db');
    const broken = join(folder, 'broken');
    const env = { LD_PRELOAD: shim!, QUANTSWEEP_BAD_FILE: database, QUANTSWEEP_BAD_WHEN: broken };
    const experiment = writeExperiment(folder);
    const running = new Running(['run', experiment], folder, { env });
    await running.printed('[2/');
    writeFileSync(broken, '');
    expectOneLine(
      await running.ended,
      /The last results .* are safe in .*quantsweep\.db-wal, but could not be written/,
    );
    expect(statSync(`${database}-wal`).size).toBeGreaterThan(0);
    // Mended: the same command finds all of it.
    rmSync(broken);
    const again = await new Running(['run', experiment], folder, { env }).ended;
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('0 trials run, 8 cached');
    copyFileSync(database, join(folder, 'copy.db'));
    const copy = openReadOnly(join(folder, 'copy.db'));
    expect(copy.prepare(`SELECT count(*) FROM trial WHERE status = 'done'`).pluck().get()).toBe(8);
    copy.close();
  });

  it.runIf(mounts)('are told when the disk is full as the run ends, with what to do', () => {
    const disk = join(tools, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'quantsweep', disk]);
    try {
      const path = join(disk, 'sweep.db');
      const trials = Array.from({ length: 30 }, (_, index) => ({
        ...sample.trials.static,
        key: `trial-${index}`,
        position: index,
      }));
      const store = openStore(path);
      store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
      store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
      for (const trial of trials) sample.finish(store, trial, sample.quantizedRecord([1, 2], 0.1, 0.5));
      try {
        execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4096'], { stdio: 'ignore' });
      } catch {
        // The disk is full.
      }
      let error: unknown = null;
      try {
        store.close();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).message).toMatch(
        /The last results .*30 trials.* a copy of that file alone lacks them/,
      );
      rmSync(join(disk, 'filler'));
      expect(openStore(path).close()).toBeNull();
      const copy = join(disk, 'copy.db');
      copyFileSync(path, copy);
      const read = openReadOnly(copy);
      expect(read.prepare(`SELECT count(*) FROM trial WHERE status = 'done'`).pluck().get()).toBe(30);
      read.close();
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('41: an installation whose SQLite does not load', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'is made for another Node',
      `process.dlopen = (module, file) => { throw Object.assign(new Error(file + ' was compiled against\\na different Node.js version'), { code: 'ERR_DLOPEN_FAILED' }); };`,
      /SQLite \(the compiled part of the package better-sqlite3\) is missing, or was made for another system .* npm ci\)/,
    ],
    [
      'is missing',
      `import Module from 'node:module'; const real = Module._extensions['.node'];
       Module._extensions['.node'] = (module, file) => { if (file.includes('sqlite')) throw Object.assign(new Error('not there'), { code: 'MODULE_NOT_FOUND' }); return real(module, file); };`,
      /SQLite \(the compiled part of the package better-sqlite3\) is missing/,
    ],
    [
      'is not installed at all',
      `import { register } from 'node:module';
       register('data:text/javascript,' + encodeURIComponent("export async function resolve(name, context, next) { if (name === 'better-sqlite3') throw Object.assign(new Error('Cannot find package better-sqlite3'), { code: 'ERR_MODULE_NOT_FOUND' }); return next(name, context); }"));`,
      /the installation is incomplete .*Cannot find package better-sqlite3/,
    ],
  ];

  it.each(cases)('%s: one line says what to do', async (_, program, message) => {
    const folder = temporaryFolder();
    const store = openStore(join(folder, 'quantsweep.db'));
    sample.fill(store);
    store.close();
    const hook = join(folder, 'hook.mjs');
    writeFileSync(hook, program);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
    expectOneLine(await new Running(['status'], folder, { env }).ended, message);
  });
});
