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
    const sorted = gather(new Int32Array(own.length), own, order, 1, 0);
    const score = gather(new Float64Array(own.length), detections.score, sorted, 1, 0);
    const picture = gather(new Int32Array(own.length), detections.sample, sorted, 1, 0);
    const ranges = AREA_RANGES.length;
    const ranked = AREA_RANGES.map((_, range) => ({
      ...{ score, picture },
      truePositive: gather(new Uint16Array(own.length), detections.truePositive, sorted, ranges, range),
      ignored: gather(new Uint16Array(own.length), detections.ignored, sorted, ranges, range),
    }));
    return {
      ...{ name, ranked, rank: gather(new Uint8Array(own.length), rank, order, 1, 0) },
      objects: AREA_RANGES.map((__, range) => samplesOf(objects, objectsByClass[index]!, range)),
    };
  });
}

type Numbers = Int32Array | Float64Array | Uint16Array | Uint8Array;

/** Fills `into` with the values at `places * stride + offset`; `from` with a callback is slower. */
function gather<Into extends Numbers>(
  into: Into,
  values: Numbers,
  places: Int32Array,
  stride: number,
  offset: number,
): Into {
  for (let index = 0; index < places.length; index += 1) into[index] = values[places[index]! * stride + offset]!;
  return into;
}

/** Objects with weights of the samples. */
export function weighObjects(samples: Int32Array, weight: Uint16Array): number {
  let sum = 0;
  for (let object = 0; object < samples.length; object += 1) sum += weight[samples[object]!]!;
  return sum;
}

/** Places in `own` by falling score, then by the id of the picture, then as they came in it. */
function rankOrder(own: Int32Array, { detections, pictureIds }: DetectionState): Int32Array {
  const scores = gather(new Float64Array(own.length), detections.score, own, 1, 0);
  const samples = gather(new Int32Array(own.length), detections.sample, own, 1, 0);
  const ids = gather(new Float64Array(own.length), pictureIds, samples, 1, 0);
  const order = new Int32Array(own.length);
  for (let place = 0; place < order.length; place += 1) order[place] = place;
  return order.sort((a, b) => scores[b]! - scores[a]! || ids[a]! - ids[b]! || a - b);
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
