import { describe, expect, it } from 'vitest';
import { createPrng } from '../../../src/statistics/prng.js';
import { findHead, outputsOf } from '../../../src/tasks/detection/bind-head.js';
import { detect } from '../../../src/tasks/detection/detect.js';
import { looksLike } from '../../../src/tasks/detection/heads/looks-like.js';
import type { OutputTensor } from '../../../src/tasks/metric.js';
import {
  centred,
  literalCandidates,
  literalDetections,
  sigmoid,
  softmax,
  type LiteralCandidate,
} from './literal-detections.js';
import { detectionTask } from './score-boxes.js';

type Corners = LiteralCandidate['corners'];
type LiteralBox = { readonly corners: Corners; readonly scores: readonly number[] };

/** Random numbers from `from` to `to`, as float32. */
function floats(seed: number, count: number, from = 0, to = 1): Float32Array {
  const random = createPrng(seed, 1);
  return Float32Array.from({ length: count }, () => from + (random.nextUint32() / 2 ** 32) * (to - from));
}

function output(name: string, dims: readonly number[], data: Float32Array): OutputTensor {
  return { name, dims, data };
}

interface Setup {
  readonly head: object;
  readonly outputs: readonly OutputTensor[];
  readonly classes: number;
  readonly input?: readonly [number, number];
  readonly priors?: Float64Array;
  readonly settings?: object;
  readonly count?: number;
}

/** What the head of the program makes of sample `index`. */
function detected(setup: Setup, index = 0) {
  const { head, outputs, classes, input, priors, settings = {}, count = 1 } = setup;
  const task = detectionTask('/', { head, ...settings });
  const found = findHead(task, outputs, { classes, input: input ?? null, priors: priors ?? null });
  if ('advice' in found) throw new Error(JSON.stringify(found));
  const decoded = found.bound.decode(outputsOf(outputs, count, index, found.unbatched), index);
  return { task, found: detect(decoded, task.rules, (label) => label), frame: decoded.frame, bound: found.bound };
}

/** Compares with boxes decoded literally. */
function expectLiteral(setup: Setup, boxes: readonly LiteralBox[], index = 0): number {
  const { task, found } = detected(setup, index);
  expectDetections(found, literalDetections(literalCandidates(boxes, task.rules.multiLabel), task.rules));
  return found.score.length;
}

function expectDetections(found: ReturnType<typeof detected>['found'], literal: readonly LiteralCandidate[]): void {
  expect(Array.from(found.class)).toEqual(literal.map(({ label }) => label));
  expect(Array.from(found.box)).toEqual(literal.map(({ box }) => box));
  for (const [place, { score, corners }] of literal.entries()) {
    expect(Math.abs(found.score[place]! - score)).toBeLessThan(1e-12);
    for (const side of [0, 1, 2, 3]) {
      expect(Math.abs(found.corners[place * 4 + side]! - corners[side]!)).toBeLessThan(
        1e-9 * (1 + Math.abs(corners[side]!)),
      );
    }
  }
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('heads give what a literal decoder gives', () => {
  it.each([1, 2, 3])('yolov5: objectness times class, both above the confidence (seed %i)', (seed) => {
    const [boxes, classes] = [60, 3];
    const data = floats(seed, boxes * 8, -0.1, 1);
    for (const box of range(boxes)) for (const side of range(4)) data[box * 8 + side]! *= side < 2 ? 90 : 40;
    const literal = range(boxes).map((box): LiteralBox => {
      const [cx, cy, w, h, obj, ...scores] = Array.from(data.subarray(box * 8, box * 8 + 8)) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return { corners: centred(cx, cy, w, h), scores: scores.map((score) => (obj > 0.2 ? score * obj : 0)) };
    });
    const setup = {
      head: { kind: 'yolov5' },
      outputs: [output('o', [1, boxes, 8], data)],
      classes,
      settings: { confidence: 0.2 },
    };
    expect(expectLiteral(setup, literal)).toBeGreaterThan(5);
    const best = { ...setup, settings: { confidence: 0.2, nms: { multiLabel: false, iou: 0.3, maxDetections: 6 } } };
    expect(expectLiteral(best, literal)).toBe(6);
  });

  it.each([1, 2, 3])('yolov8: channels first or last, with columns behind the classes (seed %i)', (seed) => {
    const [boxes, classes, extra] = [50, 4, 3];
    const channels = 4 + classes + extra;
    const data = floats(seed, boxes * channels * 2, 0, 1);
    const at = (sample: number, channel: number, box: number): number =>
      data[(sample * channels + channel) * boxes + box]!;
    for (const sample of [0, 1])
      for (const side of range(4))
        for (const box of range(boxes)) data[(sample * channels + side) * boxes + box]! *= side < 2 ? 80 : 50;
    const literal = (sample: number) =>
      range(boxes).map((box): LiteralBox => ({
        corners: centred(at(sample, 0, box), at(sample, 1, box), at(sample, 2, box), at(sample, 3, box)),
        scores: range(classes).map((label) => at(sample, 4 + label, box)),
      }));
    const head = { kind: 'yolov8', extra };
    const setup = { head, outputs: [output('o', [2, channels, boxes], data)], classes, count: 2 };
    expect(expectLiteral(setup, literal(0), 0)).toBeGreaterThan(20);
    expect(expectLiteral(setup, literal(1), 1)).toBeGreaterThan(20);
    const last = Float32Array.from({ length: data.length }, (_, index) => {
      const [sample, rest] = [Math.floor(index / (boxes * channels)), index % (boxes * channels)];
      return at(sample, rest % channels, Math.floor(rest / channels));
    });
    expectLiteral({ ...setup, outputs: [output('o', [2, boxes, channels], last)] }, literal(1), 1);
  });

  it('yolov8: NaN in one class leaves the others of its box, a box that is not finite is none', () => {
    const data = Float32Array.of(10, 20, 50, 10, 20, 50, 8, 8, Infinity, 8, 8, 8, NaN, 0.5, 0.9, 0.6, 0.4, 0.2);
    const { found } = detected({ head: { kind: 'yolov8' }, outputs: [output('o', [1, 6, 3], data)], classes: 2 });
    expect(Array.from(found.score, (score) => Math.round(score * 10) / 10)).toEqual([0.6, 0.5, 0.4]);
    expect(Array.from(found.class)).toEqual([1, 0, 1]);
    // The NaN, and two classes of the box without end.
    expect(found.nonFinite).toBe(3);
  });

  it.each([{ candidates: 2 }, { candidatesPerClass: 2 }])('a box that is not finite takes no place of %o', (limit) => {
    const data = Float32Array.of(NaN, 20, 50, 80, 10, 20, 50, 80, 8, 8, 8, 8, 8, 8, 8, 8, 0.9, 0.8, 0.7, 0.6);
    const setup = { head: { kind: 'yolov8' }, outputs: [output('o', [1, 5, 4], data)], classes: 1 };
    for (const multiLabel of [true, false]) {
      const { found } = detected({ ...setup, settings: { nms: { ...limit, multiLabel } } });
      expect(Array.from(found.box)).toEqual([1, 2]);
      expect(found.nonFinite).toBe(1);
    }
  });

  it('yolox: cells without half a step, sizes by exp', () => {
    const input = [64, 32] as const;
    const strides = [8, 16];
    const cells = strides.flatMap((stride) =>
      range(input[0] / stride).flatMap((row) => range(input[1] / stride).map((column) => ({ stride, row, column }))),
    );
    const data = floats(5, cells.length * 7, 0, 1);
    const literal = cells.map(({ stride, row, column }, box): LiteralBox => {
      const [x, y, w, h, obj, ...scores] = Array.from(data.subarray(box * 7, box * 7 + 7)) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return {
        corners: centred((x + column) * stride, (y + row) * stride, Math.exp(w) * stride, Math.exp(h) * stride),
        scores: scores.map((score) => score * obj),
      };
    });
    const head = { kind: 'yolox', strides };
    expect(
      expectLiteral({ head, outputs: [output('o', [1, cells.length, 7], data)], classes: 2, input }, literal),
    ).toBeGreaterThan(10);
    expect(() => detected({ head, outputs: [output('o', [1, cells.length, 7], data)], classes: 2 })).toThrow(
      /task.input/,
    );
  });

  it.each(['maps', 'channels'])('yolov7: raw maps as %s', (form) => {
    const classes = 2;
    const sizes = [
      [4, 6],
      [2, 3],
    ] as const;
    const strides = [8, 16];
    const anchors = [
      [
        [10, 13],
        [16, 30],
      ],
      [
        [30, 61],
        [62, 45],
      ],
    ] as const;
    const columns = 5 + classes;
    const maps = sizes.map(([rows, across], level) => floats(level + 7, 2 * rows * across * columns, -2, 2));
    const literal = sizes.flatMap(([rows, across], level) =>
      range(2).flatMap((anchor) =>
        range(rows).flatMap((row) =>
          range(across).map((column): LiteralBox => {
            const from = ((anchor * rows + row) * across + column) * columns;
            const s = Array.from(maps[level]!.subarray(from, from + columns), sigmoid);
            const [w, h] = anchors[level]![anchor]!;
            const stride = strides[level]!;
            return {
              corners: centred(
                (2 * s[0]! - 0.5 + column) * stride,
                (2 * s[1]! - 0.5 + row) * stride,
                4 * s[2]! ** 2 * w,
                4 * s[3]! ** 2 * h,
              ),
              scores: s.slice(5).map((score) => score * s[4]!),
            };
          }),
        ),
      ),
    );
    const outputs = sizes.map(([rows, across], level) => {
      if (form === 'maps') return output(`o${level}`, [1, 2, rows, across, columns], maps[level]!);
      const data = new Float32Array(maps[level]!.length);
      for (const anchor of range(2)) {
        for (const cell of range(rows * across)) {
          for (const column of range(columns)) {
            data[(anchor * columns + column) * rows * across + cell] =
              maps[level]![(anchor * rows * across + cell) * columns + column]!;
          }
        }
      }
      return output(`o${level}`, [1, 2 * columns, rows, across], data);
    });
    const head = { kind: 'yolov7', strides, anchors };
    expect(expectLiteral({ head, outputs: [...outputs].reverse(), classes }, literal)).toBeGreaterThan(10);
  });

  it('ssd: offsets to priors, softmax with the background first', () => {
    const [boxes, columns] = [40, 4];
    const priors = Float64Array.from(floats(3, boxes * 4, 0.1, 0.6));
    const loc = floats(4, boxes * 4, -2, 2);
    const conf = floats(5, boxes * columns, -3, 3);
    const literal = range(boxes).map((box): LiteralBox => {
      const [px, py, pw, ph] = Array.from(priors.subarray(box * 4, box * 4 + 4)) as [number, number, number, number];
      const [x, y, w, h] = Array.from(loc.subarray(box * 4, box * 4 + 4)) as [number, number, number, number];
      return {
        corners: centred(px + x * 0.1 * pw, py + y * 0.1 * ph, pw * Math.exp(w * 0.2), ph * Math.exp(h * 0.2)),
        scores: softmax(Array.from(conf.subarray(box * columns, (box + 1) * columns))).slice(1),
      };
    });
    const outputs = [output('conf', [1, boxes, columns], conf), output('loc', [1, boxes, 4], loc)];
    const head = { kind: 'ssd', boxes: 'loc', scores: 'conf' };
    const { task, found, frame } = detected({ head, outputs, classes: 3, priors });
    expect(frame).toBe('fraction');
    expect(task.rules.candidatesPerClass).toBe(400);
    expectDetections(found, literalDetections(literalCandidates(literal, true), task.rules));
    expect(
      expectLiteral({ head, outputs, classes: 3, priors, settings: { nms: { candidatesPerClass: 3 } } }, literal),
    ).toBeLessThanOrEqual(9);
  });

  it('ssd: priors that are declared, and offsets with y first', () => {
    const levels = [
      {
        map: [2, 3],
        sizes: [
          [10, 20],
          [30, 15],
        ],
      },
      { map: [1, 1], sizes: [[50, 50]], stride: 32 },
    ];
    const input = [40, 60] as const;
    const priors = [
      ...range(2).flatMap((row) =>
        range(3).flatMap((column) => [
          [(column + 0.5) / 3, (row + 0.5) / 2, 10 / 60, 20 / 40],
          [(column + 0.5) / 3, (row + 0.5) / 2, 30 / 60, 15 / 40],
        ]),
      ),
      [16 / 60, 16 / 40, 50 / 60, 50 / 40],
    ];
    const loc = floats(6, priors.length * 4, -1, 1);
    const conf = floats(7, priors.length * 3, -2, 2);
    const literal = priors.map(([px, py, pw, ph], box): LiteralBox => {
      const [y, x, h, w] = Array.from(loc.subarray(box * 4, box * 4 + 4)) as [number, number, number, number];
      return {
        corners: centred(px! + x * 0.1 * pw!, py! + y * 0.1 * ph!, pw! * Math.exp(w * 0.2), ph! * Math.exp(h * 0.2)),
        scores: Array.from(conf.subarray(box * 3, box * 3 + 2), sigmoid),
      };
    });
    const head = { kind: 'ssd', levels, order: 'yxhw', activation: 'sigmoid', background: 'last' };
    const outputs = [output('loc', [1, priors.length, 4], loc), output('conf', [1, priors.length, 3], conf)];
    expect(expectLiteral({ head, outputs, classes: 2, input }, literal)).toBeGreaterThan(5);
  });

  it('ssd: decoded in the graph, as UltraFace is', () => {
    const boxes = 30;
    const scores = floats(8, boxes * 2);
    const data = floats(9, boxes * 4);
    const literal = range(boxes).map((box): LiteralBox => ({
      corners: Array.from(data.subarray(box * 4, box * 4 + 4)) as unknown as Corners,
      scores: [scores[box * 2 + 1]!],
    }));
    const head = { kind: 'ssd', decoded: true, activation: 'none' };
    const outputs = [output('scores', [1, boxes, 2], scores), output('boxes', [1, boxes, 4], data)];
    expect(
      expectLiteral({ head, outputs, classes: 1, settings: { nms: { iou: 0.3, candidatesPerClass: 20 } } }, literal),
    ).toBeGreaterThan(5);
  });

  it.each([
    ['paper', { offset: 0.5, ltrbUnit: 'pixels', score: 'product' }],
    ['torchvision', { offset: 0, ltrbUnit: 'stride', score: 'sqrt' }],
  ] as const)('fcos: maps and lists, as in %s', (_, form) => {
    const [classes, strides, input] = [3, [8, 16], [32, 48] as const];
    const levels = strides.map((stride) => [input[0] / stride, input[1] / stride] as const);
    const make = (seed: number, columns: number, from: number, to: number) =>
      levels.map(([rows, across], level) => floats(seed + level, rows * across * columns, from, to));
    const unit = form.ltrbUnit === 'stride' ? 1 : 12;
    const [cls, reg, ctr] = [make(1, classes, -3, 2), make(11, 4, 0, 2 * unit), make(21, 1, -1, 3)];
    const literal = levels.flatMap(([rows, across], level) =>
      range(rows).flatMap((row) =>
        range(across).map((column): LiteralBox => {
          const stride = strides[level]!;
          const at = (maps: readonly Float32Array[], channel: number): number =>
            maps[level]![(channel * rows + row) * across + column]!;
          const [x, y] = [(column + form.offset) * stride, (row + form.offset) * stride];
          const [l, t, r, b] = range(4).map((side) => at(reg, side) * (form.ltrbUnit === 'stride' ? stride : 1)) as [
            number,
            number,
            number,
            number,
          ];
          return {
            corners: [x - l, y - t, x + r, y + b],
            scores: range(classes).map((label) => {
              const product = sigmoid(at(cls, label)) * sigmoid(at(ctr, 0));
              return form.score === 'sqrt' ? Math.sqrt(product) : product;
            }),
          };
        }),
      ),
    );
    const named = (name: string, columns: number, maps: readonly Float32Array[]): readonly OutputTensor[] =>
      maps.map((data, level) => output(`${name}${level}`, [1, columns, ...levels[level]!], data));
    const outputs = [...named('cls', classes, cls), ...named('reg', 4, reg), ...named('ctr', 1, ctr)];
    const head = { kind: 'fcos', strides, ...form };
    expect(expectLiteral({ head, outputs, classes, input }, literal)).toBeGreaterThan(5);
    const listed = (columns: number, maps: readonly Float32Array[]): Float32Array =>
      Float32Array.from(
        maps.flatMap((data) => {
          const cells = data.length / columns;
          return range(cells).flatMap((cell) => range(columns).map((column) => data[column * cells + cell]!));
        }),
      );
    const lists = [
      output('a', [1, 30, classes], listed(classes, cls)),
      output('b', [1, 30, 4], listed(4, reg)),
      output('c', [1, 30, 1], listed(1, ctr)),
    ];
    expectLiteral(
      { head: { ...head, scores: ['a'], boxes: ['b'], centerness: ['c'] }, outputs: lists, classes, input },
      literal,
    );
  });

  it('fcos: the best of each level are looked at', () => {
    const outputs = [output('s', [1, 20, 2], floats(1, 40, 0.5, 1)), output('b', [1, 20, 4], floats(2, 80, 1, 4))];
    const head = {
      kind: 'fcos',
      strides: [8, 16],
      hasCenterness: false,
      activation: 'none',
      scores: ['s'],
      boxes: ['b'],
    };
    const settings = { nms: { candidatesPerLevel: 3, iou: 1 } };
    const { found } = detected({ head, outputs, classes: 2, input: [32, 32], settings });
    expect(Array.from(found.box).filter((box) => box < 16)).toHaveLength(3);
    expect(Array.from(found.box).filter((box) => box >= 16)).toHaveLength(3);
  });

  it.each([1, 4])('fcos: named scores may be of %i classes, also where that is not known yet', (classes) => {
    const outputs = [output('s', [1, classes, 2, 2], floats(1, classes * 4)), output('b', [1, 4, 2, 2], floats(2, 16))];
    const head = { kind: 'fcos', strides: [8], hasCenterness: false, scores: ['s'], boxes: ['b'] };
    const found = findHead(detectionTask('/', { head }), outputs, { classes: null, input: [16, 16], priors: null });
    expect(found).toHaveProperty('bound.classes', classes);
  });

  it('nanodet: the mean of bins is a distance', () => {
    const [classes, bins, strides, input] = [2, 8, [8, 16], [20, 24] as const];
    const cells = strides.flatMap((stride) =>
      range(Math.ceil(input[0] / stride)).flatMap((row) =>
        range(Math.ceil(input[1] / stride)).map((column) => ({ stride, row, column })),
      ),
    );
    const width = classes + 4 * bins;
    const data = floats(3, cells.length * width, 0, 1);
    const literal = cells.map(({ stride, row, column }, box): LiteralBox => {
      const own = Array.from(data.subarray(box * width, (box + 1) * width));
      const [l, t, r, b] = range(4).map((side) => {
        const shares = softmax(own.slice(classes + side * bins, classes + (side + 1) * bins));
        return shares.reduce((sum, share, bin) => sum + share * bin, 0) * stride;
      }) as [number, number, number, number];
      const [x, y] = [column * stride, row * stride];
      return { corners: [x - l, y - t, x + r, y + b], scores: own.slice(0, classes) };
    });
    const outputs = [output('o', [1, cells.length, width], data)];
    expect(expectLiteral({ head: { kind: 'nanodet', strides }, outputs, classes, input }, literal)).toBeGreaterThan(3);
  });

  it('yunet: nine of its twelve outputs', () => {
    const input = [64, 96] as const;
    const levels = [8, 16, 32].map((stride, level) => {
      const [rows, across] = [input[0] / stride, input[1] / stride];
      const cells = rows * across;
      return {
        ...{ stride, rows, across, cls: floats(level, cells, -0.2, 1.2), obj: floats(10 + level, cells, 0, 1) },
        ...{ bbox: floats(20 + level, cells * 4, -0.5, 1.5), kps: floats(30 + level, cells * 10) },
      };
    });
    const literal = levels.flatMap(({ stride, rows, across, cls, obj, bbox }) =>
      range(rows * across).map((cell): LiteralBox => {
        const [column, row] = [cell % across, Math.floor(cell / across)];
        const [dx, dy, dw, dh] = Array.from(bbox.subarray(cell * 4, cell * 4 + 4)) as [number, number, number, number];
        const clamped = (value: number): number => Math.max(0, Math.min(1, value));
        return {
          corners: centred((column + dx) * stride, (row + dy) * stride, Math.exp(dw) * stride, Math.exp(dh) * stride),
          scores: [Math.sqrt(clamped(cls[cell]!) * clamped(obj[cell]!))],
        };
      }),
    );
    const outputs = (['cls', 'obj', 'bbox', 'kps'] as const).flatMap((role) =>
      levels.map((level) => {
        const columns = level[role].length / (level.rows * level.across);
        return output(`${role}_${level.stride}`, [1, level.rows * level.across, columns], level[role]);
      }),
    );
    expect(expectLiteral({ head: { kind: 'yunet' }, outputs, classes: 1, input }, literal)).toBeGreaterThan(5);
  });

  it('rtdetr: together, or boxes and scores apart', () => {
    const [queries, classes] = [30, 3];
    const data = floats(2, queries * 7);
    const row = (query: number): number[] => Array.from(data.subarray(query * 7, query * 7 + 7));
    const literal = range(queries).map((query): LiteralBox => {
      const [cx, cy, w, h, ...scores] = row(query) as [number, number, number, number];
      return { corners: centred(cx, cy, w, h), scores };
    });
    const setup = { head: { kind: 'rtdetr' }, outputs: [output('o', [1, queries, 7], data)], classes };
    expect(expectLiteral(setup, literal)).toBe(queries);
    const boxes = Float32Array.from(range(queries).flatMap((query) => row(query).slice(0, 4)));
    const logits = Float32Array.from(range(queries).flatMap((query) => row(query).slice(4)));
    const apart = [output('pred_logits', [1, queries, 3], logits), output('pred_boxes', [1, queries, 4], boxes)];
    const activated = literal.map(({ corners, scores }) => ({ corners, scores: softmax(scores).slice(0, 2) }));
    const head = { kind: 'rtdetr', activation: 'softmax', background: 'last' };
    expectLiteral({ head, outputs: apart, classes: 2 }, activated);
  });

  it('end2end, boxes, batched and onnxNms give the rows of the graph', () => {
    const rows = [
      [10, 20, 30, 60, 0.9, 1],
      [12, 20, 33, 60, 0.8, 0],
      [0, 0, 0, 0, 0, 0],
      [50, 20, 70, 45, 0.85, 1],
    ];
    const wanted = (found: ReturnType<typeof detected>['found']) =>
      Array.from(found.score, (score, place) => [
        ...found.corners.subarray(place * 4, place * 4 + 4),
        Number(score.toFixed(2)),
        found.class[place]!,
      ]);
    const expected = [rows[0]!, rows[3]!, rows[1]!];
    const end2end = output('o', [1, 4, 6], Float32Array.from(rows.flat()));
    expect(wanted(detected({ head: { kind: 'end2end' }, outputs: [end2end], classes: 2 }).found)).toEqual(expected);

    const dets = output('dets', [1, 4, 5], Float32Array.from(rows.flatMap((row) => row.slice(0, 5))));
    const labels = output('labels', [1, 4], Float32Array.from(rows.map((row) => row[5]!)));
    expect(wanted(detected({ head: { kind: 'boxes' }, outputs: [dets, labels], classes: 2 }).found)).toEqual(expected);

    // As torchvision gives them: no axis of samples.
    const apart = [
      output('boxes', [4, 4], Float32Array.from(rows.flatMap((row) => row.slice(0, 4)))),
      output('labels', [4], Float32Array.from(rows.map((row) => row[5]!))),
      output('scores', [4], Float32Array.from(rows.map((row) => row[4]!))),
    ];
    expect(wanted(detected({ head: { kind: 'boxes' }, outputs: apart, classes: 2 }).found)).toEqual(expected);
    const counted = [...[dets, labels].map((each) => each), output('num', [1, 1], Float32Array.of(2))];
    const head = { kind: 'boxes', boxes: 'dets', labels: 'labels', count: 'num' };
    expect(wanted(detected({ head, outputs: counted, classes: 2 }).found)).toEqual([rows[0], rows[1]]);

    const batched = [
      [1, 5, 5, 9, 9, 0, 0.7],
      ...rows.map(([a, b, c, d, score, label]) => [0, a!, b!, c!, d!, label!, score!]),
    ];
    const setup = {
      head: { kind: 'batched' },
      outputs: [output('o', [5, 7], Float32Array.from(batched.flat()))],
      classes: 2,
      count: 2,
    };
    expect(wanted(detected(setup).found)).toEqual(expected);
    expect(wanted(detected(setup, 1).found)).toEqual([[5, 5, 9, 9, 0.7, 0]]);

    const nms = [
      // Grouped by class, as the operator gives them, with padding at the end.
      output('selected', [5, 3], Float32Array.of(0, 0, 1, 0, 1, 0, 0, 1, 3, 1, 0, 0, -1, -1, -1)),
      // y1, x1, y2, x2, some with the other two corners.
      output(
        'boxes',
        [2, 4, 4],
        Float32Array.from([...rows.flatMap(([a, b, c, d]) => [d!, a!, b!, c!]), ...Array<number>(16).fill(1)]),
      ),
      output('scores', [2, 2, 4], Float32Array.from([0, 0.8, 0, 0, 0.9, 0, 0, 0.85, 0.5, 0, 0, 0, 0, 0, 0, 0])),
    ];
    expect(wanted(detected({ head: { kind: 'onnxNms' }, outputs: nms, classes: 2, count: 2 }).found)).toEqual(expected);
  });
});

describe('what a shape looks like', () => {
  it.each([
    [[84, 8400], 'yolov8 with 80 classes'],
    [[25200, 85], 'yolov5 or yolox with 80 classes'],
    [[300, 6], 'end2end'],
    [[3, 80, 80, 85], 'yolov7 (raw maps, with 80 classes)'],
  ])('%j', (dims, expected) => {
    expect(looksLike(dims)[0]).toBe(expected);
  });

  it('an error says which head it is, and which outputs there are', () => {
    const task = detectionTask('/', { head: { kind: 'yolov5' } });
    const found = findHead(task, [{ name: 'output0', dims: [1, 84, 8400] }], {
      classes: null,
      input: null,
      priors: null,
    });
    expect('advice' in found && found.advice).toBe(
      'Such a shape looks like yolov8 with 80 classes: set task.head.kind.',
    );
  });
});
