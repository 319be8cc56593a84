import type { RankedDetections } from '../coco-evaluation/precision-curves.js';
import { AREA_RANGES } from './area-ranges.js';
import type { CountedObjects, DetectionState } from './detection-state.js';

/** What ranks one class, so that a resample of pictures costs one walk over its detections. */
export interface ClassEvidence {
  readonly name: string;
  /** In each range of areas. */
  readonly ranked: readonly RankedDetections[];
  /** How many better ones of its class and picture come before each detection `[detections]`. */
  readonly rank: Uint8Array;
  /** Samples that each object counted in a range is in, by range. */
  readonly objects: readonly Int32Array[];
}

/** Sorts the evidence of all pictures by class, then by falling score. */
export function collectEvidence(state: DetectionState): readonly ClassEvidence[] {
  const { detections, objects } = state;
  const byClass = groupOf(detections.class, state.classes.length);
  const objectsByClass = groupOf(objects.class, state.classes.length);
  return state.classes.map((name, index) => {
    const own = byClass[index]!;
    const rank = rankInPicture(own, detections.sample);
    const order = rankOrder(own, state);
    const sorted = order.map((place) => own[place]!);
    const score = Float64Array.from(sorted, (place) => detections.score[place]!);
    const picture = Int32Array.from(sorted, (place) => detections.sample[place]!);
    const ranked = AREA_RANGES.map((_, range) => {
      const at = (place: number): number => place * AREA_RANGES.length + range;
      return {
        score,
        picture,
        truePositive: Uint16Array.from(sorted, (place) => detections.truePositive[at(place)]!),
        ignored: Uint16Array.from(sorted, (place) => detections.ignored[at(place)]!),
      };
    });
    return {
      ...{ name, ranked, rank: Uint8Array.from(order, (place) => rank[place]!) },
      objects: AREA_RANGES.map((__, range) => samplesOf(objects, objectsByClass[index]!, range)),
    };
  });
}

/** Objects with weights of the samples. */
export function weighObjects(samples: Int32Array, weight: Uint16Array): number {
  let sum = 0;
  for (let object = 0; object < samples.length; object += 1) sum += weight[samples[object]!]!;
  return sum;
}

/** Places in `own` by falling score, then by the id of the picture, then as they came in it. */
function rankOrder(own: Int32Array, { detections, pictureIds }: DetectionState): Int32Array {
  const scores = Float64Array.from(own, (place) => detections.score[place]!);
  const ids = Float64Array.from(own, (place) => pictureIds[detections.sample[place]!]!);
  return Int32Array.from(own.keys()).sort((a, b) => scores[b]! - scores[a]! || ids[a]! - ids[b]! || a - b);
}

/** Detections of a picture lie together, so a place counts up as long as its sample stays. */
function rankInPicture(own: Int32Array, sample: Int32Array): Uint8Array {
  const rank = new Uint8Array(own.length);
  for (let place = 1; place < own.length; place += 1) {
    if (sample[own[place]!] === sample[own[place - 1]!]) rank[place] = rank[place - 1]! + 1;
  }
  return rank;
}

function samplesOf({ sample, ranges }: CountedObjects, own: Int32Array, range: number): Int32Array {
  return own.filter((place) => (ranges[place]! >> range) & 1).map((place) => sample[place]!);
}

/** Places of each class, in their order. */
function groupOf(classes: Uint16Array, count: number): readonly Int32Array[] {
  const sizes = new Int32Array(count);
  for (const each of classes) sizes[each]! += 1;
  const groups = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(count);
  for (let place = 0; place < classes.length; place += 1) {
    const each = classes[place]!;
    groups[each]![filled[each]!] = place;
    filled[each]! += 1;
  }
  return groups;
}
