import type { OutputShape } from '../../output-shape.js';
import { boxCode, boxUnits, frameOf, writeCorners } from './box-code.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

/** Columns: four of the box, score, class. */
const COLUMNS = 6;

/** `[N, rows, 6]`: a box, its score and its class; rows of score 0 are none. */
export const end2endHead = defineHead({
  description: 'YOLOv10, YOLO26, or a graph with NMS inside: [N, rows, 6] of x1, y1, x2, y2, score, class',
  settings: {
    output: outputName('rows of box, score and class'),
    code: boxCode.default('xyxy'),
    units: boxUnits.default('pixels'),
  },
  rules: {
    ...{ confidence: 0.001, iou: 1, multiLabel: false, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ output, code, units }, outputs) {
    const fits = (dims: OutputShape['dims']): boolean => dims.length === 2 && mayBe(dims[1], COLUMNS);
    const expected = `of shape [N, rows, ${COLUMNS}]`;
    const place = findOutput(outputs, output, { role: 'output', expected, fits });
    if (typeof place !== 'number') return place;
    return {
      classes: null,
      decode(all) {
        const { data, dims } = all[place]!;
        return {
          ...{ kind: 'listed', frame: frameOf(units), boxes: dims[0]! },
          score: (box) => data[box * COLUMNS + 4]!,
          label: (box) => data[box * COLUMNS + 5]!,
          corners(box, into) {
            const at = box * COLUMNS;
            writeCorners(code, data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
          },
        };
      },
    };
  },
});
