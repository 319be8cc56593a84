import { IOU_THRESHOLDS } from './iou-thresholds.js';

/** What detections of one picture and class are matched with; arrays `[objects]`, in file order. */
export interface MatchedObjects {
  /** 1: any number of detections may match it. */
  readonly crowd: Uint8Array;
  /** 1: neither found nor missed; crowds are. */
  readonly ignored: Uint8Array;
}

/** Of each detection, bit t for the t-th threshold; arrays `[detections]`. No bit is in both. */
export interface MatchBits {
  readonly truePositive: Uint16Array;
  /** Neither a true nor a false positive. */
  readonly ignored: Uint16Array;
}

/**
 * Matches the detections of one picture and class with its objects, as pycocotools `evaluateImg`
 * does: at each threshold, by falling score, a detection takes the free object (a crowd is always
 * free) of the largest similarity that is at least min(threshold, 1 - 1e-10); of equal ones the
 * later. Objects that count come first, and once one of them matches, ignored ones are not looked
 * at.
 *
 * @param similarity IoU or OKS, `[detections, objects]`, detections by falling score
 * @param isOutside 1 for detections that, unmatched, count as ignored
 */
export function matchDetections(similarity: Float64Array, objects: MatchedObjects, isOutside: Uint8Array): MatchBits {
  const detections = isOutside.length;
  const count = objects.ignored.length;
  const truePositive = new Uint16Array(detections);
  const ignored = new Uint16Array(detections);
  const order = inOrder(objects.ignored);
  const taken = new Uint8Array(count);
  for (const [bit, threshold] of IOU_THRESHOLDS.entries()) {
    taken.fill(0);
    for (let detection = 0; detection < detections; detection += 1) {
      let best = Math.min(threshold, 1 - 1e-10);
      let match = -1;
      for (const object of order) {
        if (taken[object] === 1 && objects.crowd[object] === 0) continue;
        if (match >= 0 && objects.ignored[match] === 0 && objects.ignored[object] === 1) break;
        const own = similarity[detection * count + object]!;
        if (own < best) continue;
        best = own;
        match = object;
      }
      if (match >= 0) taken[match] = 1;
      const isIgnored = match >= 0 ? objects.ignored[match] === 1 : isOutside[detection] === 1;
      if (isIgnored) ignored[detection]! |= 1 << bit;
      else if (match >= 0) truePositive[detection]! |= 1 << bit;
    }
  }
  return { truePositive, ignored };
}

/** Objects that count, then the ignored ones, each in file order. */
function inOrder(ignored: Uint8Array): Int32Array {
  const order = new Int32Array(ignored.length);
  let place = 0;
  for (const wanted of [0, 1]) {
    for (let object = 0; object < ignored.length; object += 1) {
      if (ignored[object] === wanted) order[place++] = object;
    }
  }
  return order;
}
