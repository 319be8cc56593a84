import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../src/store/file/make-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quantsweep-folders-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('makeFolder', () => {
  it('makes a folder and those above it, and leaves one that is there', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep);
    makeFolder(deep);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  it('throws where a file stands in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => {
      makeFolder(join(folder, 'file', 'below'));
    }).toThrow(/EEXIST|ENOTDIR/);
  });

  it.skipIf(!existsSync('/proc/self'))(
    'ends with an error below /proc, where Node’s recursive way does not end',
    () => {
      expect(() => {
        makeFolder('/proc/no-such-folder/below');
      }).toThrow(/ENOENT|EACCES/);
    },
  );
});
