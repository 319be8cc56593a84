import { integer } from '../../schema/schema-leaves.js';
import { defineFormat } from '../format.js';
import { createBevDataset } from './bev-dataset.js';
import { generateBevScenes } from './bev-scenes.js';

/** To be raised with every change of the scenes that `generateBevScenes` makes. */
const VERSION = 1;

export const bevScenesFormat = defineFormat({
  description: "Generated bird's-eye-view LiDAR scenes (the embedded demo's data).",
  settings: {
    seed: integer(0, 'Seed of the scene generator.'),
    scenes: integer(1, 'Number of scenes.'),
  },
  labels: 'never',
  groundTruth: 'always',
  channels: 'first',
  locate: ({ seed, scenes }) => ({ seed, scenes }),
  code: () => null,
  files: () => [],
  folderNames: () => null,
  // With the first scene, in case the version was forgotten.
  identity: ({ seed, scenes }) => {
    const { features, groundTruth } = generateBevScenes({ seed, first: 0, count: 1 });
    return {
      header: { version: VERSION, seed, scenes },
      before: [
        new Uint8Array(features.buffer, features.byteOffset, features.byteLength),
        new TextEncoder().encode(JSON.stringify(groundTruth)),
      ],
    };
  },
  keyed: ({ seed, scenes }) => ({ seed, scenes }),
  open: ({ seed, scenes }, preprocess) => createBevDataset(seed, scenes, preprocess),
});
