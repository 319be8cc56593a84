import { dirname } from 'node:path';

import { describe, expect, it } from 'vitest';

import { openDataset } from '../../../src/formats/open-dataset.js';
import { AS_STORED, npyArray, temporaryFolder } from '../write-files.js';

/** Samples b (1 2), c (3 4), a10 (5 6) and a file that is none. */
function folder() {
  const write = temporaryFolder();
  write('samples/notes.txt', 'not a sample');
  write('samples/c.npy', npyArray('<f8', [2, 1], Float64Array.of(3, 4)));
  write('samples/a10.npy', npyArray('|u1', [2, 1], Uint8Array.of(5, 6)));
  return { write, path: dirname(write('samples/b.npy', npyArray('<f4', [2, 1], Float32Array.of(1, 2)))) };
}

function open(path: string, labels: string | null = null, groundTruth: string | null = null) {
  return openDataset({ format: 'npyFolder', path, labels, groundTruth }, { ...AS_STORED, mean: [0, 1] });
}

describe('a folder of .npy files', () => {
  it('is read in the order of the names, whatever the dtype of each, and preprocessed', async () => {
    const dataset = await open(folder().path);
    expect([dataset.sampleCount, dataset.sampleShape, dataset.labels]).toEqual([3, [2, 1], null]);
    const into = new Float32Array(6);
    await dataset.read(0, 3, into);
    expect([...into]).toEqual([5, 5, 1, 1, 3, 3]);
    await dataset.read(2, 1, into);
    expect([...into.subarray(0, 2)]).toEqual([3, 3]);
    dataset.close();
    expect(() => dataset.read(0, 1, into)).toThrow('Expected an open dataset');
  });

  it('takes labels from an array in that order, or from a CSV by name', async () => {
    const { write, path } = folder();
    const array = write('labels.npy', npyArray('<i8', [3], BigInt64Array.of(7n, 8n, 9n)));
    expect([...(await open(path, array)).labels!]).toEqual([7, 8, 9]);
    const csv = write('labels.csv', 'file,label\nb.npy,1\n"c.npy", 2\n\na10.npy,0\n');
    expect([...(await open(path, csv)).labels!]).toEqual([0, 1, 2]);
  });

  it('takes ground truth with a scene for each sample', async () => {
    const { write, path } = folder();
    const scenes = [0, 1, 2].map(() => ({ objects: [{ class: 0, x: 1, y: 0.5 }] }));
    const truth = write('gt.json', JSON.stringify({ classes: ['car'], grid: [1, 2], scenes }));
    expect((await open(path, null, truth)).groundTruth!.scenes).toHaveLength(3);
    const short = write('short.json', JSON.stringify({ classes: ['car'], grid: [1, 2], scenes: [] }));
    await expect(open(path, null, short)).rejects.toThrow('Expected 3 scenes');
  });

  it('names the file that has another shape or a number that is not finite', async () => {
    const { write, path } = folder();
    write('samples/d.npy', npyArray('<f4', [1, 2], Float32Array.of(1, 2)));
    write('samples/e.npy', npyArray('<f4', [2, 1], Float32Array.of(1, Number.NaN)));
    const dataset = await open(path);
    expect(() => dataset.read(3, 1, new Float32Array(2))).toThrow(
      /^Expected shape \[2, 1\], as a10\.npy has, got shape \[1, 2\] \(.*d\.npy\)/,
    );
    expect(() => dataset.read(4, 1, new Float32Array(2))).toThrow(/got NaN after preprocessing \(.*e\.npy\)/);
  });

  it('is refused without a sample, or where there is none', async () => {
    const only = dirname(temporaryFolder()('x.txt', ''));
    await expect(open(only)).rejects.toThrow('Expected a folder with files that end in .npy, got 1 other files');
    await expect(open('/nowhere/at/all')).rejects.toThrow('Expected a readable folder, got ENOENT (/nowhere/at/all)');
  });
});
