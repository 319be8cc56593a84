import { describe, expect, it } from 'vitest';

import type { DetectionGroundTruth } from '../../../src/formats/dataset.js';
import { createCenterDetection, finishCenterDetection } from '../../../src/tasks/center-detection/center-detection.js';
import { mergeCenterDetectionStates } from '../../../src/tasks/center-detection/center-detection-state.js';
import { finishTask, mergeMetricStates } from '../../../src/tasks/task-metric.js';
import type { MetricContext } from '../../../src/tasks/metric.js';
import { createPrng } from '../../../src/statistics/prng.js';
import { batchOf } from '../../support/sample-batch.js';

const TASK = {
  kind: 'centerDetection',
  thresholds: [0.5, 2],
  maxDetections: 10,
  minScore: 0.01,
  bootstrap: 50,
} as const;
const SIZE = 2 * 8 * 8;

/**
 * Scenes of two classes on 8 x 8 cells with three objects each, and heatmaps with peaks on or near
 * most of them.
 */
function makeScenes(count: number): { context: MetricContext; heatmaps: Float32Array } {
  const random = createPrng(11);
  const heatmaps = new Float32Array(count * SIZE);
  const scenes = Array.from({ length: count }, (_, scene) => {
    const objects = [0, 1, 0].map((classIndex) => {
      const [x, y] = [random.nextBelow(8), random.nextBelow(8)];
      const shifted = Math.min(7, x + random.nextBelow(3));
      heatmaps[scene * SIZE + classIndex * 64 + y * 8 + shifted] = (1 + random.nextBelow(20)) / 20;
      return { class: classIndex, x: x + 0.6, y: y + 0.5 };
    });
    return { objects };
  });
  const groundTruth: DetectionGroundTruth = { classes: ['car', 'truck'], grid: [8, 8], scenes };
  return { context: { labels: null, groundTruth, referenceArgmax: null, sampleCount: count }, heatmaps };
}

describe('centre detection', () => {
  it('gives mAP, the AP of each class and threshold, and replicates', () => {
    const { context, heatmaps } = makeScenes(12);
    const metric = createCenterDetection(TASK, context);
    metric.add(batchOf(0, 12, heatmaps, [12, 2, 8, 8]));
    const { evaluation, argmax } = metric.finish();
    expect(argmax).toBeNull();
    expect(evaluation.primaryMetric).toBe('mAP');
    const [mean, ...slices] = evaluation.accuracies;
    expect(slices.map(({ metric: name, slice }) => `${name} ${slice}`)).toEqual([
      'ap car@0.5',
      'ap car@2',
      'ap truck@0.5',
      'ap truck@2',
    ]);
    expect(mean!.value).toBeCloseTo(slices.reduce((sum, { value }) => sum + value, 0) / 4, 12);
    expect(mean!.ciMethod).toBe('bootstrap');
    expect(mean!.ciLow).toBeLessThan(mean!.value);
    expect(mean!.ciHigh).toBeGreaterThan(mean!.value);
    const [outcome] = evaluation.outcomes;
    expect(outcome).toMatchObject({ metric: 'mAP', kind: 'bootstrap', count: 50 });
    const replicates = new Float64Array(outcome!.data.slice().buffer).toSorted();
    expect(replicates.length).toBe(50);
    expect(mean!.ciLow).toBeCloseTo(replicates[1]! + 0.225 * (replicates[2]! - replicates[1]!), 12);
  });

  it('of heatmaps that peak on every object is 1, without a spread', () => {
    const objects = [{ class: 0, x: 2.5, y: 3.5 }];
    const groundTruth: DetectionGroundTruth = { classes: ['car'], grid: [8, 8], scenes: [{ objects }, { objects }] };
    const metric = createCenterDetection(TASK, { labels: null, groundTruth, referenceArgmax: null, sampleCount: 2 });
    const heatmaps = new Float32Array(128);
    for (const scene of [0, 1]) heatmaps[scene * 64 + 3 * 8 + 2] = 0.9;
    metric.add(batchOf(0, 2, heatmaps, [2, 1, 8, 8]));
    for (const { value, ciLow, ciHigh } of metric.finish().evaluation.accuracies) {
      expect([value, ciLow, ciHigh].map((number) => number?.toFixed(12))).toEqual(Array(3).fill('1.000000000000'));
    }
  });

  it('ranks equal scores by scene before cell', () => {
    // A miss in scene 0 at a late cell, a hit in scene 1 at an early one: precision is r / 2, as
    // for a leading miss.
    const scenes = [{ objects: [] }, { objects: [{ class: 0, x: 1.5, y: 0.5 }] }];
    const groundTruth: DetectionGroundTruth = { classes: ['car'], grid: [8, 8], scenes };
    const metric = createCenterDetection(TASK, { labels: null, groundTruth, referenceArgmax: null, sampleCount: 2 });
    const heatmaps = new Float32Array(128);
    heatmaps[60] = 0.5;
    heatmaps[64 + 1] = 0.5;
    metric.add(batchOf(1, 1, heatmaps.subarray(64), [1, 1, 8, 8]));
    metric.add(batchOf(0, 1, heatmaps.subarray(0, 64), [1, 1, 8, 8]));
    let sum = 0;
    for (let step = 21; step <= 100; step += 1) sum += step / 200 - 0.1;
    expect(metric.finish().evaluation.accuracies[0]!.value).toBeCloseTo(sum / 90 / 0.9, 12);
  });

  it('is the same, bit for bit, however the scenes are split over processes and in whatever order', () => {
    const { context, heatmaps } = makeScenes(12);
    const whole = createCenterDetection(TASK, context);
    whole.add(batchOf(0, 12, heatmaps, [12, 2, 8, 8]));
    const children = [0, 1].map(() => createCenterDetection(TASK, context));
    for (const first of [9, 3, 6, 0]) {
      children[first % 2]!.add(batchOf(first, 3, heatmaps.subarray(first * SIZE, (first + 3) * SIZE), [3, 2, 8, 8]));
    }
    const sent = children.map((child) => structuredClone(child.state()));
    expect(finishCenterDetection(TASK, context, mergeCenterDetectionStates(sent))).toEqual(whole.finish());
  });

  it('counts objects of the evaluated scenes only', () => {
    const { context, heatmaps } = makeScenes(12);
    const first = { ...context, sampleCount: 4 };
    const metric = createCenterDetection(TASK, first);
    metric.add(batchOf(0, 4, heatmaps.subarray(0, 4 * SIZE), [4, 2, 8, 8]));
    const cut: MetricContext = {
      ...first,
      groundTruth: { ...context.groundTruth!, scenes: context.groundTruth!.scenes.slice(0, 4) },
    };
    const other = createCenterDetection(TASK, cut);
    other.add(batchOf(0, 4, heatmaps.subarray(0, 4 * SIZE), [4, 2, 8, 8]));
    expect(metric.finish()).toEqual(other.finish());
  });

  it('without replicates has no interval and no outcome', () => {
    const { context, heatmaps } = makeScenes(2);
    const metric = createCenterDetection({ ...TASK, bootstrap: 0 }, context);
    metric.add(batchOf(0, 2, heatmaps, [2, 2, 8, 8]));
    const { accuracies, outcomes } = metric.finish().evaluation;
    expect(accuracies[0]).toMatchObject({ ciLow: null, ciHigh: null, ciMethod: null });
    expect(outcomes).toEqual([]);
  });

  it('names what does not fit', async () => {
    const { context, heatmaps } = makeScenes(2);
    expect(() => createCenterDetection(TASK, { ...context, groundTruth: null })).toThrow(
      'Expected ground truth for task centerDetection, got none: set data.evaluation.source.groundTruth',
    );
    expect(() => createCenterDetection(TASK, { ...context, sampleCount: 3 })).toThrow(
      'Expected ground truth of 3 scenes, got 2',
    );
    expect(() => createCenterDetection({ ...TASK, thresholds: [1, 0] }, context)).toThrow(
      'in task.thresholds, got [1, 0]',
    );
    const metric = createCenterDetection(TASK, context);
    expect(() => {
      metric.add(batchOf(0, 2, heatmaps, [2, 2, 4, 16]));
    }).toThrow(
      'Expected an output of shape [2, 2, 8, 8], by the classes and grid of the ground truth, got [2, 2, 4, 16] with 256',
    );
    const { signal } = new AbortController();
    await expect(finishTask({ kind: 'classification' }, context, metric.state(), signal)).rejects.toThrow(
      'Expected the state of a classification task, got that of centerDetection',
    );
    expect(() => mergeMetricStates([])).toThrow('Expected states of one task');
  });
});
