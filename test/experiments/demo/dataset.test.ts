import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import { generateScenes } from '../../../experiments/demo/scenes/scenes.mjs';
import { createRandomStream as createOwnStream } from '../../../experiments/demo/scenes/random-stream.mjs';
import { hashSource } from '../../../src/formats/hash-source.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import { createRandomStream } from '../../../src/formats/synthetic/random-stream.js';
import { AS_STORED } from '../../formats/write-files.js';

const path = fileURLToPath(new URL('../../../experiments/demo/scenes/dataset.mjs', import.meta.url));
const sourceOf = (seed: number, scenes: number) => ({ format: 'module', path, options: { seed, scenes } }) as const;
const SOURCE = sourceOf(5, 20);

it('generated scenes are the same in whatever order and number they are read', async () => {
  const dataset = await openDataset(SOURCE, AS_STORED);
  const size = dataset.sampleShape.reduce((a, b) => a * b, 1);
  const { features, groundTruth } = generateScenes({ seed: 5, first: 0, count: 20 });
  const into = new Float32Array(4 * size);
  await dataset.read(14, 4, into);
  expect(Buffer.from(into.buffer).equals(Buffer.from(features.slice(14 * size, 18 * size).buffer))).toBe(true);
  await dataset.read(0, 1, into);
  expect(into.subarray(0, size)).toEqual(features.subarray(0, size));
  const scenes = groundTruth.scenes.map(({ objects }) => ({ objects }));
  expect(dataset.groundTruth).toEqual({ ...groundTruth, scenes });
  dataset.close();
});

it('generated scenes are preprocessed', async () => {
  const dataset = await openDataset(SOURCE, { ...AS_STORED, divideBy: 2, channelOrder: 'reverse' });
  const size = dataset.sampleShape.reduce((a, b) => a * b, 1);
  const plane = size / 8;
  const { features } = generateScenes({ seed: 5, first: 0, count: 1 });
  const into = new Float32Array(size);
  await dataset.read(0, 1, into);
  expect(into.subarray(0, plane)).toEqual(features.slice(7 * plane).map((value) => value / 2));
  dataset.close();
});

it('no scenes, and options that are no numbers, are errors', async () => {
  await expect(openDataset(sourceOf(5, 0), AS_STORED)).rejects.toThrow('scenes: a number from 1 }, got {"seed":5');
  const misspelt = { ...SOURCE, options: { sede: 5, scenes: 1 } };
  await expect(openDataset(misspelt, AS_STORED)).rejects.toThrow('Expected options: { seed: a number from 0');
});

it('the hash of generated scenes depends on seed and number', async () => {
  const hashes = await Promise.all(
    [sourceOf(1, 8), sourceOf(2, 8), sourceOf(1, 9)].map((source) => hashSource(source)),
  );
  expect(new Set(hashes).size).toBe(3);
  expect(await hashSource(sourceOf(1, 8))).toBe(hashes[0]);
});

it('draws the same random numbers as synthetic data', () => {
  const [own, other] = [createOwnStream(7, 3), createRandomStream(7, 3)];
  for (let draw = 0; draw < 1000; draw += 1) {
    expect([own.uniform(), own.bell(), own.integer(1, 9)]).toEqual([
      other.uniform(),
      other.bell(),
      other.integer(1, 9),
    ]);
  }
});
