import type { OutputShape } from '../../output-shape.js';
import { boxUnits, frameOf, writeCorners } from './box-code.js';
import { extraColumns } from './extra-columns.js';
import { findOutput } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

/** Columns before those of classes: cx, cy, w, h, objectness. */
const OTHERS = 5;

/**
 * `[N, boxes, 5 + classes + extra]`: cx, cy, w, h in pixels of the sample, objectness, and a
 * probability for each class. The score of a class is objectness * probability, and objectness
 * itself has to be above the confidence (yolov5 `non_max_suppression`).
 */
export const yolov5Head = defineHead({
  description: 'YOLOv5, and v7 exported with --grid: [N, boxes, 5 + classes], score = objectness * class',
  settings: {
    output: outputName('boxes and scores'),
    extra: extraColumns,
    units: boxUnits.default('pixels'),
  },
  rules: {
    ...{ confidence: 0.001, iou: 0.6, multiLabel: true, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ output, extra, units }, outputs, { classes }) {
    const others = OTHERS + extra;
    const fits = (dims: OutputShape['dims']): boolean => {
      if (dims.length !== 2) return false;
      const [boxes = null, columns = null] = dims;
      if (columns === null || boxes === null) return true;
      return columns === others + (classes ?? NaN) || (columns > others && columns <= boxes);
    };
    const expected = `of shape [N, boxes, ${others} + classes]`;
    const place = findOutput(outputs, output, { role: 'output', expected, fits });
    if (typeof place !== 'number') return place;
    const columns = outputs[place]!.dims[1] ?? null;
    return {
      classes: columns === null ? null : columns - others,
      decode(all) {
        const { data, dims } = all[place]!;
        const [boxes, width] = dims as [number, number];
        return {
          ...{ kind: 'dense', frame: frameOf(units), boxes, classes: width - others },
          ...{ scores: data, offset: OTHERS, boxStride: width, classStride: 1 },
          objectness: { data, offset: OTHERS - 1, stride: width },
          levels: null,
          corners(index, into) {
            const at = index * width;
            writeCorners('cxcywh', data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
          },
        };
      },
    };
  },
});
