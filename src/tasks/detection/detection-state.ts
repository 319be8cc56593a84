import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';
import { AREA_RANGES } from './area-ranges.js';

/**
 * Detections matched within their pictures, those of one picture together and by falling score;
 * arrays `[detections]`.
 */
export interface MatchedDetections {
  readonly sample: Int32Array;
  readonly class: Uint16Array;
  readonly score: Float64Array;
  /** `[detections, ranges]`, bit t: true positive at the t-th IoU threshold. */
  readonly truePositive: Uint16Array;
  /** `[detections, ranges]`, bit t: neither true nor false positive at the t-th. */
  readonly ignored: Uint16Array;
}

/** Objects to find; arrays `[objects]`. */
export interface CountedObjects {
  readonly sample: Int32Array;
  readonly class: Uint16Array;
  /** Bit r: it counts in the r-th range of areas. */
  readonly ranges: Uint8Array;
}

/** What detection keeps of the covered pictures. */
export interface DetectionState {
  readonly kind: 'detection';
  readonly coverage: SampleCoverage;
  /** Names, as the model counts them. */
  readonly classes: readonly string[];
  /** Ids of the samples' pictures `[sampleCount]`: of equal scores the lower one counts first. */
  readonly pictureIds: Float64Array;
  readonly detections: MatchedDetections;
  readonly objects: CountedObjects;
  /** Candidates that were dropped because a score or box was NaN or infinite. */
  readonly nonFinite: number;
}

export function joinDetections(parts: readonly MatchedDetections[]): MatchedDetections {
  const count = parts.reduce((sum, part) => sum + part.score.length, 0);
  const ranges = AREA_RANGES.length;
  const joined = {
    sample: new Int32Array(count),
    class: new Uint16Array(count),
    score: new Float64Array(count),
    truePositive: new Uint16Array(count * ranges),
    ignored: new Uint16Array(count * ranges),
  };
  let place = 0;
  for (const part of parts) {
    joined.sample.set(part.sample, place);
    joined.class.set(part.class, place);
    joined.score.set(part.score, place);
    joined.truePositive.set(part.truePositive, place * ranges);
    joined.ignored.set(part.ignored, place * ranges);
    place += part.score.length;
  }
  return joined;
}

export function joinObjects(parts: readonly CountedObjects[]): CountedObjects {
  const count = parts.reduce((sum, part) => sum + part.sample.length, 0);
  const joined = { sample: new Int32Array(count), class: new Uint16Array(count), ranges: new Uint8Array(count) };
  let place = 0;
  for (const part of parts) {
    joined.sample.set(part.sample, place);
    joined.class.set(part.class, place);
    joined.ranges.set(part.ranges, place);
    place += part.sample.length;
  }
  return joined;
}

/** The state over all pictures of `states`. @throws MetricError when one is in two of them */
export function mergeDetectionStates(states: readonly DetectionState[]): DetectionState {
  const [first] = states;
  return {
    kind: 'detection',
    coverage: uniteCoverages(states.map(({ coverage }) => coverage)),
    classes: first!.classes,
    pictureIds: first!.pictureIds,
    detections: joinDetections(states.map(({ detections }) => detections)),
    objects: joinObjects(states.map(({ objects }) => objects)),
    nonFinite: states.reduce((sum, { nonFinite }) => sum + nonFinite, 0),
  };
}
