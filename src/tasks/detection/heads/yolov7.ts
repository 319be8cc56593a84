import { z } from 'zod';
import { listOf } from '../../../schema/schema-leaves.js';
import type { OutputShape } from '../../output-shape.js';
import { writeCorners } from './box-code.js';
import { sigmoid } from './class-scores.js';
import { findLevels } from './find-levels.js';
import { defineHead } from './head.js';
import { levelNames } from './level-names.js';
import { strideList } from './strides-setting.js';

const OTHERS = 5;

const anchorSizes = listOf(
  listOf(
    z.tuple([z.number().gt(0), z.number().gt(0)], { error: 'a list: width and height' }),
    'a list of [width, height]',
    'Anchors of a level.',
  ),
  'a list with a list of [width, height] for each level',
  'Anchors of each level in pixels of the sample; those of YOLOv7.',
);

/**
 * Raw maps of each level, `[N, anchors, H, W, 5 + classes]` or
 * `[N, anchors * (5 + classes), H, W]`: with s the sigmoid, x = (2 s - 0.5 + column) * stride,
 * w = (2 s)^2 * anchor, and scores s (YOLOv7 and YOLOv5 without their grid in the graph).
 */
export const yolov7Head = defineHead({
  description: 'YOLOv7 or v5 without --grid: raw maps [N, anchors, H, W, 5 + classes] of each level',
  settings: {
    outputs: levelNames('raw maps'),
    strides: strideList([8, 16, 32]),
    anchors: anchorSizes.default([
      [
        [12, 16],
        [19, 36],
        [40, 28],
      ],
      [
        [36, 75],
        [76, 55],
        [72, 146],
      ],
      [
        [142, 110],
        [192, 243],
        [459, 401],
      ],
    ]),
  },
  rules: {
    ...{ confidence: 0.001, iou: 0.65, multiLabel: true, candidates: 30_000, maxDetections: 300 },
    ...{ candidatesPerClass: null, candidatesPerLevel: null },
  },
  bind({ outputs: names, strides, anchors }, outputs) {
    const perCell = anchors[0]!.length;
    const fits = (dims: OutputShape['dims']): boolean =>
      (dims.length === 4 && (dims[0] === null || dims[0] === perCell)) ||
      (dims.length === 3 && (dims[0] === null || (dims[0]! % perCell === 0 && dims[0]! / perCell > OTHERS)));
    const expected = `of shape [N, ${perCell}, H, W, 5 + classes]`;
    const places = findLevels(outputs, names, { role: 'outputs', expected, fits }, strides.length);
    if ('advice' in places) return places;
    const { dims: known } = outputs[places[0]!]!;
    const columns = known.length === 4 ? (known[3] ?? null) : (known[0] ?? NaN) / perCell;
    return {
      classes: columns === null || Number.isNaN(columns) ? null : columns - OTHERS,
      decode(all) {
        const maps = places.map((place) => all[place]!);
        const width = maps[0]!.dims.length === 4 ? maps[0]!.dims[3]! : maps[0]!.dims[0]! / perCell;
        const boxes = maps.reduce((sum, { data }) => sum + data.length, 0) / width;
        const values = new Float64Array(boxes * width);
        const firsts: number[] = [];
        let at = 0;
        for (const { data, dims } of maps) {
          firsts.push(at / width);
          const cells = data.length / perCell / width;
          const [ofCell, ofColumn] = dims.length === 4 ? [width, 1] : [1, cells];
          for (let anchor = 0; anchor < perCell; anchor += 1) {
            for (let cell = 0; cell < cells; cell += 1) {
              const from = anchor * cells * width + cell * ofCell;
              for (let column = 0; column < width; column += 1) values[at++] = sigmoid(data[from + column * ofColumn]!);
            }
          }
        }
        return {
          ...{ kind: 'dense', frame: 'sample', boxes, classes: width - OTHERS },
          ...{ scores: values, offset: OTHERS, boxStride: width, classStride: 1 },
          objectness: { data: values, offset: OTHERS - 1, stride: width },
          levels: firsts,
          corners(box, into) {
            const level = firsts.findLastIndex((first) => first <= box);
            const { dims } = maps[level]!;
            const [, rows, across] = dims as [number, number, number];
            const own = box - firsts[level]!;
            const cell = own % (rows * across);
            const [w, h] = anchors[level]![Math.floor(own / (rows * across))]!;
            const stride = strides[level]!;
            const from = box * width;
            writeCorners(
              'cxcywh',
              (2 * values[from]! - 0.5 + (cell % across)) * stride,
              (2 * values[from + 1]! - 0.5 + Math.floor(cell / across)) * stride,
              (2 * values[from + 2]!) ** 2 * w,
              (2 * values[from + 3]!) ** 2 * h,
              into,
            );
          },
        };
      },
    };
  },
});
