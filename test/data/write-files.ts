import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { PreprocessSettings } from '../../src/experiment/settings.js';

/** Preprocessing that leaves every number as it is. */
export const AS_STORED: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 1,
  mean: null,
  std: null,
};

/** Returns a writer of files into a folder that lives as long as the test; it returns the file's path. */
export function temporaryFolder(): (name: string, content: Uint8Array | string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-data-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return (name, content) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
}

/** Returns a version 1.0 `.npy` file with the given dict and data. */
export function npyFile(dict: string, data: Uint8Array): Uint8Array {
  const header = Buffer.from(`${dict}\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, data]);
}

/** Returns a `.npy` file of `descr` and `shape` in C order. */
export function npyArray(
  descr: string,
  shape: readonly number[],
  data: { readonly buffer: ArrayBufferLike },
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  return npyFile(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`, new Uint8Array(data.buffer));
}
