import { boxUnits, frameOf, writeCorners } from './box-code.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

const COLUMNS = 7;

/** `[rows, 7]` for all samples of a run: sample, x1, y1, x2, y2, class, score. */
export const batchedHead = defineHead({
  description: 'YOLOv7 exported with --end2end: [rows, 7] of sample, x1, y1, x2, y2, class, score',
  settings: { output: outputName('the rows'), units: boxUnits.default('pixels') },
  rules: {
    ...{ confidence: 0, iou: 1, multiLabel: false, candidates: 100_000, maxDetections: null },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  unbatched: (_, outputs) => new Set(outputs.flatMap(({ name, dims }) => (dims.length === 2 ? [name] : []))),
  bind({ output, units }, outputs) {
    const place = findOutput(outputs, output, {
      ...{ role: 'output', expected: `of shape [rows, ${COLUMNS}]` },
      fits: (dims) => dims.length === 2 && mayBe(dims[1], COLUMNS),
    });
    if (typeof place !== 'number') return place;
    return {
      classes: null,
      decode(all, sample) {
        const { data } = all[place]!;
        const rows: number[] = [];
        for (let at = 0; at < data.length; at += COLUMNS) if (data[at] === sample) rows.push(at);
        return {
          ...{ kind: 'listed', frame: frameOf(units), boxes: rows.length },
          score: (row) => data[rows[row]! + 6]!,
          label: (row) => data[rows[row]! + 5]!,
          corners(row, into) {
            const at = rows[row]! + 1;
            writeCorners('xyxy', data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
          },
        };
      },
    };
  },
});
