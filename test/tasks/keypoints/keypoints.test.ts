import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SampleOrigin } from '../../../src/formats/sample-origin.js';
import { createPrng } from '../../../src/statistics/prng.js';
import { createKeypoints, finishKeypoints } from '../../../src/tasks/keypoints/keypoints.js';
import { COCO_SIGMAS } from '../../../src/tasks/keypoints/keypoint-sigmas.js';
import {
  keypointSettings,
  locateKeypoints,
  type KeypointTask,
} from '../../../src/tasks/keypoints/keypoint-settings.js';
import { mergeKeypointStates } from '../../../src/tasks/keypoints/keypoint-state.js';
import { keypointsTask } from '../../../src/tasks/keypoints/keypoints-task.js';
import { keypointSimilarity } from '../../../src/tasks/keypoints/oks.js';
import type { MetricContext, SampleBatch } from '../../../src/tasks/metric.js';
import { temporaryFolder } from '../../formats/write-files.js';
import { literalOksAp, type LiteralResult, type LiteralTruth } from './literal-oks-ap.js';

type FileSettings = Parameters<typeof locateKeypoints>[0];

function taskOf(truth: string, settings: Partial<FileSettings> = {}): KeypointTask {
  return locateKeypoints(z.object(keypointSettings).parse({ bootstrap: 1, truth, ...settings }), '/');
}

function truthFile(images: readonly object[], annotations: readonly object[], categories?: readonly object[]): string {
  const listed = annotations.map((each, index) => ({ id: index, image_id: 1, category_id: 1, ...each }));
  const document = { images, annotations: listed, categories: categories ?? [{ id: 1, name: 'person' }] };
  return temporaryFolder()('person_keypoints.json', JSON.stringify(document));
}

function contextOf(sampleCount: number, names: readonly string[] | null = null): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, names };
}

function batch(first: number, data: ArrayLike<number>, dims: readonly number[]): SampleBatch {
  const outputs = [{ name: 'output', data: Float32Array.from(data), dims }];
  return { first, count: dims[0]!, outputs, reference: null, origins: null };
}

function figuresOf(task: KeypointTask, context: MetricContext, ...batches: readonly SampleBatch[]) {
  const metric = createKeypoints(task, context);
  for (const each of batches) metric.add(each);
  return Object.fromEntries(metric.finish().evaluation.accuracies.map(({ metric: name, value }) => [name, value]));
}

/** The output of a pose model of one class for one sample, `[4 + 1 + 3 K, boxes]`. */
function poseOutput(results: readonly Omit<LiteralResult, 'image_id'>[], keypoints: number, boxes: number): number[] {
  const rows = Array.from({ length: 5 + 3 * keypoints }, () => new Array<number>(boxes).fill(0));
  for (const [index, { score, points }] of results.entries()) {
    // Boxes far from each other: nothing is suppressed.
    [rows[0]![index], rows[1]![index], rows[2]![index], rows[3]![index]] = [1000 * (index + 1), 5, 10, 10];
    rows[4]![index] = score;
    for (let point = 0; point < keypoints; point += 1) {
      rows[5 + 3 * point]![index] = points[2 * point]!;
      rows[6 + 3 * point]![index] = points[2 * point + 1]!;
      rows[7 + 3 * point]![index] = 0.9;
    }
  }
  return rows.flat();
}

/**
 * Pictures with figures of all sizes, crowds and unlabelled ones, and results near some of them.
 */
function makeScenes(seed: number, pictures: number, sigmas: readonly number[]) {
  const random = createPrng(seed);
  const float = (value: number): number => Math.fround(value);
  const truth: LiteralTruth[] = [];
  const results: LiteralResult[] = [];
  // Ids fall, so the order of equal scores is not that of samples.
  const images = Array.from({ length: pictures }, (_, index) => 100 - index);
  for (const image of images) {
    for (let figure = random.nextBelow(5); figure > 0; figure -= 1) {
      const size = [20, 50, 200][random.nextBelow(3)]!;
      const [x, y] = [random.nextBelow(400), random.nextBelow(400)];
      const isUnlabelled = random.nextBelow(6) === 0;
      const keypoints = sigmas.flatMap(() => {
        const v = isUnlabelled ? 0 : random.nextBelow(3);
        return v === 0 ? [0, 0, 0] : [x + random.nextBelow(size), y + random.nextBelow(size), v];
      });
      const labelled = keypoints.filter((value, at) => at % 3 === 2 && value > 0).length;
      truth.push({
        ...{ image_id: image, keypoints, bbox: [x, y, size, size], area: size * size * 0.6 },
        ...{ iscrowd: Number(random.nextBelow(8) === 0), num_keypoints: labelled },
      });
      for (let copy = random.nextBelow(3); copy > 0; copy -= 1) {
        const off = 1 + random.nextBelow(Math.ceil(size / 8));
        const points = sigmas.flatMap((_, k) => [
          float((keypoints[3 * k] || x) + random.nextBelow(2 * off) - off),
          float((keypoints[3 * k + 1] || y) + random.nextBelow(2 * off) - off),
        ]);
        results.push({ image_id: image, points, score: float((1 + random.nextBelow(12)) / 13) });
      }
    }
  }
  return { images, truth, results };
}

function writeScenes({ images, truth }: ReturnType<typeof makeScenes>): string {
  return truthFile(
    images.map((id) => ({ id, file_name: `${id}.jpg`, height: 640, width: 640 })),
    truth,
  );
}

function outputsOf({ images, results }: ReturnType<typeof makeScenes>, keypoints: number): number[] {
  return images.flatMap((image) =>
    poseOutput(
      results.filter((result) => result.image_id === image),
      keypoints,
      90,
    ),
  );
}

describe('OKS', () => {
  it('is a mean over labelled points, by hand', () => {
    const figure = { points: Float64Array.of(10, 10, 2, 20, 20, 1, 0, 0, 0), box: [0, 0, 30, 30], area: 100 };
    const found = Float64Array.of(13, 14, 20, 20, 500, 500);
    const first = Math.exp(-25 / (2 * 100 * 0.2 ** 2));
    expect(keypointSimilarity(found, figure, [0.1, 0.1, 0.1])).toBeCloseTo((first + 1) / 2, 12);
  });

  it('of a figure without labelled points is by the distance to its box, doubled', () => {
    const figure = { points: new Float64Array(6), box: [10, 10, 10, 10], area: 100 };
    expect(keypointSimilarity(Float64Array.of(0, 30, 15, 15), figure, [0.1, 0.1])).toBe(1);
    const outside = keypointSimilarity(Float64Array.of(-3, 34, 15, 15), figure, [0.1, 0.1]);
    expect(outside).toBeCloseTo((Math.exp(-25 / (2 * 100 * 0.2 ** 2)) + 1) / 2, 12);
  });

  it("has COCO's sigmas", () => {
    expect(COCO_SIGMAS).toHaveLength(17);
    expect(COCO_SIGMAS.reduce((a, b) => a + b, 0)).toBeCloseTo(1.138, 12);
    expect([COCO_SIGMAS[0], COCO_SIGMAS[11], COCO_SIGMAS[16]].map((value) => value!.toFixed(3))).toEqual([
      ...['0.026', '0.107', '0.089'],
    ]);
  });
});

describe('keypoints', () => {
  const sigmas = [0.05, 0.1, 0.08, 0.06];

  it.each([1, 2, 3, 4, 5, 6])('give the figures of a literal evaluation, scenes %i', (seed) => {
    const scenes = makeScenes(seed, 12, sigmas);
    const names = scenes.images.map((id) => `${id}.jpg`);
    const task = taskOf(writeScenes(scenes), { sigmas, nms: { ...NMS, iou: 1 } });
    const output = batch(0, outputsOf(scenes, 4), [12, 17, 90]);
    const found = figuresOf(task, contextOf(12, names), output);
    const expected = literalOksAp(
      scenes.images.toSorted((a, b) => a - b),
      scenes.truth,
      scenes.results,
      sigmas,
    );
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 12);
    expect(expected['AP50']).toBeGreaterThan(0.05);
    expect(expected['AP']).toBeLessThan(expected['AP50']!);
  });

  it('are the same however pictures are split', () => {
    const scenes = makeScenes(9, 12, sigmas);
    const names = scenes.images.map((id) => `${id}.jpg`);
    const task = taskOf(writeScenes(scenes), { sigmas, bootstrap: 10 });
    const data = outputsOf(scenes, 4);
    const size = 17 * 90;
    const whole = createKeypoints(task, contextOf(12, names));
    whole.add(batch(0, data, [12, 17, 90]));
    const parts = [0, 1].map(() => createKeypoints(task, contextOf(12, names)));
    for (const first of [9, 0, 6, 3]) {
      parts[first % 2]!.add(batch(first, data.slice(first * size, (first + 3) * size), [3, 17, 90]));
    }
    const merged = mergeKeypointStates(parts.map((part) => structuredClone(part.state())));
    const result = finishKeypoints(task, contextOf(12, names), merged);
    expect(result).toEqual(whole.finish());
    expect(result.evaluation.outcomes).toMatchObject([{ metric: 'AP', kind: 'bootstrap', count: 10 }]);
    const [ap] = result.evaluation.accuracies;
    expect(ap!.ciLow).toBeLessThan(ap!.value);
    expect(ap!.ciHigh).toBeGreaterThan(ap!.value);
  });

  const ONE = { keypoints: [10, 10, 2, 50, 60, 2], bbox: [10, 10, 40, 50], area: 2000, iscrowd: 0 };
  const IMAGE = { id: 1, file_name: 'a.jpg', height: 100, width: 200 };
  const both = { sigmas: [0.1, 0.1] };

  it('suppress boxes of one figure, and go the way back through a letterbox', () => {
    const truth = truthFile([IMAGE], [ONE]);
    // A picture of 100 x 200 in 100 x 100: half the size, 25 rows of padding above.
    const rows = [
      [15, 15.5, 60, 80, 16, 16, 0],
      [42.5, 43, 42, 10, 42, 44, 0],
      [20, 20, 20, 20, 20, 20, 0],
      [25, 25, 25, 10, 25, 25, 0],
      [0.9, 0.8, 0.7, 0.0005, 0.2, 0.1, 0],
      ...[
        [5, 5, 0, 0, 0, 0, 0],
        [30, 30, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1],
      ],
      ...[
        [25, 25, 0, 0, 0, 0, 0],
        [55, 55, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1],
      ],
    ];
    const placement = { scaleX: 0.5, scaleY: 0.5, left: 0, top: 25 };
    const origin: SampleOrigin = { name: 'a.jpg', size: [100, 200], placement };
    const metric = createKeypoints(taskOf(truth, both), contextOf(1, ['a.jpg']));
    metric.add({ ...batch(0, rows.flat(), [1, 11, 7]), origins: [origin] });
    const [found] = metric.state().found;
    expect([...found!.score].map((score) => score.toFixed(1))).toEqual(['0.9', '0.7']);
    expect(found!.truePositive[0]).toBe(1023);
    expect(metric.finish().evaluation.accuracies[0]).toMatchObject({
      metric: 'AP',
      value: expect.closeTo(1, 12) as number,
    });

    // Transposed, and with the letterbox declared instead of known.
    const turned = Array.from({ length: 7 }, (_, box) => rows.map((row) => row[box]!)).flat();
    const other = figuresOf(
      taskOf(truth, { ...both, input: [100, 100] }),
      contextOf(1, ['a.jpg']),
      batch(0, turned, [1, 7, 11]),
    );
    expect(other['AP']).toBeCloseTo(1, 12);
  });

  it('leave out what is not finite, and count it', () => {
    const truth = truthFile([IMAGE], [ONE]);
    const good = { score: 0.5, points: [10, 10, 50, 60] };
    const bad = { score: 0.9, points: [10, NaN, 50, 60] };
    const data = poseOutput([bad, good, { ...good, score: NaN }], 2, 20);
    const found = figuresOf(taskOf(truth, both), contextOf(1), batch(0, data, [1, 11, 20]));
    expect(found).toMatchObject({ AP: expect.closeTo(1, 12) as number, nonFinite: 2 });
  });

  it('whose points are not finite suppress none', () => {
    const truth = truthFile([IMAGE], [ONE]);
    const good = { score: 0.5, points: [10, 10, 50, 60] };
    const data = poseOutput([{ score: 0.9, points: [10, NaN, 50, 60] }, good], 2, 20);
    // Both boxes at the same place.
    data[1] = data[0]!;
    const found = figuresOf(taskOf(truth, both), contextOf(1), batch(0, data, [1, 11, 20]));
    expect(found).toMatchObject({ AP: expect.closeTo(1, 12) as number, nonFinite: 1 });
  });

  it('are of several classes, each by itself', () => {
    const categories = [
      { id: 7, name: 'dog', keypoints: ['a', 'b'] },
      { id: 3, name: 'cat', keypoints: ['a', 'b'] },
    ];
    const truth = truthFile([IMAGE], [{ ...ONE, category_id: 7 }], categories);
    const rows = [[10], [10], [5], [5], [0.2], [0.8], [10], [10], [1], [50], [60], [1]];
    const found = (data: readonly number[][]) =>
      figuresOf(
        taskOf(truth, both),
        contextOf(1),
        batch(
          0,
          data.flatMap((row) => [...row, ...new Array<number>(14).fill(0)]),
          [1, 12, 15],
        ),
      );
    expect(found(rows)).toMatchObject({ AP: expect.closeTo(1, 12) as number, ap: expect.closeTo(1, 12) as number });
    const swapped = rows.map((row, index) => (index === 4 ? [0.8] : index === 5 ? [0] : row));
    expect(found(swapped)).toMatchObject({ AP: 0 });
  });

  it('of heatmaps are the largest cells, a quarter towards the larger neighbour', () => {
    // Maps of 5 x 5 for a picture of 100 x 200: cells of 20 x 40.
    const maps = new Float32Array(50);
    maps[2 * 5 + 2] = 0.8;
    maps[2 * 5 + 3] = 0.4;
    maps[1 * 5 + 2] = 0.1;
    maps[25 + 4 * 5 + 1] = 0.6;
    maps[25 + 4 * 5 + 2] = 0.5;
    const at = (x: number, y: number) => [x * 40, y * 20, 2];
    const truth = (...points: number[]) => truthFile([IMAGE], [{ ...ONE, keypoints: points, area: 1 }]);
    const found = (path: string, settings: Partial<FileSettings>) => {
      const metric = createKeypoints(
        taskOf(path, { sigmas: [0.001, 0.001], points: 'heatmaps', ...settings }),
        contextOf(1),
      );
      metric.add(batch(0, maps, [1, 2, 5, 5]));
      return metric;
    };
    const moved = found(truth(...at(2.25, 1.75), ...at(1, 4)), {});
    expect(moved.finish().evaluation.accuracies[0]!.value).toBeCloseTo(1, 12);
    expect(moved.state().found[0]!.score[0]).toBeCloseTo((0.8 + 0.6) / 2, 6);
    const still = found(truth(...at(2.5, 2.5), ...at(1.5, 4.5)), { quarterOffset: false, cellOffset: 0.5 });
    expect(still.finish().evaluation.accuracies[0]!.value).toBeCloseTo(1, 12);
    // One of two points: an OKS of 0.5, enough for the first of ten thresholds.
    const half = found(truth(...at(2, 2), ...at(1, 4)), {});
    expect(half.finish().evaluation.accuracies[0]!.value).toBeCloseTo(0.1, 12);
    maps[30] = NaN;
    expect(() => found(truth(...at(2, 2), ...at(1, 4)), {})).toThrow('got NaN (output, sample 0, keypoint 1)');
  });

  it('of SimCC are the largest bins of both axes', () => {
    const truth = truthFile([IMAGE], [{ ...ONE, keypoints: [50, 25, 2, 150, 75, 2], area: 1 }]);
    const x = Float32Array.of(0, 0.9, 0, 0, 0, 0, 0, 0.5);
    const y = Float32Array.of(0, 0.7, 0, 0, 0, 0, 0, 0.8);
    const metric = createKeypoints(taskOf(truth, { sigmas: [0.001, 0.001], points: 'simcc' }), contextOf(1));
    const outputs = [x, y].map((data, axis) => ({ name: String(axis), data, dims: [1, 2, 4] }));
    metric.add({ first: 0, count: 1, outputs, reference: null, origins: null });
    expect(metric.finish().evaluation.accuracies[0]!.value).toBeCloseTo(1, 12);
    expect(metric.state().found[0]!.score[0]).toBeCloseTo((0.7 + 0.5) / 2, 6);
  });

  it('need ground truth with keypoints, sigmas for other skeletons, and an output of the skeleton', () => {
    const open = (path: string, settings: Partial<FileSettings> = {}) =>
      createKeypoints(taskOf(path, settings), contextOf(1));
    const good = truthFile([IMAGE], [ONE]);
    expect(() => open(truthFile([IMAGE], [{ bbox: [0, 0, 1, 1] }]))).toThrow('person_keypoints_val2017.json');
    expect(() => open(good)).toThrow('Expected task.sigmas for the 2 keypoints');
    expect(() => open(good, { sigmas: [0.1] })).toThrow('got 1');
    expect(() => {
      open(good, both).add(batch(0, new Float32Array(12 * 90), [1, 12, 90]));
    }).toThrow('Expected 11 numbers for each box, 4 of the box, 1 of classes');
    const half = truthFile([IMAGE], [ONE, { ...ONE, keypoints: [1, 2, 2] }]);
    expect(() => open(half, both)).toThrow('annotations[1].keypoints');
  });
});

const NMS: FileSettings['nms'] = {
  ...{ iou: null, multiLabel: null, candidates: null, candidatesPerClass: null, candidatesPerLevel: null },
  maxDetections: null,
};

describe('what plan says', () => {
  const path = (annotations: readonly object[]) => truthFile([{ id: 1, file_name: 'a.jpg' }], annotations);
  const ONE = { keypoints: [10, 10, 2, 50, 60, 2], bbox: [10, 10, 40, 50], area: 2000, iscrowd: 0 };
  const inspect = (truth: string, dims: readonly (number | null)[], settings: Partial<FileSettings> = {}) =>
    keypointsTask.inspect!(taskOf(truth, { sigmas: [0.1, 0.1], ...settings }), {
      ...{ sampleCount: 1, names: ['a.jpg'], sampleShape: [3, 8, 8], outputs: [{ name: 'y', dims }] },
    });

  it('is what was read and what does not fit', () => {
    const truth = path([ONE, { ...ONE, iscrowd: 1 }]);
    expect(inspect(truth, [1, 11, 8400])).toEqual([
      `Ground truth: COCO keypoints ${truth}, 1 of 2 figures count (1 crowds) in 1 pictures, matched by name.`,
      '2 keypoints, sigmas of task.sigmas; class person.',
    ]);
    expect(() => inspect(truth, [1, 56, 8400])).toThrow('Expected an output of 11 numbers for each box');
    expect(() => inspect(path([{ ...ONE, iscrowd: 1 }]), [1, 11, 8400])).toThrow('Expected a figure with a labelled');
    expect(inspect(truth, [1, 2, 64, 48], { points: 'heatmaps' })).toContainEqual(
      'Up to 2 figures are in one picture, but heatmaps give one for each sample: the others are missed.',
    );
  });

  it('is that a shape is no such output', () => {
    const misfit = (settings: Partial<FileSettings>, ...shapes: readonly (readonly number[])[]) =>
      keypointsTask.misfit(
        taskOf('/t', settings),
        shapes.map((dims, index) => ({ name: String(index), dims })),
        { rows: null, groundTruth: null },
      );
    expect(misfit({}, [1, 56, 8400])).toBeNull();
    expect(misfit({ points: 'heatmaps' }, [1, 17, 64, 48])).toBeNull();
    expect(misfit({ points: 'simcc' }, [1, 17, 384], [1, 17, 512])).toBeNull();
    expect(misfit({}, [1, 17, 64, 48])?.advice).toContain('task.points');
    expect(misfit({ points: 'simcc' }, [1, 17, 384])?.advice).toContain('model.outputs');
    expect(misfit({ sigmas: COCO_SIGMAS }, [1, 20, 8400])?.expected).toContain('4 + classes + 3 K');
  });
});

describe('the divergence of keypoints', () => {
  it('of a pose model is by the likeness of points and scores, 0 where all agree', () => {
    const task = taskOf('/t', { sigmas: [0.1, 0.1] });
    const of = (...results: Omit<LiteralResult, 'image_id'>[]) => [
      { name: 'y', data: Float32Array.from(poseOutput(results, 2, 20)), dims: [1, 11, 20] },
    ];
    const base = { score: 0.5, points: [10, 10, 20, 20] };
    expect(keypointsTask.divergence(task, of(base), of(base))).toBe(0);
    const moved = { score: 0.25, points: [13, 14, 20, 20] };
    const likeness = (1 + Math.exp(-25 / (2 * 53 * 0.2 ** 2))) / 2;
    expect(keypointsTask.divergence(task, of(base), of(moved))).toBeCloseTo((0.5 * (1 - likeness) + 0.25) / 0.5, 6);
    expect(keypointsTask.divergence(task, of(base), of())).toBeGreaterThanOrEqual(1);
  });

  it('of heatmaps is the relative squared error', () => {
    const of = (...data: number[]) => [{ name: 'y', data: Float32Array.from(data), dims: [1, 1, 1, 2] }];
    expect(keypointsTask.divergence(taskOf('/t', { points: 'heatmaps' }), of(3, 4), of(3, 5))).toBeCloseTo(0.04, 12);
  });
});
