import { ALL_THRESHOLDS } from '../coco-evaluation/iou-thresholds.js';
import { matchDetections } from '../coco-evaluation/match-detections.js';
import { AREA_RANGES, areaBits } from './area-ranges.js';
import { boxOverlap } from './box-overlap.js';
import type { CountedObjects, MatchedDetections } from './detection-state.js';
import type { PictureDetections, PictureObjects } from './picture-detections.js';

/** Detections of a picture and class that count (COCO's largest `maxDets`). */
export const MOST_PER_CLASS = 100;

/**
 * Matches what was detected in a picture with its objects, class by class, in each range of areas
 * as pycocotools does. Of a class the 100 best count.
 */
export function matchPicture(
  sample: number,
  detections: PictureDetections,
  objects: PictureObjects,
): MatchedDetections {
  const kept = bestOfEachClass(detections.class);
  const ranges = AREA_RANGES.length;
  const matched = {
    sample: new Int32Array(kept.length).fill(sample),
    class: Uint16Array.from(kept, (detection) => detections.class[detection]!),
    score: Float64Array.from(kept, (detection) => detections.score[detection]!),
    truePositive: new Uint16Array(kept.length * ranges),
    ignored: new Uint16Array(kept.length * ranges),
  };
  // Bits of ranges that a detection lies outside of.
  const outside = Uint8Array.from(kept, (detection) => {
    return ~areaBits(detections.boxes[detection * 4 + 2]! * detections.boxes[detection * 4 + 3]!);
  });
  const objectsOf = groupByClass(objects.class);
  for (const [each, places] of groupByClass(matched.class)) {
    const own = objectsOf.get(each);
    if (own === undefined) leaveUnmatched(matched.ignored, places, outside);
    else matchClass(places, own);
  }
  return matched;

  function matchClass(places: readonly number[], own: readonly number[]): void {
    const overlap = new Float64Array(places.length * own.length);
    for (const [row, place] of places.entries()) {
      for (const [column, object] of own.entries()) {
        const isCrowd = objects.crowd[object] === 1;
        overlap[row * own.length + column] = boxOverlap(detections.boxes, kept[place]!, objects.boxes, object, isCrowd);
      }
    }
    const crowd = Uint8Array.from(own, (object) => objects.crowd[object]!);
    for (let range = 0; range < ranges; range += 1) {
      const ignored = Uint8Array.from(own, (object) => (counts(objects, object, range) ? 0 : 1));
      const isOutside = Uint8Array.from(places, (place) => (outside[place]! >> range) & 1);
      const bits = matchDetections(overlap, { crowd, ignored }, isOutside);
      for (const [row, place] of places.entries()) {
        matched.truePositive[place * ranges + range] = bits.truePositive[row]!;
        matched.ignored[place * ranges + range] = bits.ignored[row]!;
      }
    }
  }
}

/** Most classes of a picture have detections and no object. */
function leaveUnmatched(ignored: Uint16Array, places: readonly number[], outside: Uint8Array): void {
  for (const place of places) {
    for (let range = 0; range < AREA_RANGES.length; range += 1) {
      if ((outside[place]! >> range) & 1) ignored[place * AREA_RANGES.length + range] = ALL_THRESHOLDS;
    }
  }
}

/** The objects of a picture that count in any range. */
export function countObjects(sample: number, objects: PictureObjects): CountedObjects {
  const own: number[] = [];
  for (let object = 0; object < objects.class.length; object += 1) {
    if (objects.crowd[object] === 0 && areaBits(objects.area[object]!) !== 0) own.push(object);
  }
  return {
    sample: new Int32Array(own.length).fill(sample),
    class: Uint16Array.from(own, (object) => objects.class[object]!),
    ranges: Uint8Array.from(own, (object) => areaBits(objects.area[object]!)),
  };
}

function counts(objects: PictureObjects, object: number, range: number): boolean {
  return objects.crowd[object] === 0 && ((areaBits(objects.area[object]!) >> range) & 1) === 1;
}

function bestOfEachClass(classes: Int32Array): readonly number[] {
  const seen = new Map<number, number>();
  const kept: number[] = [];
  for (let detection = 0; detection < classes.length; detection += 1) {
    const before = seen.get(classes[detection]!) ?? 0;
    if (before < MOST_PER_CLASS) kept.push(detection);
    seen.set(classes[detection]!, before + 1);
  }
  return kept;
}

function groupByClass(classes: Int32Array | Uint16Array): ReadonlyMap<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let place = 0; place < classes.length; place += 1) {
    const group = groups.get(classes[place]!);
    if (group === undefined) groups.set(classes[place]!, [place]);
    else group.push(place);
  }
  return groups;
}
