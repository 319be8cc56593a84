import { integer } from '../../../schema/schema-leaves.js';
import type { OutputShape } from '../../output-shape.js';
import { writeCorners } from './box-code.js';
import { findOutput } from './find-output.js';
import { gridLevels, levelOf } from './grid-levels.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';
import { strideList } from './strides-setting.js';

/**
 * `[N, boxes, classes + 4 * (regMax + 1)]`: probabilities of classes, then for left, top, right and
 * bottom the logits of 0, 1 .. regMax strides; a distance is the mean under their softmax. The
 * point is at column * stride, without half a cell (NanoDet `nanodet_plus_head.py`).
 */
export const nanodetHead = defineHead({
  description: 'NanoDet-Plus: [N, boxes, classes + 4 * (regMax + 1)]',
  settings: {
    output: outputName('boxes and scores'),
    regMax: integer(1, 'The largest distance, in strides.').default(7),
    strides: strideList([8, 16, 32, 64]),
  },
  rules: {
    ...{ confidence: 0.05, iou: 0.6, multiLabel: true, candidates: 30_000, maxDetections: 100 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ output, regMax, strides }, outputs, { input }) {
    const bins = regMax + 1;
    const fits = (dims: OutputShape['dims']): boolean => dims.length === 2 && (dims[1] === null || dims[1]! > 4 * bins);
    const expected = `of shape [N, boxes, classes + ${4 * bins}]`;
    const place = findOutput(outputs, output, { role: 'output', expected, fits });
    if (typeof place !== 'number') return place;
    const columns = outputs[place]!.dims[1] ?? null;
    return {
      classes: columns === null ? null : columns - 4 * bins,
      decode(all) {
        const { data, dims } = all[place]!;
        const [boxes, width] = dims as [number, number];
        const classes = width - 4 * bins;
        const levels = gridLevels(strides, boxes, input);
        return {
          ...{ kind: 'dense', frame: 'sample', boxes, classes },
          ...{ scores: data, offset: 0, boxStride: width, classStride: 1, objectness: null },
          levels: levels.map(({ first }) => first),
          corners(box, into) {
            const { stride, columns: across, first } = levelOf(levels, box);
            const cell = box - first;
            const [x, y] = [(cell % across) * stride, Math.floor(cell / across) * stride];
            const side = (index: number): number => meanBin(data, box * width + classes + index * bins, bins) * stride;
            writeCorners('xyxy', x - side(0), y - side(1), x + side(2), y + side(3), into);
          },
        };
      },
    };
  },
});

/** Mean of 0 .. bins - 1 under the softmax of `bins` logits from `at` on. */
function meanBin(data: Float32Array, at: number, bins: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < bins; bin += 1) largest = Math.max(largest, data[at + bin]!);
  let [sum, weighted] = [0, 0];
  for (let bin = 0; bin < bins; bin += 1) {
    const share = Math.exp(data[at + bin]! - largest);
    sum += share;
    weighted += share * bin;
  }
  return weighted / sum;
}
