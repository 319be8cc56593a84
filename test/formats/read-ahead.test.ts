import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DataSource } from '../../src/formats/data-source.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import type { Dataset } from '../../src/formats/dataset.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import { permutedDataset } from '../../src/formats/permuted-dataset.js';
import { readAhead } from '../../src/formats/read-ahead.js';
import { npyArray } from './write-files.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-ahead-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const opened: Dataset[] = [];
afterEach(() => {
  for (const dataset of opened.splice(0)) dataset.close();
});

const SAMPLES = 23;
const preprocess: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 2,
  mean: null,
  std: null,
};
const path = join(folder, 'samples.npy');
const entry = new URL('../../dist/formats/read-ahead-thread.js', import.meta.url);

/**
 * The samples read ahead, those of the dataset itself, and what was read without the thread, as
 * `start+count`.
 */
async function open({ sampleSeed = null, thread = entry }: { sampleSeed?: number | null; thread?: URL } = {}) {
  const numbers = Float32Array.from({ length: SAMPLES * 12 }, (_, i) => i);
  writeFileSync(path, npyArray('<f4', [SAMPLES, 3, 2, 2], numbers));
  const source: DataSource = { format: 'npy', path, labels: null, groundTruth: null };
  const [direct, behind] = [await openDataset(source, preprocess), await openDataset(source, preprocess)].map(
    (dataset) => (sampleSeed === null ? dataset : permutedDataset(dataset, sampleSeed)),
  ) as [Dataset, Dataset];
  const reads: string[] = [];
  const watched: Dataset = {
    ...behind,
    read(start, count, into) {
      reads.push(`${start}+${count}`);
      return behind.read(start, count, into);
    },
  };
  const ahead = readAhead(watched, { source, preprocess, sampleSeed }, thread);
  opened.push(direct, ahead);
  const check = async (start: number, count: number): Promise<void> => {
    const [expected, actual] = [new Float32Array(count * 12), new Float32Array(count * 12)];
    await direct.read(start, count, expected);
    await ahead.read(start, count, actual);
    expect(actual).toEqual(expected);
  };
  return { ahead, reads, check };
}

describe('readAhead', () => {
  it.each([null, 5])(
    'gives the samples of the dataset, only the first batch without the thread (seed %j)',
    async (sampleSeed) => {
      const { check, reads } = await open({ sampleSeed });
      for (const [start, count] of [
        [0, 8],
        [8, 8],
        [16, 7],
      ] as const)
        await check(start, count);
      expect(reads).toEqual(['0+8']);
    },
  );

  it('takes the first samples of those that were read ahead where fewer are wanted', async () => {
    const { check, reads } = await open();
    await check(0, 8);
    await check(8, 3);
    expect(reads).toEqual(['0+8']);
  });

  it('reads what follows another place by itself', async () => {
    const { check, reads } = await open();
    for (const start of [0, 16, 0, 4, 8]) await check(start, 4);
    expect(reads).toEqual(['0+4', '16+4', '0+4']);
  });

  it('reads by itself where the thread does not start', async () => {
    const { check, reads } = await open({ thread: new URL('file:///nowhere.js') });
    for (const start of [0, 4, 8]) await check(start, 4);
    expect(reads).toEqual(['0+4', '4+4', '8+4']);
  });

  it('fails as the dataset does, when the samples are asked for', async () => {
    const { ahead, check } = await open();
    truncateSync(path, 128 + 12 * 4 * 10);
    await check(0, 4);
    await check(4, 4);
    await expect(async () => ahead.read(8, 4, new Float32Array(48))).rejects.toMatchObject({ name: 'DatasetError' });
  });

  it('refuses to read once it is closed', async () => {
    const { ahead, check } = await open();
    await check(0, 4);
    ahead.close();
    await expect(async () => ahead.read(4, 4, new Float32Array(48))).rejects.toThrow();
  });
});
