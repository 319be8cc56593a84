import { matchDetections } from '../coco-evaluation/match-detections.js';
import type { CountedFigures, MatchedFigures } from './keypoint-state.js';
import type { TruthFigure } from './keypoint-truth.js';
import { keypointSimilarity } from './oks.js';

/** Figures of a picture and class that count (COCO's `maxDets` of keypoints). */
export const MOST_PER_CLASS = 20;

/** In square pixels, both ends included (pycocotools `Params` of keypoints: none are small). */
export const AREA_RANGES = [
  { name: '', from: 0, to: 1e5 ** 2 },
  { name: 'medium', from: 32 ** 2, to: 96 ** 2 },
  { name: 'large', from: 96 ** 2, to: 1e5 ** 2 },
] as const;

/** A figure that a model found, in pixels of the picture. */
export interface FoundFigure {
  readonly class: number;
  readonly score: number;
  /** `[K, 2]` */
  readonly points: Float64Array;
}

/**
 * Matches what was found in a picture with its figures, class by class, in each range of areas, as
 * pycocotools does. The area of a found figure is that of its points' extent.
 *
 * @param found by falling score, in the order in which equal ones count
 */
export function matchFigures(
  sample: number,
  found: readonly FoundFigure[],
  figures: readonly TruthFigure[],
  sigmas: readonly number[],
): MatchedFigures {
  const kept: FoundFigure[] = [];
  const [truePositive, ignored]: [number[], number[]] = [[], []];
  for (const each of new Set(found.map((figure) => figure.class))) {
    const own = found.filter((figure) => figure.class === each).slice(0, MOST_PER_CLASS);
    const truth = figures.filter((figure) => figure.class === each);
    const similarity = Float64Array.from(
      own.flatMap(({ points }) => truth.map((figure) => keypointSimilarity(points, figure, sigmas))),
    );
    const crowd = Uint8Array.from(truth, ({ isCrowd }) => Number(isCrowd));
    const bits = AREA_RANGES.map((range) =>
      matchDetections(
        similarity,
        {
          crowd,
          ignored: Uint8Array.from(truth, (figure) => Number(figure.isIgnored || !isWithin(figure.area, range))),
        },
        Uint8Array.from(own, ({ points }) => Number(!isWithin(extentOf(points), range))),
      ),
    );
    for (const [index, figure] of own.entries()) {
      kept.push(figure);
      for (const range of bits) {
        truePositive.push(range.truePositive[index]!);
        ignored.push(range.ignored[index]!);
      }
    }
  }
  return {
    sample: new Int32Array(kept.length).fill(sample),
    class: Uint16Array.from(kept, (figure) => figure.class),
    score: Float64Array.from(kept, ({ score }) => score),
    truePositive: Uint16Array.from(truePositive),
    ignored: Uint16Array.from(ignored),
  };
}

/** The figures of a picture that are to be found in any range. */
export function countFigures(sample: number, figures: readonly TruthFigure[]): CountedFigures {
  const own = figures.filter(({ isIgnored }) => !isIgnored);
  return {
    sample: new Int32Array(own.length).fill(sample),
    class: Uint16Array.from(own, (figure) => figure.class),
    ranges: Uint8Array.from(own, ({ area }) =>
      AREA_RANGES.reduce((bits, range, bit) => bits | (isWithin(area, range) ? 1 << bit : 0), 0),
    ),
  };
}

function isWithin(area: number, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return area >= from && area <= to;
}

/** Of all points, labelled or not: pycocotools `loadRes`. */
function extentOf(points: Float64Array): number {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at]!);
    right = Math.max(right, points[at]!);
    top = Math.min(top, points[at + 1]!);
    bottom = Math.max(bottom, points[at + 1]!);
  }
  return (right - left) * (bottom - top);
}
