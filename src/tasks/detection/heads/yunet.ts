import { text } from '../../../schema/schema-leaves.js';
import { MetricError } from '../../metric-error.js';
import type { OutputShape } from '../../output-shape.js';
import { writeCorners } from './box-code.js';
import { findOutput, mayBe } from './find-output.js';
import { levelOf, type GridLevel } from './grid-levels.js';
import { defineHead } from './head.js';
import { strideList } from './strides-setting.js';

const BOX = 4;

function nameOf(role: string) {
  return text('a name with {stride}', `Names of the outputs with ${role}, where {stride} is the stride.`).refine(
    (name) => name.includes('{stride}'),
    { error: 'a name with {stride}' },
  );
}

/**
 * Three outputs for each stride: `cls`, `obj` `[N, cells, 1]` and `bbox` `[N, cells, 4]`; those of
 * keypoints are not read. The score is sqrt(cls * obj), each held within 0 and 1; cx = (column +
 * dx) * stride, w = exp(dw) * stride (OpenCV `face_detect.cpp`, without its rounding of boxes).
 */
export const yunetHead = defineHead({
  description: 'YuNet: outputs cls, obj and bbox of each stride',
  settings: {
    cls: nameOf('scores of a face').default('cls_{stride}'),
    obj: nameOf('objectness').default('obj_{stride}'),
    bbox: nameOf('boxes').default('bbox_{stride}'),
    strides: strideList([8, 16, 32]),
  },
  rules: {
    ...{ confidence: 0.001, iou: 0.3, multiLabel: false, candidates: 5000, maxDetections: null },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ cls, obj, bbox, strides }, outputs, { input }) {
    const places: number[][] = [];
    for (const [role, pattern, columns] of [
      ['cls', cls, 1],
      ['obj', obj, 1],
      ['bbox', bbox, BOX],
    ] as const) {
      const own: number[] = [];
      for (const stride of strides) {
        const place = findOutput(outputs, pattern.replaceAll('{stride}', String(stride)), {
          ...{ role, expected: `of shape [N, cells, ${columns}]` },
          fits: (dims: OutputShape['dims']) =>
            (dims.length === 2 && mayBe(dims[1], columns)) || (columns === 1 && dims.length === 1),
        });
        if (typeof place !== 'number') return place;
        own.push(place);
      }
      places.push(own);
    }
    return {
      classes: 1,
      decode(all) {
        const [scores, objects, boxes] = places.map((own) => own.map((place) => all[place]!.data)) as [
          Float32Array[],
          Float32Array[],
          Float32Array[],
        ];
        const levels = levelsOf(
          strides,
          scores.map(({ length }) => length),
          input,
        );
        const last = levels.at(-1)!;
        const count = last.first + last.rows * last.columns;
        const probabilities = new Float64Array(count);
        for (const [level, { first }] of levels.entries()) {
          for (let cell = 0; cell < scores[level]!.length; cell += 1) {
            probabilities[first + cell] = Math.sqrt(within01(scores[level]![cell]!) * within01(objects[level]![cell]!));
          }
        }
        return {
          ...{ kind: 'dense', frame: 'sample', boxes: count, classes: 1 },
          ...{ scores: probabilities, offset: 0, boxStride: 1, classStride: 1, objectness: null },
          levels: levels.map(({ first }) => first),
          corners(box, into) {
            const level = levelOf(levels, box);
            const cell = box - level.first;
            const data = boxes[levels.indexOf(level)]!;
            const [column, row] = [cell % level.columns, Math.floor(cell / level.columns)];
            const at = cell * BOX;
            writeCorners(
              'cxcywh',
              (column + data[at]!) * level.stride,
              (row + data[at + 1]!) * level.stride,
              Math.exp(data[at + 2]!) * level.stride,
              Math.exp(data[at + 3]!) * level.stride,
              into,
            );
          },
        };
      },
    };
  },
});

/** NaN stays NaN. */
function within01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

function levelsOf(
  strides: readonly number[],
  cells: readonly number[],
  input: readonly [number, number] | null,
): readonly GridLevel[] {
  let first = 0;
  return strides.map((stride, level) => {
    const side = Math.sqrt(cells[level]!);
    const [rows, columns] =
      input === null ? [side, side] : [Math.ceil(input[0] / stride), Math.ceil(input[1] / stride)];
    if (rows * columns !== cells[level] || !Number.isInteger(rows)) {
      throw new MetricError(
        `Expected the cells of ${input === null ? 'a square sample' : `a sample of ${input[0]}x${input[1]}`} with stride ${stride}, got ${cells[level]!}. ` +
          'Set task.input to the height and width of a sample.',
      );
    }
    const own = { stride, rows, columns, first };
    first += rows * columns;
    return own;
  });
}
