import { describe, expect, it } from 'vitest';
import type { DataFacts, TruthFacts } from '../../src/guess/data-facts.js';
import { recogniseTask } from '../../src/guess/tasks/recognise-task.js';
import type { Seen, SeenOutput } from '../../src/guess/tasks/task-guess.js';

const output = (name: string, dims: readonly number[], maker = '', isInteger = false): SeenOutput => ({
  ...{ name, dims, maker, isInteger },
});

const set: DataFacts['evaluation'] = {
  ...{ format: 'imageFolder', path: '/val', count: 10, fields: {}, paths: [] },
  ...{ shape: null, isBytes: true, hasLabels: false, classes: null },
};

const withTruth = (...truths: readonly TruthFacts[]): DataFacts => ({
  ...{ calibration: set, evaluation: set, isOneSet: true, truths, notes: [] },
});

const coco = (classes: readonly string[]): TruthFacts => ({
  kind: 'coco',
  path: '/x.json',
  matched: 10,
  classes,
  points: 0,
});

function seen(
  outputs: readonly SeenOutput[],
  own: Partial<Omit<Seen, 'outputs' | 'facts'>> & { metadata?: object } = {},
): Seen {
  const { metadata = {}, main, data = null } = own;
  return {
    ...{ outputs, data, main: main ?? { layout: 'channelsFirst', size: [640, 640], sampleShape: [3, 640, 640] } },
    facts: { metadata: { ...metadata }, producer: 'pytorch', outputs: [], operators: new Map(), path: 'x.onnx' },
  };
}

const names = "{0: 'cat', 1: \"dog's\"}";
const two = coco(['cat', "dog's"]);

describe('heads of YOLO', () => {
  it.each([
    ['yolov8', [6, 8400]],
    ['yolov5', [25200, 7]],
    ['end2end', [300, 6]],
  ])('%s is known by the names in the metadata', (kind, dims) => {
    const { task } = recogniseTask(seen([output('output0', dims)], { metadata: { names }, data: withTruth(two) }));
    expect(task).toMatchObject({ kind: 'detection', truth: '/x.json', head: { kind } });
  });

  it('columns of masks and of points are no classes', () => {
    const metadata = { names, task: 'segment' };
    const outputs = [output('output0', [38, 8400]), output('output1', [32, 160, 160])];
    const { task, outputs: read } = recogniseTask(seen(outputs, { metadata, data: withTruth(two) }));
    expect([task?.['head'], read]).toEqual([{ kind: 'yolov8', extra: 32 }, ['output0']]);
  });

  it('without names and truth 4 + n and 5 + n are not told apart', () => {
    const guess = recogniseTask(seen([output('output0', [8400, 85])]));
    expect(guess.task).toBeNull();
    expect(guess.missing.join(' ')).toContain('4 + 81 classes (head yolov8) or 5 + 80 (yolov5, yolox)');
  });

  it.each([
    [80, 'yolov5'],
    [81, 'yolov8'],
  ])('a truth of %i classes tells', (count, kind) => {
    const classes = Array.from({ length: count }, (_, index) => `class ${index}`);
    const { task } = recogniseTask(seen([output('output0', [8400, 85])], { data: withTruth(coco(classes)) }));
    expect(task).toMatchObject({ head: { kind } });
  });

  it('classes in another order than those of the truth are named', () => {
    const data = withTruth(coco(["dog's", 'cat', 'bird']));
    const { task } = recogniseTask(seen([output('output0', [6, 8400])], { metadata: { names }, data }));
    expect(task).toMatchObject({ classes: ['cat', "dog's"] });
  });
});

describe('other outputs', () => {
  it('UltraFace by the number of its priors', () => {
    const main = { layout: 'channelsFirst', size: [240, 320], sampleShape: [3, 240, 320] } as const;
    const outputs = [output('scores', [4420, 2], 'Softmax'), output('boxes', [4420, 4], 'Concat')];
    const { task, family } = recogniseTask(seen(outputs, { main, data: withTruth(coco(['face'])) }));
    expect([family, task?.['head']]).toEqual([
      'ultraface',
      { kind: 'ssd', boxes: 'boxes', scores: 'scores', decoded: true, activation: 'none' },
    ]);
  });

  it('an SSD is not scored on priors that nobody gave', () => {
    const outputs = [output('scores', [8732, 21], 'Softmax'), output('boxes', [8732, 4])];
    const { task, missing } = recogniseTask(seen(outputs, { data: withTruth(two) }));
    expect(task).toBeNull();
    expect(missing.join(' ')).toContain('priors');
  });

  it('masks of 0 and 255 are two classes', () => {
    const masks: TruthFacts = { kind: 'masks', path: '/masks', matched: 10, values: [0, 255] };
    const { task } = recogniseTask(seen([output('out', [1, 640, 640], 'Sigmoid')], { data: withTruth(masks) }));
    expect(task).toEqual({ kind: 'segmentation', truth: '/masks', relabel: { '255': 1 }, output: 'foreground' });
  });

  it('three channels of the size of the input may be a picture or classes', () => {
    const { looksLike, missing } = recogniseTask(seen([output('out', [3, 640, 640], 'Conv')]));
    expect(looksLike).toBe('a picture');
    expect(missing.join(' ')).toContain('a map of 3 classes');
  });

  it('a vector without labels is compared with FP32', () => {
    expect(recogniseTask(seen([output('y', [1000], 'Gemm')])).task).toBeNull();
    const data = { ...withTruth(), evaluation: { ...set, hasLabels: true, classes: 10 } };
    const guess = recogniseTask(seen([output('y', [1000], 'Gemm')], { data }));
    expect(guess.task).toEqual({ kind: 'classification' });
    expect(guess.missing).toEqual([
      'The data has 10 classes, the model 1000: name all in data.evaluation.classes, in label order.',
    ]);
  });
});
