import type { Candidates } from './collect-candidates.js';
import type { CandidateRules, DecodedBoxes } from './heads/head.js';

/** Detections of one sample in the frame of its head, by falling score; arrays `[detections]`. */
export interface SuppressedBoxes {
  readonly score: Float64Array;
  readonly class: Int32Array;
  readonly box: Int32Array;
  /** `[detections, 4]`: x1, y1, x2, y2. */
  readonly corners: Float64Array;
  /** Candidates and scores that were dropped because they were NaN or infinite. */
  readonly nonFinite: number;
}

/**
 * Greedy non-maximum suppression within classes: by falling score, a candidate is dropped if its
 * IoU with a kept one of its class is strictly above `iou`. It ends with `maxDetections` of all
 * classes together.
 */
export function suppressCandidates(
  decoded: DecodedBoxes,
  candidates: Candidates,
  { iou, maxDetections }: CandidateRules,
): SuppressedBoxes {
  const most = Math.min(maxDetections ?? Number.POSITIVE_INFINITY, candidates.score.length);
  const kept = new Int32Array(most);
  const corners = new Float64Array(most * 4);
  const keptOf = new Map<number, number[]>();
  const own = new Float64Array(4);
  let count = 0;
  for (let place = 0; place < candidates.score.length && count < most; place += 1) {
    decoded.corners(candidates.box[place]!, own);
    let others = keptOf.get(candidates.class[place]!);
    if (others === undefined) keptOf.set(candidates.class[place]!, (others = []));
    if (iou < 1 && others.some((other) => cornersOverlap(corners, other * 4, own, 0) > iou)) continue;
    kept[count] = place;
    corners.set(own, count * 4);
    others.push(count);
    count += 1;
  }
  const places = kept.subarray(0, count);
  return {
    score: Float64Array.from(places, (place) => candidates.score[place]!),
    class: places.map((place) => candidates.class[place]!),
    box: places.map((place) => candidates.box[place]!),
    corners: corners.slice(0, count * 4),
    nonFinite: candidates.nonFinite,
  };
}

/** IoU of two boxes x1, y1, x2, y2; 0 where either extent of the overlap is not above 0. */
export function cornersOverlap(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const width = Math.min(a[i + 2]!, b[j + 2]!) - Math.max(a[i]!, b[j]!);
  if (width <= 0) return 0;
  const height = Math.min(a[i + 3]!, b[j + 3]!) - Math.max(a[i + 1]!, b[j + 1]!);
  if (height <= 0) return 0;
  const overlap = width * height;
  const areas = (a[i + 2]! - a[i]!) * (a[i + 3]! - a[i + 1]!) + (b[j + 2]! - b[j]!) * (b[j + 3]! - b[j + 1]!);
  return overlap / (areas - overlap);
}
