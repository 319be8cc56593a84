import { flag } from '../../../schema/schema-leaves.js';
import { MetricError } from '../../metric-error.js';
import { boxUnits, frameOf, writeCorners } from './box-code.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

const COLUMNS = 3;

/**
 * The output of ONNX `NonMaxSuppression`, `[rows, 3]` of sample, class and box for all samples of a
 * run, with the boxes `[N, boxes, 4]` and scores `[N, classes, boxes]` that went in. Boxes are y1,
 * x1, y2, x2, any two opposite corners, or the centre with width and height. Rows with a number
 * below 0 are padding.
 */
export const onnxNmsHead = defineHead({
  description: 'ONNX NonMaxSuppression: its rows [rows, 3], with its boxes and scores as outputs',
  settings: {
    selected: outputName('the selected rows'),
    boxes: outputName('boxes [N, boxes, 4]'),
    scores: outputName('scores [N, classes, boxes]'),
    count: outputName('the number of rows that count'),
    centerPointBox: flag('As `center_point_box` of the node: boxes are cx, cy, w, h.').default(false),
    units: boxUnits.default('pixels'),
  },
  rules: {
    ...{ confidence: 0, iou: 1, multiLabel: true, candidates: 100_000, maxDetections: null },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  unbatched({ count }, outputs) {
    return new Set(outputs.flatMap(({ name, dims }) => (dims.length === 2 || name === count ? [name] : [])));
  },
  bind(settings, outputs) {
    const selected = findOutput(outputs, settings.selected, {
      ...{ role: 'selected', expected: 'of shape [rows, 3]' },
      fits: (dims) => dims.length === 2 && mayBe(dims[1], COLUMNS),
    });
    if (typeof selected !== 'number') return selected;
    const isOther = (dims: readonly (number | null)[], ...others: number[]): boolean =>
      dims.length === 2 && others.every((index) => outputs[index]!.dims !== dims);
    const boxes = findOutput(outputs, settings.boxes, {
      ...{ role: 'boxes', expected: 'of shape [N, boxes, 4]' },
      fits: (dims) => isOther(dims, selected) && mayBe(dims[1], 4),
    });
    if (typeof boxes !== 'number') return boxes;
    const scores = findOutput(outputs, settings.scores, {
      ...{ role: 'scores', expected: 'of shape [N, classes, boxes]' },
      fits: (dims) => isOther(dims, selected, boxes) && mayBe(dims[1], outputs[boxes]!.dims[0] ?? NaN),
    });
    if (typeof scores !== 'number') return scores;
    const count = settings.count === null ? null : outputs.findIndex(({ name }) => name === settings.count);
    if (count === -1)
      throw new MetricError(`Expected an output "${settings.count!}" as task.head.count, got none of that name`);
    return {
      classes: outputs[scores]!.dims[0] ?? null,
      decode(all, sample) {
        const rows = all[selected]!.data;
        const limit = count === null ? rows.length : Math.min(rows.length, all[count]!.data[0]! * COLUMNS);
        const own: number[] = [];
        for (let at = 0; at < limit; at += COLUMNS) {
          if (rows[at] === sample && rows[at + 1]! >= 0 && rows[at + 2]! >= 0) own.push(at);
        }
        const { data } = all[boxes]!;
        const [score, total] = [all[scores]!.data, all[scores]!.dims[1]!];
        return {
          ...{ kind: 'listed', frame: frameOf(settings.units), boxes: own.length },
          score: (row) => score[rows[own[row]! + 1]! * total + rows[own[row]! + 2]!]!,
          label: (row) => rows[own[row]! + 1]!,
          corners(row, into) {
            const at = rows[own[row]! + 2]! * 4;
            const [a, b, c, d] = [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!];
            if (settings.centerPointBox) writeCorners('cxcywh', a, b, c, d, into);
            else writeCorners('xyxy', Math.min(b, d), Math.min(a, c), Math.max(b, d), Math.max(a, c), into);
          },
        };
      },
    };
  },
});
