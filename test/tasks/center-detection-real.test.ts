import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';

import { openDataset } from '../../src/formats/open-dataset.js';
import { createCenterDetection } from '../../src/tasks/center-detection/center-detection.js';
import { AS_STORED } from '../formats/write-files.js';
import { batchOf } from '../support/sample-batch.js';

const SHARED = resolve(import.meta.dirname, '../../../shared');
const MODEL = join(SHARED, 'models/bev-centerpoint-small.onnx');
const TASK = {
  kind: 'centerDetection',
  thresholds: [0.5, 1, 2, 4],
  maxDetections: 100,
  minScore: 0.01,
  bootstrap: 400,
} as const;
/** Measured by an independent implementation in Python, ../shared/data/README.md. */
const EXPECTED = {
  car: [0.270874, 0.888384, 0.987437, 0.988676],
  truck: [0.168196, 0.765865, 0.974245, 0.988527],
  pedestrian: [0.391524, 0.854355, 0.858067, 0.860688],
};
const BATCH = 32;

it.skipIf(!existsSync(MODEL))(
  `the real detector has the published mAP on 256 scenes (skipped without ${SHARED}, the shared models and data)`,
  async () => {
    const dataset = await openDataset(
      {
        format: 'npy',
        path: join(SHARED, 'data/bev/eval.npy'),
        labels: null,
        groundTruth: join(SHARED, 'data/bev/eval_gt.json'),
      },
      AS_STORED,
    );
    const session = await InferenceSession.create(MODEL);
    const { groundTruth, sampleCount } = dataset;
    const metric = createCenterDetection(TASK, { labels: null, groundTruth, referenceArgmax: null, sampleCount });
    const batch = new Float32Array(BATCH * 8 * 64 * 64);
    for (let first = 0; first < sampleCount; first += BATCH) {
      await dataset.read(first, BATCH, batch);
      const { heatmap } = await session.run({ input: new Tensor('float32', batch, [BATCH, 8, 64, 64]) });
      metric.add(batchOf(first, BATCH, heatmap!.data as Float32Array, heatmap!.dims));
    }
    dataset.close();
    await session.release();
    const [mean, ...slices] = metric.finish().evaluation.accuracies;
    expect(mean!.value).toBeCloseTo(0.749736, 5);
    for (const [index, value] of Object.values(EXPECTED).flat().entries()) {
      expect(slices[index]!.value).toBeCloseTo(value, 5);
    }
  },
);
