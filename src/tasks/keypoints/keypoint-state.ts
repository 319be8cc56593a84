import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** Figures that a model found, matched within their pictures; arrays `[figures]`. */
export interface MatchedFigures {
  readonly sample: Int32Array;
  readonly class: Uint16Array;
  readonly score: Float64Array;
  /** `[figures, ranges]`, bit t: true positive at the t-th OKS threshold. */
  readonly truePositive: Uint16Array;
  /** `[figures, ranges]`, bit t: neither true nor false positive. */
  readonly ignored: Uint16Array;
}

/** Figures to find; arrays `[figures]`. */
export interface CountedFigures {
  readonly sample: Int32Array;
  readonly class: Uint16Array;
  /** Bit r: it counts in the r-th range of areas. */
  readonly ranges: Uint8Array;
}

/** What keypoints keep of the covered pictures. */
export interface KeypointState {
  readonly kind: 'keypoints';
  readonly coverage: SampleCoverage;
  readonly classes: readonly string[];
  /** Id of the picture of each sample `[sampleCount]`. */
  readonly pictureIds: Float64Array;
  readonly found: readonly MatchedFigures[];
  readonly figures: readonly CountedFigures[];
  /** Figures that were left out because a number was NaN or infinite. */
  readonly nonFinite: number;
}

/** @throws MetricError when a picture is in two states */
export function mergeKeypointStates(states: readonly KeypointState[]): KeypointState {
  const [first] = states;
  return {
    kind: 'keypoints',
    coverage: uniteCoverages(states.map(({ coverage }) => coverage)),
    classes: first!.classes,
    pictureIds: first!.pictureIds,
    found: states.flatMap(({ found }) => found),
    figures: states.flatMap(({ figures }) => figures),
    nonFinite: states.reduce((sum, { nonFinite }) => sum + nonFinite, 0),
  };
}
