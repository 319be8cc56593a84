import type { OutputShape } from '../../output-shape.js';
import { boxUnits, frameOf, writeCorners } from './box-code.js';
import { extraColumns } from './extra-columns.js';
import { findOutput } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';

/** Channels of a box before those of classes. */
const BOX = 4;

/**
 * `[N, 4 + classes + extra, boxes]`, or the same with the last two axes exchanged: cx, cy, w, h in
 * pixels of the sample and a probability for each class, without objectness (ultralytics 8,
 * `nn/modules/head.py`).
 */
export const yolov8Head = defineHead({
  description: 'YOLOv8, v9, 11, 12: [N, 4 + classes, boxes], no objectness',
  settings: {
    output: outputName('boxes and scores'),
    extra: extraColumns,
    units: boxUnits.default('pixels'),
  },
  rules: {
    ...{ confidence: 0.001, iou: 0.7, multiLabel: true, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ output, extra, units }, outputs, { classes }) {
    const others = BOX + extra;
    const fits = (dims: OutputShape['dims']): boolean =>
      dims.length === 2 && (dims.some((length) => length === null) || channelsOf(dims, others, classes) > others);
    const expected = `of shape [N, ${others} + classes, boxes]`;
    const place = findOutput(outputs, output, { role: 'output', expected, fits });
    if (typeof place !== 'number') return place;
    const { dims } = outputs[place]!;
    const isKnown = dims.every((length) => length !== null);
    return {
      classes: isKnown ? channelsOf(dims, others, classes) - others : null,
      decode(all) {
        const { data, dims: own } = all[place]!;
        const channels = channelsOf(own, others, classes);
        const boxes = data.length / channels;
        const isTransposed = own[0] === channels && !(own[1] === channels && own[0] > own[1]);
        const [channel, box] = isTransposed ? [boxes, 1] : [1, channels];
        return {
          ...{ kind: 'dense', frame: frameOf(units), boxes, classes: channels - others },
          ...{ scores: data, offset: BOX * channel, boxStride: box, classStride: channel },
          ...{ objectness: null, levels: null },
          corners(index, into) {
            const at = index * box;
            const [x, y, w, h] = [data[at]!, data[at + channel]!, data[at + 2 * channel]!, data[at + 3 * channel]!];
            writeCorners('cxcywh', x, y, w, h, into);
          },
        };
      },
    };
  },
});

/** The axis of channels: the one of the length that the classes give, or else the shorter one. */
function channelsOf(dims: OutputShape['dims'], others: number, classes: number | null): number {
  const [first, second] = [dims[0] ?? 0, dims[1] ?? 0];
  if (classes !== null && first === others + classes) return first;
  if (classes !== null && second === others + classes) return second;
  return Math.min(first, second);
}
