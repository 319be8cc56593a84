import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawResample, percentileInterval95 } from '../../../src/statistics/bootstrap.js';
import { detectionTask as definition } from '../../../src/tasks/detection/detection-task.js';
import { openTaskMetric } from '../../../src/tasks/task-metric.js';
import { literalFigures, type LiteralDetection, type LiteralInput } from './literal-coco.js';
import { randomScenes } from './random-scenes.js';
import {
  batchOf,
  contextOf,
  detectionTask,
  inFolder,
  rowsOf,
  score,
  scoreInParts,
  valuesOf,
  writeCoco,
} from './score-boxes.js';

const head = { kind: 'end2end', code: 'xywh' };
const raw = { head, confidence: 0, nms: { maxDetections: 100_000, candidates: 100_000 } };

/** Four boxes in two pictures of one class, by hand. */
const few: LiteralInput = {
  images: [1, 2],
  categories: [1],
  objects: [
    { image: 1, category: 1, bbox: [0, 0, 100, 100] },
    { image: 2, category: 1, bbox: [0, 0, 100, 100] },
    { image: 2, category: 1, bbox: [200, 0, 100, 100] },
  ],
  detections: [
    // IoU 1, then none, then 0.9 exactly.
    { image: 1, category: 1, bbox: [0, 0, 100, 100], score: 0.875 },
    { image: 1, category: 1, bbox: [300, 300, 10, 10], score: 0.75 },
    { image: 2, category: 1, bbox: [0, 0, 90, 100], score: 0.5 },
  ],
};

describe('task detection', () => {
  it('has the figures that follow by hand', async () => {
    await inFolder(async (folder) => {
      writeCoco(folder, few);
      const { accuracies, primaryMetric } = await score(detectionTask(folder, { ...raw, bootstrap: 0 }), [rowsOf(few)]);
      expect(primaryMetric).toBe('mAP');
      const values = valuesOf(accuracies);
      // Found 1 of 3 at precision 1, and 2 of 3 at 2/3. Points 0 .. 33 reach 1/3, 34 .. 66 2/3.
      const at50 = (34 * 1 + 33 * (2 / 3)) / 101;
      // At 0.95 the second is no match.
      const at95 = 34 / 101;
      expect(values['mAP50']).toBeCloseTo(at50, 12);
      expect(values['mAP75']).toBeCloseTo(at50, 12);
      expect(values['mAP']).toBeCloseTo((9 * at50 + at95) / 10, 12);
      expect(values['AR1']).toBeCloseTo((9 * (2 / 3) + 1 / 3) / 10, 12);
      expect(values['AR100']).toBeCloseTo((9 * (2 / 3) + 1 / 3) / 10, 12);
      // All objects are large: the others have no figure.
      expect(Object.keys(values)).not.toContain('mAPsmall');
      expect(values['mAPlarge']).toBeCloseTo(values['mAP']! + (9 * (34 + 33 - 34 - 33 * (2 / 3))) / 1010, 12);
    });
  });

  it('keeps the F1 of each picture', async () => {
    // Nothing to find in the third: a detection of 0.3 is wrong there, in the fourth there is none.
    const input = {
      ...few,
      images: [1, 2, 3, 4],
      detections: [
        ...few.detections,
        { image: 3, category: 1, bbox: [0, 0, 9, 9] as const, score: 0.3 },
        { image: 1, category: 1, bbox: [0, 0, 9, 9] as const, score: 0.2 },
      ],
    };
    await inFolder(async (folder) => {
      writeCoco(folder, input);
      const { accuracies, outcomes } = await score(detectionTask(folder, { ...raw, bootstrap: 0 }), [rowsOf(input)]);
      const kept = outcomes.find(({ metric }) => metric === 'pictureF1')!;
      const view = new DataView(kept.data.buffer, kept.data.byteOffset);
      const values = [0, 1, 2, 3].map((index) => view.getFloat64(index * 8, true));
      // One right and one wrong; one right and one missing; one wrong; nothing.
      expect(values).toEqual([2 / 3, 2 / 3, 0, NaN]);
      expect(valuesOf(accuracies)['pictureF1']).toBeCloseTo(4 / 9, 12);
    });
  });

  it('35 of 101 recall points lie below 7 of 20, as 35 * 0.01 is above 0.35', async () => {
    const images = [1];
    const objects = Array.from({ length: 20 }, (_, index) => ({
      image: 1,
      category: 1,
      bbox: [index * 200, 0, 100, 100] as const,
    }));
    const detections = objects
      .slice(0, 7)
      .map(({ bbox }, index) => ({ image: 1, category: 1, bbox, score: 0.9 - index / 64 }));
    await inFolder(async (folder) => {
      const input = { images, categories: [1], objects, detections };
      writeCoco(folder, input);
      const { accuracies } = await score(detectionTask(folder, { ...raw, bootstrap: 0 }), [rowsOf(input)]);
      expect(valuesOf(accuracies)['mAP50']).toBeCloseTo(35 / 101, 12);
    });
  });

  it('has no figure at all where nothing counts', async () => {
    const input = { ...few, objects: few.objects.map((each) => ({ ...each, iscrowd: 1 })) };
    await inFolder(async (folder) => {
      writeCoco(folder, input);
      const { accuracies } = await score(detectionTask(folder, raw), [rowsOf(input)]);
      expect(accuracies).toEqual([]);
    });
  });

  it('is the same however samples are split', async () => {
    const input = randomScenes(77, { pictures: 12, categories: 3, objects: 6, detections: 9 });
    await inFolder(async (folder) => {
      writeCoco(folder, input);
      const task = detectionTask(folder, { ...raw, bootstrap: 20 });
      const whole = await score(task, [rowsOf(input)]);
      expect(await scoreInParts(task, [rowsOf(input)], [0, 4, 5])).toEqual(whole);
      expect(await scoreInParts(task, [rowsOf(input)], [0, 6])).toEqual(whole);
    });
  });

  it('resamples pictures: one that is drawn twice is a further picture', async () => {
    const input = randomScenes(5, { pictures: 9, categories: 2, objects: 4, detections: 7 });
    const replicates = 12;
    await inFolder(async (folder) => {
      writeCoco(folder, input);
      const { accuracies, outcomes } = await score(detectionTask(folder, { ...raw, bootstrap: replicates }), [
        rowsOf(input),
      ]);
      // Drawn by index; ids of copies follow those of their picture.
      const literal = Array.from({ length: replicates }, (_, replicate) => {
        const weight = new Uint16Array(input.images.length);
        drawResample(replicate, weight);
        const copies = input.images.flatMap((id, index) =>
          Array.from({ length: weight[index]! }, (__, copy) => ({ id, image: id * 100 + copy })),
        );
        const copied = <T extends { readonly image: number }>(all: readonly T[]): readonly T[] =>
          copies.flatMap(({ id, image }) =>
            all.filter((each) => each.image === id).map((each) => ({ ...each, image })),
          );
        return literalFigures({
          images: copies.map(({ image }) => image),
          categories: input.categories,
          objects: copied(input.objects),
          detections: copied(input.detections),
        })['mAP'];
      });
      const outcome = outcomes.find(({ kind }) => kind === 'bootstrap');
      expect(outcome).toMatchObject({ metric: 'mAP', kind: 'bootstrap', count: replicates });
      const view = new DataView(outcome!.data.buffer, outcome!.data.byteOffset);
      for (const [index, value] of literal.entries())
        expect(view.getFloat64(index * 8, true)).toBeCloseTo(value ?? 0, 12);
      const record = accuracies.find(({ metric }) => metric === 'mAP')!;
      const [low, high] = percentileInterval95(Float64Array.from(literal, (value) => value ?? 0));
      expect(record.ciLow).toBeCloseTo(low, 12);
      expect(record.ciHigh).toBeCloseTo(high, 12);
    });
  });

  it('brings boxes back by where the data says that pictures lie, or as settings declare', async () => {
    const picture = [0, 0, 640, 480];
    const input: LiteralInput = {
      ...{ images: [1], categories: [1], objects: [{ image: 1, category: 1, bbox: [100, 60, 200, 120] }] },
      detections: [{ image: 1, category: 1, bbox: [50, 30 + 40, 100, 60], score: 0.5 }],
    };
    expect(picture).toHaveLength(4);
    await inFolder(async (folder) => {
      writeCoco(folder, input);
      // 480 rows of 640 columns in 320x320: scale 0.5, 240 rows, 40 above.
      const declared = detectionTask(folder, { ...raw, input: [320, 320], bootstrap: 0 });
      expect(valuesOf((await score(declared, [rowsOf(input)])).accuracies)['mAP']).toBeCloseTo(1, 12);
      const metric = await openTaskMetric(detectionTask(folder, { ...raw, bootstrap: 0 }), contextOf(1));
      const placement = { scaleX: 0.5, scaleY: 0.5, left: 0, top: 40 };
      await metric.add({
        ...batchOf([rowsOf(input)], 0, 1),
        origins: [{ name: '1.jpg', size: [480, 640], placement }],
      });
      expect(valuesOf((await metric.finish()).evaluation.accuracies)['mAP']).toBeCloseTo(1, 12);
      const without = detectionTask(folder, { ...raw, bootstrap: 0 });
      expect(valuesOf((await score(without, [rowsOf(input)])).accuracies)['mAP']).toBe(0);
    });
  });

  it('drops what is not finite, and says how much', async () => {
    const output = rowsOf(few);
    output.data[4] = Number.NaN;
    output.data[6] = Number.POSITIVE_INFINITY;
    await inFolder(async (folder) => {
      writeCoco(folder, few);
      const values = valuesOf((await score(detectionTask(folder, { ...raw, bootstrap: 0 }), [output])).accuracies);
      const left: readonly LiteralDetection[] = few.detections.slice(2);
      const literal = literalFigures({ ...few, detections: left });
      expect(values['nonFinite']).toBe(2);
      expect(values['mAP']).toBeCloseTo(literal['mAP']!, 12);
    });
  });

  it('maps classes by rising id, by a list, or by the id itself', async () => {
    const input: LiteralInput = {
      ...{ images: [1], categories: [3, 7], objects: [] },
      detections: [],
    };
    const objects = [{ image: 1, category: 7, bbox: [0, 0, 50, 50] as const }];
    await inFolder(async (folder) => {
      writeCoco(folder, { ...input, objects });
      const of = async (label: number, settings: object): Promise<number | undefined> => {
        const data = Float32Array.of(0, 0, 50, 50, 0.5, label);
        const task = detectionTask(folder, { ...raw, bootstrap: 0, ...settings });
        return valuesOf((await score(task, [{ name: 'o', data, dims: [1, 1, 6] }])).accuracies)['mAP'];
      };
      expect(await of(1, {})).toBeCloseTo(1, 12);
      expect(await of(0, {})).toBe(0);
      expect(await of(0, { classes: ['c7', 3] })).toBeCloseTo(1, 12);
      expect(await of(2, { classes: [null, 'c3', 7] })).toBeCloseTo(1, 12);
      expect(await of(7, { classIndex: 'id' })).toBeCloseTo(1, 12);
      expect(await of(2, { firstLabel: 1 })).toBeCloseTo(1, 12);
      await expect(of(7, {})).rejects.toThrow(/Expected labels up to 1.*got 7.*classIndex: id/s);
      await expect(of(0, { classes: ['cat'] })).rejects.toThrow(/"cat"; it has c3 \(3\), c7 \(7\)/);
    });
  });

  it('reads YOLO text files, whose boxes are fractions of the picture', async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, 'labels'));
      writeFileSync(join(folder, 'labels', 'a.txt'), '1 0.5 0.5 0.5 0.5\n1 0.5 0.5 0.5 0.5\n');
      // A polygon, whose box is 0.25 .. 0.5 by 0 .. 0.5.
      writeFileSync(join(folder, 'labels', 'b.txt'), '0 0.25 0 0.5 0.25 0.3 0.5\n');
      const names = ['x/a.jpg', 'x/b.png', 'x/empty.png'];
      const settings = { ...raw, truth: 'labels', bootstrap: 0 };
      const task = detectionTask(folder, settings);
      const rows = [100, 25, 200, 50, 0.5, 1, 100, 0, 100, 50, 0.5, 0, 0, 0, 0, 0, 0, 0];
      const metric = await openTaskMetric(task, contextOf(3, { names }));
      const origins = names.map((name) => ({ name, size: [100, 400] as const, placement: null }));
      await metric.add({ ...batchOf([{ name: 'o', data: Float32Array.from(rows), dims: [3, 1, 6] }], 0, 3), origins });
      expect(valuesOf((await metric.finish()).evaluation.accuracies)['mAP']).toBeCloseTo(1, 12);
      const surroundings = { sampleCount: 3, names, outputs: [], sampleShape: [3, 8, 8] };
      const notes = await definition.inspect!(task, surroundings);
      expect(notes.join('\n')).toContain('YOLO text files');
      expect(notes.join('\n')).toContain('1 rows stand twice');
      const unsized = await openTaskMetric(task, contextOf(3, { names }));
      expect(() => unsized.add(batchOf([{ name: 'o', data: Float32Array.from(rows), dims: [3, 1, 6] }], 0, 3))).toThrow(
        /size of picture 0/,
      );
    });
  });
});

describe('what plan says of detection', () => {
  it('names the truth, the mapping and what looks wrong', async () => {
    await inFolder(async (folder) => {
      const corners = Array.from({ length: 8 }, (_, index) => ({
        image: 1,
        category: 1,
        bbox: [300 + index, 200, 500, 400] as const,
      }));
      writeCoco(folder, { images: [1, 2], categories: [1, 5], objects: corners, detections: [] });
      const task = detectionTask(folder, { head: { kind: 'yolov8' } });
      const outputs = [{ name: 'output0', dims: [1, 6, 8400] }];
      const notes = await definition.inspect!(task, {
        sampleCount: 1,
        names: ['1.jpg'],
        outputs,
        sampleShape: [3, 640, 640],
      });
      expect(notes[0]).toContain('8 objects (0 crowds) in 1 picture, matched by name; 1 further one is not evaluated');
      expect(notes[1]).toContain('0 c1, 1 c5');
      expect(notes[2]).toContain('look like two corners');
      const wrong = {
        sampleCount: 1,
        names: null,
        sampleShape: [3, 640, 640],
        outputs: [{ name: 'output0', dims: [1, 84, 8400] }],
      };
      expect(() => definition.inspect!(task, wrong)).toThrow(/Expected an output of 2 classes, by .*, got one of 80/);
      const missing = { sampleCount: 1, names: ['9.jpg'], outputs: [], sampleShape: [] };
      expect(() => definition.inspect!(task, missing)).toThrow(
        /Expected a picture for each of 1 samples, got none for 1 of them, such as 9.jpg.*It has 2, with names such as 1.jpg/,
      );
    });
  });
});

describe('divergence of detection', () => {
  const task = detectionTask('/', { head: { kind: 'yolov8' } });
  const dense = (...columns: readonly (readonly number[])[]) => {
    const data = Float32Array.from(
      Array.from({ length: 5 }, (_, channel) => columns.map((column) => column[channel]!)).flat(),
    );
    return [{ name: 'o', data, dims: [1, 5, columns.length] }];
  };

  /** More boxes than channels, as a head has. */
  const rest = Array.from({ length: 4 }, () => [5, 5, 1, 1, 0]);

  it('is 0 for equal outputs, and weighs boxes by FP32 scores', () => {
    const reference = dense([50, 50, 20, 20, 0.5], [200, 200, 40, 40, 0.25], [9, 9, 9, 9, 0], ...rest);
    expect(definition.divergence(task, reference, reference)).toBe(0);
    // Half of the first box is covered by the other: IoU 1/3; the second score is halved.
    const moved = dense([60, 50, 20, 20, 0.5], [200, 200, 40, 40, 0.125], [90, 9, 9, 9, 0], ...rest);
    expect(definition.divergence(task, reference, moved)).toBeCloseTo((0.5 * (2 / 3) + 0.125) / 0.75, 6);
    const broken = dense([NaN, 50, 20, 20, 0.5], [200, 200, 40, 40, NaN], [9, 9, 9, 9, 0], ...rest);
    expect(definition.divergence(task, reference, broken)).toBeCloseTo((0.5 + 0.25) / 0.75, 6);
  });

  it('matches rows of a graph that ends in suppression', () => {
    const own = detectionTask('/', { head: { kind: 'end2end' } });
    const rows = (...all: readonly (readonly number[])[]) => [
      { name: 'o', data: Float32Array.from(all.flat()), dims: [1, all.length, 6] },
    ];
    const [a, b, c] = [
      [0, 0, 10, 10, 0.75, 0],
      [50, 50, 60, 60, 0.5, 1],
      [80, 80, 90, 90, 0.25, 1],
    ];
    expect(definition.divergence(own, rows(a, b), rows(b, a))).toBe(0);
    // b is missing, c is too many.
    expect(definition.divergence(own, rows(a, b), rows(a, c))).toBeCloseTo((2 * 0.5 + 0.25) / 1.25, 9);
  });
});
