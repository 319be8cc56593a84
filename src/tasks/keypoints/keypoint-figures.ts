import type { AccuracyRecord } from '../../records/evaluation-record.js';
import { drawResample } from '../../statistics/bootstrap.js';
import {
  averagePrecision,
  averageRecall,
  figureRow as row,
  meanOverClasses,
  precisionAt,
  recallAt,
  type ClassCurves,
} from '../coco-evaluation/class-means.js';
import { precisionRecall, type PrecisionRecall, type RankedDetections } from '../coco-evaluation/precision-curves.js';
import type { KeypointState } from './keypoint-state.js';
import { AREA_RANGES } from './match-figures.js';

/** Places of 0.50 and 0.75 among the thresholds. */
const [AT_50, AT_75] = [0, 5];
const NONE = new Float64Array(0);

/** What ranks one class. */
interface ClassEvidence {
  readonly name: string;
  /** In each range of areas. */
  readonly ranked: readonly RankedDetections[];
  /** Samples that each counted figure is in, by range. */
  readonly figures: readonly Int32Array[];
}

/**
 * COCO's ten figures of keypoints, and the AP of each class where there are several. A figure that
 * nothing counts in has no row. AP, AP50 and AP75 have intervals from resamples of the pictures,
 * the same for all trials; a resample without anything to find counts 0.
 */
export function keypointFigures(
  state: KeypointState,
  pictures: number,
  bootstrap: number,
): { readonly accuracies: readonly AccuracyRecord[]; readonly replicates: Float64Array } {
  const evidence = collectEvidence(state);
  const weight = new Uint16Array(pictures).fill(1);
  const inRange = (range: number): ClassCurves => evidence.map((each) => curvesOf(each, range, weight));
  const [all, medium, large] = [inRange(0), inRange(1), inRange(2)];
  const [mean, at50, at75] = [0, 0, 0].map(() => new Float64Array(bootstrap)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let replicate = 0; replicate < bootstrap; replicate += 1) {
    drawResample(replicate, weight);
    const curves = evidence.map((each) => curvesOf(each, 0, weight));
    mean[replicate] = meanOverClasses(curves, averagePrecision) ?? 0;
    at50[replicate] = meanOverClasses(curves, precisionAt(AT_50)) ?? 0;
    at75[replicate] = meanOverClasses(curves, precisionAt(AT_75)) ?? 0;
  }
  const rows = [
    row('AP', '', meanOverClasses(all, averagePrecision), mean),
    row('AP50', '', meanOverClasses(all, precisionAt(AT_50)), at50),
    row('AP75', '', meanOverClasses(all, precisionAt(AT_75)), at75),
    row('APmedium', '', meanOverClasses(medium, averagePrecision), NONE),
    row('APlarge', '', meanOverClasses(large, averagePrecision), NONE),
    row('AR', '', meanOverClasses(all, averageRecall), NONE),
    row('AR50', '', meanOverClasses(all, recallAt(AT_50)), NONE),
    row('AR75', '', meanOverClasses(all, recallAt(AT_75)), NONE),
    row('ARmedium', '', meanOverClasses(medium, averageRecall), NONE),
    row('ARlarge', '', meanOverClasses(large, averageRecall), NONE),
    ...(evidence.length < 2
      ? []
      : evidence.map(({ name }, index) => row('ap', name, meanOverClasses([all[index]!], averagePrecision), NONE))),
  ];
  return { accuracies: rows.filter((each) => each !== null), replicates: mean };
}

function collectEvidence({ classes, pictureIds, found, figures }: KeypointState): readonly ClassEvidence[] {
  return classes.map((name, own) => {
    const entries = found.flatMap((part, index) =>
      Array.from(part.class.keys())
        .filter((place) => part.class[place] === own)
        .map((place) => ({ part, place, index, score: part.score[place]!, sample: part.sample[place]! })),
    );
    // A picture's figures lie in one part, in their order.
    entries.sort(
      (a, b) =>
        b.score - a.score || pictureIds[a.sample]! - pictureIds[b.sample]! || a.index - b.index || a.place - b.place,
    );
    const ranges = AREA_RANGES.length;
    return {
      name,
      ranked: AREA_RANGES.map((_, range) => ({
        score: Float64Array.from(entries, ({ score }) => score),
        picture: Int32Array.from(entries, ({ sample }) => sample),
        truePositive: Uint16Array.from(entries, ({ part, place }) => part.truePositive[place * ranges + range]!),
        ignored: Uint16Array.from(entries, ({ part, place }) => part.ignored[place * ranges + range]!),
      })),
      figures: AREA_RANGES.map((__, range) =>
        Int32Array.from(
          figures.flatMap((part) =>
            Array.from(part.class.keys())
              .filter((place) => part.class[place] === own && (part.ranges[place]! >> range) & 1)
              .map((place) => part.sample[place]!),
          ),
        ),
      ),
    };
  });
}

/** Null where nothing of the class counts. */
function curvesOf({ ranked, figures }: ClassEvidence, range: number, weight: Uint16Array): PrecisionRecall | null {
  const count = figures[range]!.reduce((sum, sample) => sum + weight[sample]!, 0);
  return count === 0 ? null : precisionRecall(ranked[range]!, count, weight);
}
