import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import {
  averagePrecision,
  averageRecall,
  figureRow as row,
  meanOfKnown,
  meanOverClasses,
  precisionAt,
} from '../coco-evaluation/class-means.js';
import { precisionRecall, type PrecisionRecall } from '../coco-evaluation/precision-curves.js';
import { AREA_RANGES } from './area-ranges.js';
import { weighObjects, type ClassEvidence } from './class-evidence.js';
import { MOST_PER_CLASS } from './match-picture.js';

/** Detections of a picture and class that the recalls AR1, AR10 and AR100 look at. */
const RECALL_LIMITS = [1, 10, MOST_PER_CLASS];
/** Places of 0.50 and 0.75 among the thresholds. */
const [AT_50, AT_75] = [0, 5];
const NONE = new Float64Array(0);

/** The figures of an evaluation, and the primary one of each resample. */
export interface CocoFigures {
  readonly accuracies: readonly AccuracyRecord[];
  readonly replicates: Float64Array;
}

/**
 * COCO's twelve figures, and the AP of each class. A figure that no object counts in has no row.
 * `mAP`, `mAP50`, `mAP75` and the AP of classes have intervals from resamples of the pictures, the
 * same for all trials; a resample without any object counts 0.
 */
export function cocoFigures(evidence: readonly ClassEvidence[], pictures: number, replicates: number): CocoFigures {
  const once = new Uint16Array(pictures).fill(1);
  const byRange = AREA_RANGES.map((_, range) => evidence.map((each) => curvesOf(each, range, once)));
  const [whole] = byRange;
  const resampled = resample(evidence, pictures, replicates);
  const rows: (AccuracyRecord | null)[] = [
    row('mAP', '', meanOverClasses(whole!, averagePrecision), resampled.mean),
    row('mAP50', '', meanOverClasses(whole!, precisionAt(AT_50)), resampled.at50),
    row('mAP75', '', meanOverClasses(whole!, precisionAt(AT_75)), resampled.at75),
    ...AREA_RANGES.slice(1).map(({ name }, range) =>
      row(`mAP${name}`, '', meanOverClasses(byRange[range + 1]!, averagePrecision), NONE),
    ),
    ...RECALL_LIMITS.map((limit) => {
      const recalls = evidence.map((each) => recallOf(each, limit));
      return row(`AR${limit}`, '', meanOfKnown(recalls), NONE);
    }),
    ...AREA_RANGES.slice(1).map(({ name }, range) =>
      row(`AR${name}`, '', meanOverClasses(byRange[range + 1]!, averageRecall), NONE),
    ),
    ...evidence.flatMap(({ name }, index) => {
      const curves = whole![index] ?? null;
      if (curves === null) return [];
      return [
        row('ap', name, averagePrecision(curves), resampled.byClass[index]!),
        row('ap50', name, curves.precision[AT_50]!, NONE),
      ];
    }),
  ];
  return { accuracies: rows.filter((each) => each !== null), replicates: resampled.mean };
}

function resample(evidence: readonly ClassEvidence[], pictures: number, replicates: number) {
  const [mean, at50, at75] = [0, 0, 0].map(() => new Float64Array(replicates)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const byClass = evidence.map(() => new Float64Array(replicates));
  const weight = new Uint16Array(pictures);
  for (let replicate = 0; replicate < replicates; replicate += 1) {
    drawResample(replicate, weight);
    const curves = evidence.map((each) => curvesOf(each, 0, weight));
    mean[replicate] = meanOverClasses(curves, averagePrecision) ?? 0;
    at50[replicate] = meanOverClasses(curves, precisionAt(AT_50)) ?? 0;
    at75[replicate] = meanOverClasses(curves, precisionAt(AT_75)) ?? 0;
    for (const [index, own] of curves.entries()) byClass[index]![replicate] = own === null ? 0 : averagePrecision(own);
  }
  return { mean, at50, at75, byClass };
}

/** Null where no object of the class counts. */
function curvesOf({ ranked, objects }: ClassEvidence, range: number, weight: Uint16Array): PrecisionRecall | null {
  const count = weighObjects(objects[range]!, weight);
  return count === 0 ? null : precisionRecall(ranked[range]!, count, weight);
}

/** Mean over thresholds of the share of objects found by the best `limit` of each picture. */
function recallOf({ ranked: [ranked], rank, objects: [objects] }: ClassEvidence, limit: number): number | null {
  const count = objects!.length;
  if (count === 0) return null;
  let found = 0;
  for (let index = 0; index < rank.length; index += 1) {
    if (rank[index]! >= limit) continue;
    for (let left = ranked!.truePositive[index]!; left !== 0; left >>>= 1) found += left & 1;
  }
  return found / count / 10;
}
