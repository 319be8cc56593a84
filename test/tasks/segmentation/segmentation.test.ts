import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SampleOrigin } from '../../../src/formats/sample-origin.js';
import { createPrng } from '../../../src/statistics/prng.js';
import type { MetricContext, SampleBatch } from '../../../src/tasks/metric.js';
import { createSegmentation, finishSegmentation } from '../../../src/tasks/segmentation/segmentation.js';
import { locateSegmentation, segmentationSettings } from '../../../src/tasks/segmentation/segmentation-settings.js';
import type { SegmentationTask } from '../../../src/tasks/segmentation/segmentation-settings.js';
import { mergeSegmentationStates } from '../../../src/tasks/segmentation/segmentation-state.js';
import { segmentationTask } from '../../../src/tasks/segmentation/segmentation-task.js';
import { z } from 'zod';
import { pngBytes } from '../../formats/png/png-bytes.js';
import { npyArray, temporaryFolder } from '../../formats/write-files.js';

interface Mask {
  readonly height: number;
  readonly width: number;
  readonly data: readonly number[];
}

/** A folder of masks `0.png`, `1.png`, .. with a palette, and what the samples are called. */
function writeMasks(masks: readonly Mask[]): { truth: string; names: readonly string[] } {
  const write = temporaryFolder();
  const paths = masks.map((mask, index) =>
    write(`masks/${index}.png`, pngBytes({ ...mask, bitDepth: 8, colourType: 3 })),
  );
  return { truth: dirname(paths[0]!), names: masks.map((_, index) => `${index}.jpg`) };
}

function taskOf(settings: Partial<SegmentationTask> & { readonly truth: string }): SegmentationTask {
  return locateSegmentation(z.object(segmentationSettings).parse({ bootstrap: 1, ...settings }), '/');
}

function contextOf(names: readonly string[] | null, sampleCount: number): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, names };
}

function batch(first: number, count: number, data: ArrayLike<number>, dims: readonly number[]): SampleBatch {
  const outputs = [{ name: 'output', data: Float32Array.from(data), dims }];
  return { first, count, outputs, reference: null, origins: null };
}

/** Value of each metric and slice. */
function valuesOf(task: SegmentationTask, masks: number, names: readonly string[] | null, ...batches: SampleBatch[]) {
  const metric = createSegmentation(task, contextOf(names, masks));
  for (const each of batches) metric.add(each);
  const { accuracies } = metric.finish().evaluation;
  return Object.fromEntries(accuracies.map(({ metric: name, slice, value }) => [`${name} ${slice}`.trim(), value]));
}

/** As torch's `interpolate(mode='bilinear', align_corners=False)`, pixel by pixel. */
function bilinear(plane: (y: number, x: number) => number, from: readonly number[], to: readonly number[]) {
  const along = (place: number, length: number, size: number): readonly [number, number, number] => {
    const at = Math.max(0, ((place + 0.5) * length) / size - 0.5);
    const low = Math.floor(at);
    return [low, low < length - 1 ? low + 1 : low, at - low];
  };
  return (y: number, x: number): number => {
    const [top, bottom, down] = along(y, from[0]!, to[0]!);
    const [left, right, across] = along(x, from[1]!, to[1]!);
    return (
      (1 - down) * ((1 - across) * plane(top, left) + across * plane(top, right)) +
      down * ((1 - across) * plane(bottom, left) + across * plane(bottom, right))
    );
  };
}

/** The confusion matrix of all pictures as nested loops make it, then mmsegmentation's figures. */
function literally(
  masks: readonly Mask[],
  classes: number,
  classAt: (picture: number, y: number, x: number) => number,
) {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [picture, { height, width, data }] of masks.entries()) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const truth = data[y * width + x]!;
        if (truth !== 255) confusion[truth]![classAt(picture, y, x)]! += 1;
      }
    }
  }
  const ious: number[] = [];
  const recalls: number[] = [];
  let right = 0;
  let all = 0;
  for (let own = 0; own < classes; own += 1) {
    const truth = confusion[own]!.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[own]!, 0);
    const hit = confusion[own]![own]!;
    if (truth + predicted > 0) ious.push(hit / (truth + predicted - hit));
    if (truth > 0) recalls.push(hit / truth);
    right += hit;
    all += truth;
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mIoU: mean(ious), pixelAccuracy: right / all, meanAccuracy: mean(recalls) };
}

describe('segmentation', () => {
  it('counts by hand', () => {
    // Class 1 has 3 pixels, 2 of them found, and 1 more is predicted: 2 / 4. Of class 0 2 of 3 are
    // found, none more: 2 / 3.
    // Class 2 is predicted once and has no pixel: its union is not empty, 0. Class 3 has nothing.
    const masks = [{ height: 2, width: 4, data: [0, 0, 0, 1, 1, 1, 255, 255] }];
    const { truth, names } = writeMasks(masks);
    const labels = [0, 0, 1, 1, 1, 2, 3, 0];
    const values = valuesOf(taskOf({ truth, classes: 4 }), 1, names, batch(0, 1, labels, [1, 2, 4]));
    expect(values).toEqual({
      ...{ mIoU: (2 / 3 + 2 / 4 + 0) / 3, pixelAccuracy: 4 / 6, meanAccuracy: (2 / 3 + 2 / 3) / 2 },
      ...{ 'iou 0': 2 / 3, 'iou 1': 2 / 4, 'iou 2': 0 },
    });
  });

  it('of logits agrees with nested loops, whatever the sizes of masks', () => {
    const random = createPrng(3);
    const [classes, height, width] = [4, 5, 7];
    const sizes = [
      [11, 9],
      [5, 7],
      [3, 20],
      [10, 14],
    ] as const;
    const masks = sizes.map(([rows, columns]) => ({
      ...{ height: rows, width: columns },
      data: Array.from({ length: rows * columns }, () => [0, 1, 3, 255][random.nextBelow(4)]!),
    }));
    const size = classes * height * width;
    const logits = Float32Array.from({ length: 4 * size }, () => random.nextBelow(1000) / 100);
    const { truth, names } = writeMasks(masks);
    const values = valuesOf(taskOf({ truth }), 4, names, batch(0, 4, logits, [4, classes, height, width]));
    const classAt = (picture: number, y: number, x: number): number => {
      const to = [masks[picture]!.height, masks[picture]!.width];
      const all = Array.from({ length: classes }, (_, channel) =>
        bilinear(
          (row, column) => logits[picture * size + channel * height * width + row * width + column]!,
          [height, width],
          to,
        )(y, x),
      );
      return all.indexOf(Math.max(...all));
    };
    const expected = literally(masks, classes, classAt);
    expect(values).toMatchObject(expected);
    expect(expected.mIoU).toBeGreaterThan(0.1);

    // The same logits, channels last.
    const last = Float32Array.from(logits, (_, place) => {
      const [picture, rest] = [Math.floor(place / size), place % size];
      const [cell, channel] = [Math.floor(rest / classes), rest % classes];
      return logits[picture * size + channel * height * width + cell]!;
    });
    const task = taskOf({ truth, output: 'logitsChannelsLast' });
    expect(valuesOf(task, 4, names, batch(0, 4, last, [4, height, width, classes]))).toEqual(values);
  });

  it('is the same, bit for bit, however the pictures are split over processes and in whatever order', () => {
    const random = createPrng(5);
    const masks = Array.from({ length: 9 }, () => ({
      ...{ height: 3, width: 4, data: Array.from({ length: 12 }, () => random.nextBelow(3)) },
    }));
    const { truth, names } = writeMasks(masks);
    const task = taskOf({ truth, bootstrap: 20 });
    const logits = Float32Array.from({ length: 9 * 36 }, () => random.nextBelow(100));
    const whole = createSegmentation(task, contextOf(names, 9));
    whole.add(batch(0, 9, logits, [9, 3, 3, 4]));
    const children = [0, 1].map(() => createSegmentation(task, contextOf(names, 9)));
    for (const first of [6, 0, 3]) {
      children[first % 2]!.add(batch(first, 3, logits.subarray(first * 36, (first + 3) * 36), [3, 3, 3, 4]));
    }
    const merged = mergeSegmentationStates(children.map((child) => structuredClone(child.state())));
    expect(finishSegmentation(task, contextOf(names, 9), merged)).toEqual(whole.finish());
    expect(() => mergeSegmentationStates([whole.state(), merged])).toThrow('sample 0 a second time');
  });

  it('resamples pictures and sums their counts anew; accuracy is kept of each picture', () => {
    const masks = [
      { height: 1, width: 2, data: [0, 1] },
      { height: 1, width: 2, data: [1, 1] },
      { height: 1, width: 2, data: [255, 255] },
    ];
    const { truth, names } = writeMasks(masks);
    const metric = createSegmentation(taskOf({ truth, classes: 2, bootstrap: 200 }), contextOf(names, 3));
    metric.add(batch(0, 3, [0, 1, 0, 1, 0, 0], [3, 1, 2]));
    const { outcomes, accuracies } = metric.finish().evaluation;
    expect(outcomes.map(({ metric: name, kind, count }) => [name, kind, count])).toEqual([
      ['mIoU', 'bootstrap', 200],
      ['pixelAccuracy', 'values', 3],
    ]);
    const [replicates, pictures] = outcomes.map(({ data }) => [...new Float64Array(data.slice().buffer)]);
    expect(pictures).toEqual([1, 0.5, NaN]);
    // Picture 0 a times, picture 1 b times: class 0 has a / (a + b), class 1 (a + b) / (a + 2b).
    const possible = new Set<number>();
    for (let a = 0; a <= 3; a += 1) {
      for (let b = 0; a + b <= 3; b += 1) if (a + b > 0) possible.add((a / (a + b) + (a + b) / (a + 2 * b)) / 2);
    }
    possible.add(accuracies[0]!.value);
    for (const value of replicates!) expect([...possible].some((one) => Math.abs(one - value) < 1e-12)).toBe(true);
    expect(new Set(replicates).size).toBeGreaterThan(4);
    expect(accuracies[0]).toMatchObject({ value: (1 / 2 + 2 / 3) / 2, ciMethod: 'bootstrap' });
  });

  it('reads numbers of masks by relabel, ignore and reduceZeroLabel', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 1, 2, 255] }]);
    const values = (settings: Partial<SegmentationTask>, labels: readonly number[]) =>
      valuesOf(taskOf({ truth, ...settings }), 1, names, batch(0, 1, labels, [1, 1, 4]))['pixelAccuracy'];
    expect(values({ classes: 2, reduceZeroLabel: true }, [1, 0, 1, 0])).toBe(1);
    expect(values({ classes: 3, relabel: { 255: 1 } }, [0, 1, 2, 1])).toBe(1);
    expect(values({ classes: 2, ignore: [255, 2], relabel: { 1: 0, 0: 1 } }, [1, 0, 0, 0])).toBe(1);
    expect(values({ classes: 2, ignore: [2], relabel: { 255: 0 } }, [0, 1, 1, 1])).toBe(2 / 3);
    expect(() => values({ classes: 2, ignore: [] }, [0, 1, 0, 0])).toThrow(
      `Expected numbers 0 to 1 in the mask, got 2, 255 in 2 of 4 pixels (${truth}/0.png)`,
    );
    expect(() => values({ classes: 2 }, [0, 1, 0, 0])).toThrow('set task.reduceZeroLabel');
  });

  it('takes labels to the mask, or the mask to the output, by the nearest', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 5, data: [0, 1, 2, 3, 4] }]);
    const labels = [0, 2, 4];
    const accuracy = (settings: Partial<SegmentationTask>) =>
      valuesOf(taskOf({ truth, classes: 5, ...settings }), 1, names, batch(0, 1, labels, [1, 1, 3]))['pixelAccuracy'];
    // Cells 0 0 1 1 2 by floor(i * 3 / 5), 0 0 1 2 2 by the centre.
    expect(accuracy({})).toBe(3 / 5);
    expect(accuracy({ nearest: 'center' })).toBe(3 / 5);
    // Pixels 0 1 3 by floor(i * 5 / 3), 0 2 4 by the centre.
    expect(accuracy({ resize: 'truth' })).toBe(1 / 3);
    expect(accuracy({ resize: 'truth', nearest: 'center' })).toBe(1);
  });

  it('in a letterbox compares what shows the picture, at the size of the picture', () => {
    // A picture of 8 x 16 is halved into rows 2 to 5 of a sample of 8 x 8. Logits are at half of
    // its size, so rows 1 and 2 of them show the picture.
    const random = createPrng(8);
    const mask = { height: 8, width: 16, data: Array.from({ length: 128 }, () => random.nextBelow(3)) };
    const { truth, names } = writeMasks([mask]);
    const logits = Float32Array.from({ length: 3 * 16 }, () => random.nextBelow(100));
    const placement = { scaleX: 0.5, scaleY: 0.5, left: 0, top: 2 };
    const origin: SampleOrigin = { name: '0.jpg', size: [8, 16], placement };
    const metric = createSegmentation(taskOf({ truth }), { ...contextOf(names, 1), sampleShape: [3, 8, 8] });
    metric.add({ ...batch(0, 1, logits, [1, 3, 4, 4]), origins: [origin] });
    const classAt = (_: number, y: number, x: number): number => {
      const all = [0, 1, 2].map((channel) =>
        bilinear((row, column) => logits[channel * 16 + (row + 1) * 4 + column]!, [2, 4], [8, 16])(y, x),
      );
      return all.indexOf(Math.max(...all));
    };
    const { mIoU, pixelAccuracy } = literally([mask], 3, classAt);
    const { accuracies } = metric.finish().evaluation;
    expect(accuracies[0]!.value).toBeCloseTo(mIoU, 12);
    expect(accuracies[1]!.value).toBeCloseTo(pixelAccuracy, 12);
  });

  it('leaves out what a crop has cut away', () => {
    // Columns 1 and 2 of four are the sample.
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [1, 0, 1, 0] }]);
    const origin: SampleOrigin = {
      ...{ name: '0.jpg', size: [1, 4], placement: { scaleX: 1, scaleY: 1, left: -1, top: 0 } },
    };
    for (const resize of ['labels', 'truth'] as const) {
      const task = taskOf({ truth, classes: 2, output: 'labels', resize });
      const metric = createSegmentation(task, { ...contextOf(names, 1), sampleShape: [3, 1, 2] });
      metric.add({ ...batch(0, 1, [0, 1], [1, 1, 2]), origins: [origin] });
      expect([...metric.state().counts]).toEqual([0, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
    }
    const metric = createSegmentation(taskOf({ truth }), { ...contextOf(names, 1), sampleShape: [3, 1, 2] });
    metric.add({ ...batch(0, 1, [1, 0, 0, 1], [1, 2, 1, 2]), origins: [origin] });
    expect([...metric.state().counts]).toEqual([0, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
  });

  it('refuses masks of another size than their picture', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [1, 0, 1, 0] }]);
    const metric = createSegmentation(taskOf({ truth, classes: 2 }), contextOf(names, 1));
    const origins = [{ name: '0.jpg', size: [4, 1], placement: null }] as const;
    expect(() => {
      metric.add({ ...batch(0, 1, [0, 1], [1, 1, 2]), origins });
    }).toThrow('Expected a mask of 4 x 1 pixels (height x width), as its picture 0.jpg has, got 1 x 4');
  });

  it('takes one channel as the probability of class 1, strictly above the threshold', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 1, 1, 0] }]);
    const iou = (settings: Partial<SegmentationTask>, values: readonly number[]) =>
      valuesOf(taskOf({ truth, ...settings }), 1, names, batch(0, 1, values, [1, 1, 1, 4]))['iou 1'];
    expect(iou({}, [0.5, 0.51, 1.002, 0])).toBe(1);
    expect(iou({ threshold: 0.6 }, [0.5, 0.51, 1, 0])).toBe(0.5);
    expect(iou({ output: 'foregroundLogit' }, [-3, 0.1, 9, 0])).toBe(1);
    expect(iou({ classes: 3 }, [0, 1, 2, 0])).toBe(0.5);
    expect(() => iou({}, [0, 9, 2, 0])).toThrow('set task.output: foregroundLogit');
  });

  it('takes the lower class of equal logits', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 2, data: [0, 1] }]);
    const values = valuesOf(taskOf({ truth }), 1, names, batch(0, 1, [1, 1, 1, 1, 1, 1], [1, 3, 1, 2]));
    expect(values).toMatchObject({ 'iou 0': 0.5, 'iou 1': 0, pixelAccuracy: 0.5 });
    expect(values['iou 2']).toBeUndefined();
  });

  it('takes masks of an array in order, and names of classes', () => {
    const masks = npyArray('<i8', [2, 1, 2], BigInt64Array.of(0n, 1n, -100n, 1n));
    const truth = temporaryFolder()('masks.npy', masks);
    const task = taskOf({ truth, classes: ['road', 'car'], ignore: [-100] });
    const values = valuesOf(task, 2, null, batch(0, 2, [0, 1, 1, 1], [2, 1, 2]));
    expect(values).toMatchObject({ mIoU: 1, 'iou road': 1, 'iou car': 1 });
    const withChannel = temporaryFolder()('m.npy', npyArray('|u1', [2, 1, 1, 2], Uint8Array.of(0, 1, 255, 1)));
    const same = taskOf({ truth: withChannel, classes: 2 });
    expect(valuesOf(same, 2, null, batch(0, 2, [0, 1, 1, 1], [2, 1, 2]))).toMatchObject({ mIoU: 1 });
    expect(() => createSegmentation(task, contextOf(null, 3))).toThrow('Expected masks of shape [3, H, W]');
    expect(() => createSegmentation(task, contextOf(['a', 'b', 'c'], 1))).toThrow('Expected masks of shape [3, H, W]');
  });

  it('fails on what is not finite, and on labels that are no classes, by the sample', () => {
    const { truth, names } = writeMasks([
      { height: 1, width: 1, data: [0] },
      { height: 1, width: 1, data: [0] },
    ]);
    const add = (settings: Partial<SegmentationTask>, data: readonly number[], dims: readonly number[]) => {
      createSegmentation(taskOf({ truth, ...settings }), contextOf(names, 2)).add(batch(0, 2, data, dims));
    };
    expect(() => {
      add({}, [0, 0, 0, 0, NaN, 0], [2, 3, 1, 1]);
    }).toThrow('got NaN (output, sample 1, class 1)');
    expect(() => {
      add({ classes: 3 }, [0, 3], [2, 1, 1]);
    }).toThrow('Expected class numbers 0 to 2 in the output of sample 1, got 3');
  });

  it('fails where no pixel counts', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 1, data: [255] }]);
    const task = taskOf({ truth, classes: 2 });
    expect(() => valuesOf(task, 1, names, batch(0, 1, [0], [1, 1, 1]))).toThrow('Expected a pixel of a mask');
  });
});

describe('the shape of the output', () => {
  const misfit = (settings: Partial<SegmentationTask>, dims: readonly (number | null)[]) =>
    segmentationTask.misfit(taskOf({ truth: '/t', ...settings }), [{ name: 'y', dims }], {
      rows: null,
      groundTruth: null,
    });

  it.each([
    [{}, [1, 21, 64, 64]],
    [{ classes: 21 }, [null, 21, null, null]],
    [{}, [1, 1, 64, 64]],
    [{ classes: 21 }, [1, 64, 64]],
    [{ classes: 21 }, [1, 1, 64, 64]],
    [{ output: 'logitsChannelsLast', classes: 3 }, [1, 64, 64, 3]],
    [{ output: 'labels', classes: 3 }, [1, 64, 64, 1]],
    [{}, [null, null, null, null]],
  ] as const)('fits %j: %j', (settings, dims) => {
    expect(misfit(settings, dims)).toBeNull();
  });

  it.each([
    [{}, [1, 64, 64], 'task.classes'],
    [{ classes: 3 }, [1, 64, 64, 3], 'logitsChannelsLast'],
    [{ classes: 20 }, [1, 21, 64, 64], 'background'],
    [{ output: 'logits' }, [1, 1, 64, 64], 'foreground'],
    [{}, [1, 1000], 'classification'],
    [{ classes: 2, resize: 'logits' }, [1, 64, 64], 'task.resize'],
    [{ output: 'foreground' }, [1, 3, 64, 64], 'task.output'],
  ] as const)('does not fit %j: %j, and the advice names %s', (settings, dims, advice) => {
    expect(misfit(settings, dims)?.advice).toContain(advice);
  });
});

describe('what plan says of masks', () => {
  const inspect = (truth: string, names: readonly string[], settings: Partial<SegmentationTask> = {}) =>
    segmentationTask.inspect!(taskOf({ truth, ...settings }), {
      ...{ sampleCount: names.length, names, sampleShape: [3, 2, 2] },
      outputs: [{ name: 'y', dims: [null, 2, 2, 2] }],
    }) as readonly string[];

  it('is how they were found and what is in them', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 0, 1, 255] }]);
    expect(inspect(truth, names, { classes: ['road', 'car'] })).toEqual([
      `1 mask found in ${truth} by name, 0.png for 0.jpg`,
      'Numbers in them: 0 (50.0 %, road), 1 (25.0 %, car), 255 (25.0 %, left out)',
    ]);
  });

  it('is that 0 and 255 leave no foreground', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 0, 255, 255] }]);
    expect(() => inspect(truth, names)).toThrow('relabel: { 255: 1 }');
    expect(inspect(truth, names, { relabel: { 255: 1 } })[1]).toContain('255 (50.0 %, class 1)');
  });

  it('is not that, where there are more classes or they are counted from 1', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 0, 255, 255] }]);
    const outputs = [{ name: 'y', dims: [null, 3, 2, 2] }];
    const seen = { sampleCount: 1, names, sampleShape: [3, 2, 2], outputs };
    expect(segmentationTask.inspect!(taskOf({ truth }), seen)).toHaveLength(2);
    expect(inspect(truth, names, { reduceZeroLabel: true })).toHaveLength(2);
  });

  it('is that a number is no class', () => {
    const { truth, names } = writeMasks([{ height: 1, width: 4, data: [0, 0, 1, 7] }]);
    expect(() => inspect(truth, names)).toThrow('got 7 in 1 of 4 pixels');
  });
});

describe('the divergence of class maps', () => {
  const task = taskOf({ truth: '/t' });
  const divergence = (reference: readonly number[], own: readonly number[], dims: readonly number[], given = task) =>
    segmentationTask.divergence(
      given,
      [{ name: 'y', data: Float32Array.from(reference), dims }],
      [{ name: 'y', data: Float32Array.from(own), dims }],
    );

  it('of logits is the mean KL divergence of pixels', () => {
    // Probabilities 1/2, 1/2 against 1/4, 3/4 in the first pixel, no difference in the second.
    const found = divergence([0, 5, 0, 1], [0, 5, Math.log(3), 1], [1, 2, 1, 2]);
    const expected = (0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75)) / 2;
    expect(found).toBeCloseTo(expected, 6);
    const last = divergence(
      [0, 0, 5, 1],
      [0, Math.log(3), 5, 1],
      [1, 1, 2, 2],
      taskOf({
        ...{ truth: '/t', output: 'logitsChannelsLast' },
      }),
    );
    expect(last).toBeCloseTo(expected, 6);
  });

  it('of a foreground is that of its probability, of labels the share that differ', () => {
    const bernoulli = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
    expect(divergence([0.5], [0.25], [1, 1, 1, 1])).toBeCloseTo(bernoulli, 6);
    const logit = taskOf({ truth: '/t', output: 'foregroundLogit' });
    expect(divergence([0], [-Math.log(3)], [1, 1, 1, 1], logit)).toBeCloseTo(bernoulli, 6);
    const labels = taskOf({ truth: '/t', classes: 5 });
    expect(divergence([0, 1, 2, 3], [0, 1, 2, 4], [1, 2, 2], labels)).toBe(0.25);
  });
});
