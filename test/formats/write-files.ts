import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';

export { npyArray, npyFile } from './npy-bytes.js';

/** Preprocessing that leaves every number as it is. */
export const AS_STORED: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 1,
  mean: null,
  std: null,
};

/**
 * Returns a writer of files into a folder that lives as long as the test; it returns the file's
 * path.
 */
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
