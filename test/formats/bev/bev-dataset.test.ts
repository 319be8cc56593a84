import { expect, it } from 'vitest';

import { generateBevScenes } from '../../../src/formats/bev/bev-scenes.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import { AS_STORED } from '../write-files.js';

const SOURCE = { format: 'bevScenes', seed: 5, scenes: 20 } as const;

it('generated scenes are the same in whatever order and number they are read', async () => {
  const dataset = await openDataset(SOURCE, AS_STORED);
  const size = dataset.sampleShape.reduce((a, b) => a * b, 1);
  const { features, groundTruth } = generateBevScenes({ seed: 5, first: 0, count: 20 });
  const into = new Float32Array(4 * size);
  await dataset.read(14, 4, into);
  expect(Buffer.from(into.buffer).equals(Buffer.from(features.slice(14 * size, 18 * size).buffer))).toBe(true);
  await dataset.read(0, 1, into);
  expect(into.subarray(0, size)).toEqual(features.subarray(0, size));
  expect(dataset.groundTruth).toEqual(groundTruth);
  dataset.close();
});

it('generated scenes are preprocessed', async () => {
  const dataset = await openDataset(SOURCE, { ...AS_STORED, divideBy: 2, channelOrder: 'reverse' });
  const size = dataset.sampleShape.reduce((a, b) => a * b, 1);
  const plane = size / 8;
  const { features } = generateBevScenes({ seed: 5, first: 0, count: 1 });
  const into = new Float32Array(size);
  await dataset.read(0, 1, into);
  expect(into.subarray(0, plane)).toEqual(features.slice(7 * plane).map((value) => value / 2));
  dataset.close();
});

it('no scenes, and reading after closing, are errors', async () => {
  await expect(openDataset({ ...SOURCE, scenes: 0 }, AS_STORED)).rejects.toThrow('Expected one or more scenes, got 0');
  const dataset = await openDataset(SOURCE, AS_STORED);
  dataset.close();
  expect(() => dataset.read(0, 1, new Float32Array(1e5))).toThrow('Expected an open dataset');
});
