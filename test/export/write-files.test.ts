import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../src/errors/input-error.js';
import { writeFiles } from '../../src/export/write-files.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-write-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describe('writeFiles', () => {
  it('writes every file, and makes folders that are missing', () => {
    const folder = temporaryFolder();
    const paths = [join(folder, 'a'), join(folder, 'deep', 'er', 'b')];
    writeFiles(
      paths.map((path) => ({ path, content: () => path })),
      false,
    );
    for (const path of paths) expect(readFileSync(path, 'utf8')).toBe(path);
  });

  it('overwrites only when told so', () => {
    const path = join(temporaryFolder(), 'a');
    writeFileSync(path, 'old');
    const files = [{ path, content: () => 'new' }];
    expect(() => {
      writeFiles(files, false);
    }).toThrow(InputError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    writeFiles(files, true);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('refuses a folder and one path for two files', () => {
    const folder = temporaryFolder();
    const content = (): string => 'x';
    expect(() => {
      writeFiles([{ path: folder, content }], true);
    }).toThrow(/got a folder/);
    const twice = [join(folder, 'a'), join(folder, 'b', '..', 'a')].map((path) => ({ path, content }));
    expect(() => {
      writeFiles(twice, true);
    }).toThrow(/twice/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves everything as it was when one of the files fails', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a');
    writeFileSync(path, 'old');
    mkdirSync(join(folder, 'sub'));
    const failing = (): string => {
      throw new Error('no content');
    };
    const files = [
      { path, content: () => 'new' },
      { path: join(folder, 'sub', 'b'), content: failing },
    ];
    expect(() => {
      writeFiles(files, true);
    }).toThrow('no content');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['a', 'sub']);
  });
});
