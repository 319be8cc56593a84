import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { libraryFinder, linkedLibraries, readLinked, vulkanDrivers } from '../../../src/cli/doctor/find-library.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-libraries-'));
const before = { ...process.env };
afterEach(() => {
  for (const name of ['LD_LIBRARY_PATH', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

describe('libraryFinder', () => {
  it('finds what is in a folder of LD_LIBRARY_PATH, and not what is nowhere', () => {
    writeFileSync(join(folder, 'libquantsweep-test.so.1'), '');
    expect(libraryFinder()('libquantsweep-test.so.1')).toEqual({ kind: 'missing' });
    process.env['LD_LIBRARY_PATH'] = `/nowhere:${folder}`;
    expect(libraryFinder()('libquantsweep-test.so.1')).toEqual({ kind: 'found' });
    rmSync(folder, { recursive: true });
  });

  it.runIf(process.platform === 'linux')('finds what the loader has in its cache', () => {
    expect(libraryFinder()('libc.so.6')).toEqual({ kind: 'found' });
  });
});

describe('readLinked', () => {
  it('reads what ldd prints', () => {
    const text = `\tlinux-vdso.so.1 (0x00007ffd)
\tlibcudart.so.12 => not found
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1b)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1c)`;
    expect([...readLinked(text)]).toEqual([
      ['libcudart.so.12', false],
      ['libm.so.6', true],
    ]);
  });

  it('is not asked of a library that is not there', () => {
    expect(linkedLibraries('/nowhere/lib.so')).toBeNull();
  });
});

describe('vulkanDrivers', () => {
  it('are those that the environment names and that exist', () => {
    process.env['VK_ICD_FILENAMES'] = `/nowhere.json:${import.meta.filename}`;
    expect(vulkanDrivers()).toEqual([import.meta.filename]);
    process.env['VK_DRIVER_FILES'] = '/nowhere.json';
    expect(vulkanDrivers()).toEqual([]);
  });
});
