import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { libraryFinder, linkedLibraries, readLinked, vulkanDrivers } from '../../../src/cli/doctor/find-library.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-libraries-'));
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('libraryFinder', () => {
  it('finds what is in a folder of LD_LIBRARY_PATH, and not what is nowhere', () => {
    writeFileSync(join(folder, 'libquantsweep-test.so.1'), '');
    expect(libraryFinder()('libquantsweep-test.so.1')).toEqual({ kind: 'missing' });
    vi.stubEnv('LD_LIBRARY_PATH', `/nowhere:${folder}`);
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
    vi.stubEnv('VK_ICD_FILENAMES', `/nowhere.json:${import.meta.filename}`);
    expect(vulkanDrivers()).toEqual([import.meta.filename]);
    vi.stubEnv('VK_DRIVER_FILES', '/nowhere.json');
    expect(vulkanDrivers()).toEqual([]);
  });
});
