import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** Numbers of one entry: sample, class, pixels that are right, of the mask, and predicted. */
export const ENTRY = 5;

/** What segmentation keeps of the covered pictures. */
export interface SegmentationState {
  readonly kind: 'segmentation';
  readonly coverage: SampleCoverage;
  /** Number of classes; 0 before the first output. */
  readonly classes: number;
  /** `[entries, 5]`: one for each picture and class that its mask or its prediction has. */
  readonly counts: Uint32Array;
}

/**
 * The counts of one picture. Pixels with a class below 0 in either are left out.
 *
 * @param truth class of each pixel
 * @param predicted the same
 */
export function countPixels(sample: number, classes: number, truth: Int32Array, predicted: Int32Array): Uint32Array {
  const all = new Uint32Array(3 * classes);
  for (let pixel = 0; pixel < truth.length; pixel += 1) {
    const [own, found] = [truth[pixel]!, predicted[pixel]!];
    if (own < 0 || found < 0) continue;
    if (own === found) all[own]! += 1;
    all[classes + own]! += 1;
    all[2 * classes + found]! += 1;
  }
  const entries: number[] = [];
  for (let each = 0; each < classes; each += 1) {
    const [right, own, found] = [all[each]!, all[classes + each]!, all[2 * classes + each]!];
    if (own + found > 0) entries.push(sample, each, right, own, found);
  }
  return Uint32Array.from(entries);
}

export function joinCounts(parts: readonly Uint32Array[]): Uint32Array {
  const joined = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    joined.set(part, place);
    place += part.length;
  }
  return joined;
}

/** @throws MetricError when a picture is in two states */
export function mergeSegmentationStates(states: readonly SegmentationState[]): SegmentationState {
  return {
    kind: 'segmentation',
    coverage: uniteCoverages(states.map((state) => state.coverage)),
    classes: Math.max(0, ...states.map((state) => state.classes)),
    counts: joinCounts(states.map((state) => state.counts)),
  };
}
