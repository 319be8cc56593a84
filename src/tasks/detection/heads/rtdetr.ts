import type { OutputShape } from '../../output-shape.js';
import { boxCode, boxUnits, frameOf, writeCorners } from './box-code.js';
import { activation, background, classColumns, classCount } from './class-scores.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead, type BoundHead } from './head.js';
import { outputName } from './output-setting.js';

const BOX = 4;

/**
 * One row for each query: either `[N, queries, 4 + classes]` (ultralytics RT-DETR), or boxes
 * `[N, queries, 4]` and scores `[N, queries, classes]` apart (DETR and others). Boxes are cx, cy,
 * w, h as fractions of the sample. There is no suppression, and each query gives its best class.
 */
export const rtdetrHead = defineHead({
  description: 'RT-DETR, DETR: [N, queries, 4 + classes], or boxes and scores apart; no suppression',
  settings: {
    output: outputName('boxes and scores together'),
    boxes: outputName('boxes alone'),
    scores: outputName('scores alone'),
    code: boxCode.default('cxcywh'),
    units: boxUnits.default('fraction'),
    activation: activation.default('none'),
    background: background.default('none'),
  },
  rules: {
    ...{ confidence: 0, iou: 1, multiLabel: false, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind(settings, outputs, { classes }) {
    const { output, boxes: boxesName, scores: scoresName, code, units, activation: by, background: behind } = settings;
    const columnsOf = (length: number | null): number | null => (length === null ? null : classCount(length, behind));
    const isApart =
      output === null &&
      (boxesName !== null || scoresName !== null || outputs.some(({ dims }) => dims.length === 2 && dims[1] === BOX));
    if (!isApart) {
      const fits = (dims: OutputShape['dims']): boolean =>
        dims.length === 2 &&
        (dims[1] === null || (dims[1]! > BOX && (classes === null || classCount(dims[1]! - BOX, behind) >= classes)));
      const expected = `of shape [N, queries, ${BOX} + classes]`;
      const place = findOutput(outputs, output, { role: 'output', expected, fits });
      if (typeof place !== 'number') return place;
      const columns = outputs[place]!.dims[1] ?? null;
      return {
        classes: columnsOf(columns === null ? null : columns - BOX),
        decode(all) {
          const { data, dims } = all[place]!;
          const [queries, width] = dims as [number, number];
          const apart = new Float32Array(queries * (width - BOX));
          for (let query = 0; query < queries; query += 1) {
            apart.set(data.subarray(query * width + BOX, (query + 1) * width), query * (width - BOX));
          }
          return decodeQueries(data, width, apart, width - BOX);
        },
      };
    }
    const boxes = findOutput(outputs, boxesName, {
      ...{ role: 'boxes', expected: 'of shape [N, queries, 4]' },
      fits: (dims) => dims.length === 2 && mayBe(dims[1], BOX),
    });
    if (typeof boxes !== 'number') return boxes;
    const scores = findOutput(outputs, scoresName, {
      ...{ role: 'scores', expected: 'of shape [N, queries, classes]' },
      fits: (dims) =>
        dims.length === 2 && dims !== outputs[boxes]!.dims && mayBe(dims[0], outputs[boxes]!.dims[0] ?? NaN),
    });
    if (typeof scores !== 'number') return scores;
    return {
      classes: columnsOf(outputs[scores]!.dims[1] ?? null),
      decode: (all) => decodeQueries(all[boxes]!.data, BOX, all[scores]!.data, all[scores]!.dims[1]!),
    };

    function decodeQueries(
      data: Float32Array,
      width: number,
      raw: Float32Array,
      columns: number,
    ): ReturnType<BoundHead['decode']> {
      const { scores: probabilities, offset, classes: own } = classColumns(raw, columns, by, behind);
      return {
        ...{ kind: 'dense', frame: frameOf(units), boxes: data.length / width, classes: own },
        ...{ scores: probabilities, offset, boxStride: columns, classStride: 1, objectness: null, levels: null },
        corners(query, into) {
          const at = query * width;
          writeCorners(code, data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
        },
      };
    }
  },
});
