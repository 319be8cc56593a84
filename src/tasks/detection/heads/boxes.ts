import type { OutputShape } from '../../output-shape.js';
import { boxCode, boxUnits, frameOf, writeCorners } from './box-code.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

/**
 * Detections of a graph that ends in suppression: boxes `[N, rows, 4]`, labels and scores
 * `[N, rows]` (torchvision, TensorRT), or boxes with the score as fifth column (mmdeploy `dets`).
 * The axis of samples may be missing where the model takes one sample at a time.
 */
export const boxesHead = defineHead({
  description: 'Boxes, labels and scores of a graph that ends in suppression; scores may be a fifth column of boxes',
  settings: {
    boxes: outputName('boxes [N, rows, 4], or [N, rows, 5] with scores'),
    scores: outputName('scores [N, rows]'),
    labels: outputName('labels [N, rows]'),
    count: outputName('the number of rows [N, 1] that hold detections'),
    code: boxCode.default('xyxy'),
    units: boxUnits.default('pixels'),
  },
  rules: {
    ...{ confidence: 0, iou: 1, multiLabel: false, candidates: 100_000, maxDetections: null },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  unbatched(_, outputs) {
    const isWithout = outputs.every(({ dims }) => dims.length <= 2);
    return new Set(isWithout ? outputs.map(({ name }) => name) : []);
  },
  bind(settings, outputs) {
    const { code, units } = settings;
    const boxes = findOutput(outputs, settings.boxes, {
      ...{ role: 'boxes', expected: 'of shape [N, rows, 4], or [N, rows, 5] with scores' },
      fits: (dims) => dims.length === 2 && (mayBe(dims[1], 4) || mayBe(dims[1], 5)),
    });
    if (typeof boxes !== 'number') return boxes;
    const columns = outputs[boxes]!.dims[1];
    // Rows are often not known; a single number is a count.
    const isRow = (dims: OutputShape['dims']): boolean =>
      dims.length === 1 || (dims.length === 2 && dims[1] === 1 && dims[0] !== 1);
    const named = (
      name: string | null,
      words: readonly string[],
      others: readonly (number | null)[],
    ): string | null => {
      if (name !== null) return name;
      const rows = outputs.filter((each, index) => isRow(each.dims) && !others.includes(index));
      const fitting = rows.filter((each) => words.some((word) => each.name.toLowerCase().includes(word)));
      return rows.length > 1 && fitting.length === 1 ? fitting[0]!.name : null;
    };
    const labels = findOutput(outputs, named(settings.labels, ['label', 'class'], []), {
      ...{ role: 'labels', expected: 'of shape [N, rows]' },
      fits: isRow,
    });
    if (typeof labels !== 'number') return labels;
    let scores: number | null = null;
    if (columns !== 5 || settings.scores !== null) {
      const found = findOutput(outputs, named(settings.scores, ['score', 'conf'], [labels]), {
        ...{ role: 'scores', expected: 'of shape [N, rows]' },
        fits: (dims) => isRow(dims) && dims !== outputs[labels]!.dims,
      });
      if (typeof found !== 'number') return found;
      scores = found;
    }
    let count: number | null = null;
    if (settings.count !== null) {
      const found = findOutput(outputs, settings.count, {
        ...{ role: 'count', expected: 'a number for each sample' },
        fits: () => true,
      });
      if (typeof found !== 'number') return found;
      count = found;
    }
    return {
      classes: null,
      decode(all) {
        const { data, dims } = all[boxes]!;
        const [rows, width] = dims as [number, number];
        const own = scores === null ? null : all[scores]!.data;
        const label = all[labels]!.data;
        return {
          ...{ kind: 'listed', frame: frameOf(units) },
          boxes: count === null ? rows : Math.min(rows, Math.max(0, Math.trunc(all[count]!.data[0]!))),
          score: (row) => (own === null ? data[row * width + 4]! : own[row]!),
          label: (row) => label[row]!,
          corners(row, into) {
            const at = row * width;
            writeCorners(code, data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
          },
        };
      },
    };
  },
});
