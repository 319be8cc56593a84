import { flag, oneOf } from '../../../schema/schema-leaves.js';
import { z } from 'zod';
import { writeCorners } from './box-code.js';
import { sigmoid } from './class-scores.js';
import { columnsOf, findLevels, joinLevels } from './find-levels.js';
import { gridLevels, levelOf } from './grid-levels.js';
import { defineHead } from './head.js';
import { levelNames } from './level-names.js';
import { strideList } from './strides-setting.js';

const BOX = 4;

/**
 * Distances from a point of each cell to the four sides of a box (Tian et al. 2019), as maps
 * `[N, columns, H, W]` of each level or one list `[N, boxes, columns]`: classes, left, top, right,
 * bottom, and a centerness. The point is at (column + offset) * stride.
 */
export const fcosHead = defineHead({
  description: 'FCOS and its kin: scores, distances to four sides and a centerness, as maps or lists',
  settings: {
    scores: levelNames('scores of classes'),
    boxes: levelNames('distances left, top, right, bottom'),
    centerness: levelNames('centerness'),
    strides: strideList([8, 16, 32, 64, 128]),
    offset: z
      .number({ error: 'a number from 0 to 1' })
      .min(0)
      .max(1)
      .describe('Place of the point in its cell: 0.5 in the paper and mmdetection, 0 in torchvision.')
      .default(0.5),
    ltrbUnit: oneOf(['pixels', 'stride'], 'Unit of distances: pixels, or strides as in torchvision.').default('pixels'),
    activation: oneOf(
      ['sigmoid', 'none'],
      'What makes probabilities of scores and centerness: sigmoid, or nothing, where the graph has done it.',
    ).default('sigmoid'),
    score: oneOf(
      ['product', 'sqrt'],
      'Score of a class: probability * centerness as in the paper, or the square root of that as in torchvision.',
    ).default('product'),
    hasCenterness: flag('False: the score of a class is its probability alone.').default(true),
  },
  rules: {
    ...{ confidence: 0.2, iou: 0.6, multiLabel: true, candidates: 30_000, maxDetections: 100 },
    ...{ candidatesPerClass: null, candidatesPerLevel: 1000 },
  },
  bind(settings, outputs, { classes, input }) {
    const { strides, offset, ltrbUnit, activation: by, score, hasCenterness } = settings;
    const withColumns = (wanted: number | null, role: string) => ({
      role,
      expected: `of shape [N, ${wanted ?? 'classes'}, H, W] or [N, boxes, ${wanted ?? 'classes'}]`,
      fits: (dims: readonly (number | null)[]) => {
        if (dims.length !== 2 && dims.length !== 3) return false;
        const columns = columnsOf(dims);
        if (columns === null) return true;
        if (wanted !== null) return columns === wanted;
        // Found by shape, distances and centerness are no scores; named, there may be 1 or 4 classes.
        return settings.scores !== null || (columns !== BOX && columns !== 1);
      },
    });
    const boxes = findLevels(outputs, settings.boxes, withColumns(BOX, 'boxes'), strides.length);
    if ('advice' in boxes) return boxes;
    const scores = findLevels(outputs, settings.scores, withColumns(classes, 'scores'), strides.length);
    if ('advice' in scores) return scores;
    let centers: readonly number[] = [];
    if (hasCenterness) {
      const found = findLevels(outputs, settings.centerness, withColumns(1, 'centerness'), strides.length);
      if ('advice' in found) return found;
      centers = found;
    }
    return {
      classes: columnsOf(outputs[scores[0]!]!.dims),
      decode(all) {
        const of = (places: readonly number[], columns: number): Float32Array =>
          joinLevels(
            places.map((place) => all[place]!),
            columns,
          );
        const own = columnsOf(all[scores[0]!]!.dims)!;
        const ltrb = of(boxes, BOX);
        const count = ltrb.length / BOX;
        const levels = gridLevels(strides, count, input);
        const raw = of(scores, own);
        const center = centers.length === 0 ? null : of(centers, 1);
        const probability = by === 'sigmoid' ? sigmoid : (value: number) => value;
        const probabilities = new Float64Array(raw.length);
        for (let box = 0; box < count; box += 1) {
          const factor = center === null ? 1 : probability(center[box]!);
          for (let at = box * own; at < (box + 1) * own; at += 1) {
            const value = probability(raw[at]!) * factor;
            probabilities[at] = score === 'sqrt' ? Math.sqrt(value) : value;
          }
        }
        return {
          ...{ kind: 'dense', frame: 'sample', boxes: count, classes: own },
          ...{ scores: probabilities, offset: 0, boxStride: own, classStride: 1, objectness: null },
          levels: levels.map(({ first }) => first),
          corners(box, into) {
            const { stride, columns, first } = levelOf(levels, box);
            const cell = box - first;
            const [x, y] = [((cell % columns) + offset) * stride, (Math.floor(cell / columns) + offset) * stride];
            const unit = ltrbUnit === 'stride' ? stride : 1;
            const at = box * BOX;
            writeCorners(
              'xyxy',
              x - ltrb[at]! * unit,
              y - ltrb[at + 1]! * unit,
              x + ltrb[at + 2]! * unit,
              y + ltrb[at + 3]! * unit,
              into,
            );
          },
        };
      },
    };
  },
});
