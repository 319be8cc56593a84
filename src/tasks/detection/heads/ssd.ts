import { z } from 'zod';
import { file, flag, oneOf } from '../../../schema/schema-leaves.js';
import { MetricError } from '../../metric-error.js';
import { boxCode, boxUnits, frameOf, writeCorners } from './box-code.js';
import { activation, background, classColumns, classCount } from './class-scores.js';
import { findOutput, mayBe } from './find-output.js';
import { defineHead } from './head.js';
import { outputName } from './output-setting.js';
import { makePriors, priorLevels } from './prior-levels.js';

const BOX = 4;

/**
 * Boxes `[N, boxes, 4]` and scores `[N, boxes, classes]`, with the background among the classes.
 * Boxes are offsets to priors: cx = pcx + l0 * v0 * pw, w = pw * exp(l2 * v1) (Liu et al. 2016;
 * torchvision's weights 10, 10, 5, 5 are the variances 0.1, 0.2), or decoded in the graph.
 */
export const ssdHead = defineHead({
  description: 'SSD and its kin: boxes [N, boxes, 4] as offsets to priors, or decoded, and scores [N, boxes, classes]',
  settings: {
    boxes: outputName('boxes'),
    scores: outputName('scores'),
    decoded: flag('The graph has decoded boxes, as `code` and `units` say.').default(false),
    code: boxCode.default('xyxy'),
    units: boxUnits.default('fraction'),
    priors: file(
      'the path of a .npy file',
      'Priors [boxes, 4], .npy: cx, cy, w, h as fractions of the sample, in the order of the boxes.',
    )
      .nullable()
      .default(null),
    levels: priorLevels.nullable().default(null),
    variances: z
      .tuple([z.number().gt(0), z.number().gt(0)], { error: 'a list: of centre and size' })
      .describe('Variances of centre and size.')
      .default([0.1, 0.2]),
    order: oneOf(['xywh', 'yxhw'], 'Order of the four offsets; TensorFlow has y first.').default('xywh'),
    activation: activation.default('softmax'),
    background: background.default('first'),
  },
  rules: {
    ...{ confidence: 0.01, iou: 0.45, multiLabel: true, candidates: 30_000, maxDetections: 200 },
    ...{ candidatesPerClass: 400, candidatesPerLevel: null },
  },
  bind(settings, outputs, { input, priors: given }) {
    const { decoded, code, units, levels, variances, order, activation: by, background: behind } = settings;
    const boxes = findOutput(outputs, settings.boxes, {
      ...{ role: 'boxes', expected: 'of shape [N, boxes, 4]' },
      fits: (dims) => dims.length === 2 && mayBe(dims[1], BOX),
    });
    if (typeof boxes !== 'number') return boxes;
    const count = outputs[boxes]!.dims[0] ?? null;
    const scores = findOutput(outputs, settings.scores, {
      ...{ role: 'scores', expected: `of shape [N, ${count ?? 'boxes'}, classes]` },
      fits: (dims) => dims.length === 2 && dims !== outputs[boxes]!.dims && (count === null || mayBe(dims[0], count)),
    });
    if (typeof scores !== 'number') return scores;
    const columns = outputs[scores]!.dims[1] ?? null;
    return {
      classes: columns === null ? null : classCount(columns, behind),
      decode(all) {
        const { data } = all[boxes]!;
        const width = all[scores]!.dims[1]!;
        const own = classColumns(all[scores]!.data, width, by, behind);
        const priors = decoded ? null : requirePriors(data.length / BOX);
        const [ix, iy] = order === 'xywh' ? [0, 1] : [1, 0];
        return {
          ...{
            kind: 'dense',
            frame: decoded ? frameOf(units) : 'fraction',
            boxes: data.length / BOX,
            classes: own.classes,
          },
          ...{
            scores: own.scores,
            offset: own.offset,
            boxStride: width,
            classStride: 1,
            objectness: null,
            levels: null,
          },
          corners(box, into) {
            const at = box * BOX;
            if (priors === null) {
              writeCorners(code, data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!, into);
              return;
            }
            const [px, py, pw, ph] = [priors[at]!, priors[at + 1]!, priors[at + 2]!, priors[at + 3]!];
            writeCorners(
              'cxcywh',
              px + data[at + ix]! * variances[0] * pw,
              py + data[at + iy]! * variances[0] * ph,
              pw * Math.exp(data[at + 2 + ix]! * variances[1]),
              ph * Math.exp(data[at + 2 + iy]! * variances[1]),
              into,
            );
          },
        };
      },
    };

    function requirePriors(wanted: number): Float64Array {
      if (given === null && levels !== null && input === null) {
        throw new MetricError(
          'Expected task.input, height and width of a sample, for the priors of task.head.levels, got none',
        );
      }
      const made = given ?? (levels === null ? null : makePriors(levels, input!));
      if (made === null) {
        throw new MetricError(
          'Expected priors for head ssd, got none: set task.head.priors (a .npy file), task.head.levels, or task.head.decoded where the graph decodes boxes',
        );
      }
      if (made.length === wanted * BOX) return made;
      throw new MetricError(`Expected ${wanted} priors, one for each box of the output, got ${made.length / BOX}`);
    }
  },
});
