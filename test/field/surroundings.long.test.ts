import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../../src/formats/dataset-error.js';
import { failureOf } from '../../src/engine/failure-of.js';
import { RuntimeError } from '../../src/engine/session/runtime-error.js';
import { quantsweep, Running, temporaryFolder, type Ended } from '../cli/command-line.js';
import { canMount } from '../faults/faults.js';
import { states, stored, writeSmallSweep } from './small-sweep.js';

/** An error as Node throws it for a system call. */
function systemError(code: string, syscall = 'open'): Error {
  return Object.assign(new Error(`${code}: some words, ${syscall} '/some/path'`), { code, errno: -1, syscall });
}

describe('18: an error of a job', () => {
  it.each(['ENOSPC', 'EMFILE', 'EDQUOT', 'EIO', 'ENOENT', 'EACCES'])(
    'ends the sweep where the system says %s',
    (code) => {
      expect(failureOf(systemError(code))).toMatchObject({
        errorClass: 'SurroundingsError',
        message: expect.stringContaining(`${code}: some words`) as string,
        endsSweep: true,
        retry: false,
      });
    },
  );

  it('ends it also where the reader of a file has made an error of its own of it', () => {
    const details = { expected: 'a readable file', got: 'EMFILE', where: 'data.npy' };
    const failure = failureOf(new DatasetError(details, { cause: systemError('EMFILE') }));
    expect(failure).toMatchObject({ errorClass: 'SurroundingsError', endsSweep: true });
    expect(failure.message).toContain('Raise the limit of open files');
  });

  it('ends it where the runtime passes on the words of the system', () => {
    const failure = failureOf(new RuntimeError('Loading the model', new Error('open("x.onnx"): Too many open files')));
    expect(failure).toMatchObject({ errorClass: 'SurroundingsError', endsSweep: true });
  });

  it('is of the trial where the data or the model is to blame', () => {
    const details = { expected: 'a readable file', got: 'ENOENT', where: 'data.npy' };
    expect(failureOf(new DatasetError(details, { cause: systemError('ENOENT') })).endsSweep).toBeUndefined();
    expect(failureOf(new RuntimeError('Running the model', new Error('shapes differ'))).endsSweep).toBeUndefined();
  });
});

/**
 * What is done to children alone: they have a channel to their parent, which was started without
 * one.
 */
const inChildren = (body: string): string => `if (process.send !== undefined) { ${body} }`;

/**
 * Throws an error of the system in one function of node:fs, where `when` holds of its first
 * argument.
 */
function failing(name: string, code: string, when: string): string {
  return inChildren(`
    const fs = require('node:fs');
    const real = fs.${name};
    fs.${name} = (...given) => {
      const first = String(given[0]);
      if (${when}) {
        throw Object.assign(new Error('${code}: it is so, ${name} ' + first), { code: '${code}', errno: -1, syscall: '${name}' });
      }
      return real(...given);
    };
    require('node:module').syncBuiltinESMExports();`);
}

/** One line that names the cause, exit code 1, and no trial that failed. */
function expectEnded({ code, stdout, stderr }: Ended, folder: string, cause: RegExp): void {
  expect(stderr, stdout).toMatch(cause);
  expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
  expect(stderr).toContain('Then run the same command again: finished work is kept.');
  expect(code).toBe(1);
  // What planning met already leaves no database behind.
  if (!existsSync(join(folder, 'quantsweep.db'))) return;
  expect(states(folder)['failed']).toBeUndefined();
  expect(stored(folder, `SELECT count(*) FROM stage WHERE status = 'failed'`)).toEqual([[0]]);
  expect(stored(folder, `SELECT count(*) FROM attempt WHERE status = 'running'`)).toEqual([[0]]);
}

async function expectGoesOn(folder: string, path: string): Promise<void> {
  const { code, stdout } = await quantsweep(folder, 'run', path);
  expect(code, stdout).toBe(0);
  expect(states(folder)).toEqual({ done: 3 });
}

describe('18: a sweep', () => {
  it.each([
    ['too many open files', failing('openSync', 'EMFILE', `first.endsWith('data.npy')`), /EMFILE.*`ulimit -n`/],
    [
      'no space for temporary files',
      failing('mkdtempSync', 'ENOSPC', 'true'),
      /temporary folder.*ENOSPC.*Free some space/,
    ],
    // Node's own loader of modules reads by readSync too.
    [
      'a disk that does not read',
      failing('readSync', 'EIO', `!new Error().stack.includes('node:internal/modules')`),
      /EIO/,
    ],
    [
      'a profile that is cut',
      failing('readFileSync', 'none', 'false').replace(
        'return real(...given);',
        `const read = real(...given); return first.includes('profile-') && !first.endsWith('.js') ? read.slice(0, 100) : read;`,
      ),
      /profile in .* is not whole.*Free some space/,
    ],
    [
      'a profile that is not there',
      failing('readdirSync', 'none', 'false').replace(
        'return real(...given)',
        `return first.includes('profile-') ? [] : real(...given)`,
      ),
      /profile in .* is not whole/,
    ],
  ])('under %s ends with the cause, fails no trial, and goes on', async (_, shim, cause) => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    writeFileSync(join(folder, 'shim.cjs'), shim);
    const env = { NODE_OPTIONS: `--require ${join(folder, 'shim.cjs')}` };
    expectEnded(await new Running(['run', path], folder, { env }).ended, folder, cause);
    await expectGoesOn(folder, path);
  });

  it('whose children can not start ends with their words, fails no trial, and goes on', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    writeFileSync(join(folder, 'shim.cjs'), inChildren(`throw new Error('no room to start in');`));
    const env = { NODE_OPTIONS: `--require ${join(folder, 'shim.cjs')}` };
    const { code, stderr } = await new Running(['run', path], folder, { env }).ended;
    expect(stderr).toContain('Error: no room to start in');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
    expect(states(folder)).toEqual({ pending: 3 });
    await expectGoesOn(folder, path);
  });

  it('without the folder that TMPDIR names ends with it, fails no trial, and goes on', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    const env = { TMPDIR: join(folder, 'missing') };
    expectEnded(await new Running(['run', path], folder, { env }).ended, folder, /missing.*TMPDIR/);
    expect(existsSync(join(folder, 'missing'))).toBe(false);
    await expectGoesOn(folder, path);
  });

  const mounts = canMount(temporaryMountPoint());
  if (!mounts) console.warn('Skipped: a full temporary folder needs the right to mount a file system.');
  it.runIf(mounts)('with a full temporary folder ends with it, fails no trial, and goes on', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    const full = join(folder, 'full');
    mkdirSync(full);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'quantsweep', full]);
    try {
      const { ended } = new Running(['run', path], folder, { env: { TMPDIR: full } });
      expectEnded(await ended, folder, /full.*Free some space/);
      expect(readdirSync(full)).toEqual([]);
    } finally {
      execFileSync('umount', [full]);
    }
    await expectGoesOn(folder, path);
  });
});

function temporaryMountPoint(): string {
  const folder = join(process.env['TMPDIR'] ?? '/tmp', `quantsweep-mount-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
