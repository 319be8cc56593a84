import { flag } from '../../../schema/schema-leaves.js';
import type { OutputShape } from '../../output-shape.js';
import { writeCorners } from './box-code.js';
import { findOutput } from './find-output.js';
import { gridLevels, levelOf } from './grid-levels.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';
import { strideList } from './strides-setting.js';

const OTHERS = 5;

/**
 * `[N, boxes, 5 + classes]`: x, y, w, h of the cell, objectness and a probability for each class,
 * the last two with their sigmoid. cx = (x + column) * stride, w = exp(w) * stride, without half a
 * cell (YOLOX `yolo_head.py`, `decode_outputs`).
 */
export const yoloxHead = defineHead({
  description: 'YOLOX: [N, boxes, 5 + classes] of cells, or decoded in the graph',
  settings: {
    output: outputName('boxes and scores'),
    decoded: flag('The graph has decoded boxes to pixels of the sample (`--decode_in_inference`).').default(false),
    strides: strideList([8, 16, 32]),
  },
  rules: {
    ...{ confidence: 0.01, iou: 0.65, multiLabel: false, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ output, decoded, strides }, outputs, { classes, input }) {
    const fits = (dims: OutputShape['dims']): boolean => {
      if (dims.length !== 2) return false;
      const [boxes = null, columns = null] = dims;
      if (columns === null || boxes === null) return true;
      return columns === OTHERS + (classes ?? NaN) || (columns > OTHERS && columns <= boxes);
    };
    const place = findOutput(outputs, output, {
      role: 'output',
      expected: `of shape [N, boxes, ${OTHERS} + classes]`,
      fits,
    });
    if (typeof place !== 'number') return place;
    const columns = outputs[place]!.dims[1] ?? null;
    return {
      classes: columns === null ? null : columns - OTHERS,
      decode(all) {
        const { data, dims } = all[place]!;
        const [boxes, width] = dims as [number, number];
        const levels = decoded ? [] : gridLevels(strides, boxes, input);
        return {
          ...{ kind: 'dense', frame: 'sample', boxes, classes: width - OTHERS },
          ...{ scores: data, offset: OTHERS, boxStride: width, classStride: 1 },
          objectness: { data, offset: OTHERS - 1, stride: width },
          levels: null,
          corners(box, into) {
            const at = box * width;
            const [x, y, w, h] = [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!];
            if (decoded) {
              writeCorners('cxcywh', x, y, w, h, into);
              return;
            }
            const { stride, columns: across, first } = levelOf(levels, box);
            const cell = box - first;
            const [column, row] = [cell % across, Math.floor(cell / across)];
            writeCorners(
              'cxcywh',
              (x + column) * stride,
              (y + row) * stride,
              Math.exp(w) * stride,
              Math.exp(h) * stride,
              into,
            );
          },
        };
      },
    };
  },
});
