import { uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** Detections, already matched within their scenes; arrays `[detections]`. */
export interface Detections {
  readonly score: Float32Array;
  readonly scene: Int32Array;
  /** Flat index in the heatmap `[classes, H, W]`. */
  readonly cell: Int32Array;
  /** Bit t: the detection is a true positive at the t-th threshold. */
  readonly matches: Uint32Array;
}

/** What centre detection keeps of the covered scenes. */
export interface CenterDetectionState {
  readonly kind: 'centerDetection';
  readonly coverage: SampleCoverage;
  readonly detections: Detections;
}

/** Returns all detections of `parts`, one part after the other. */
export function joinDetections(parts: readonly Detections[]): Detections {
  const count = parts.reduce((sum, part) => sum + part.score.length, 0);
  const joined = {
    score: new Float32Array(count),
    scene: new Int32Array(count),
    cell: new Int32Array(count),
    matches: new Uint32Array(count),
  };
  let place = 0;
  for (const part of parts) {
    joined.score.set(part.score, place);
    joined.scene.set(part.scene, place);
    joined.cell.set(part.cell, place);
    joined.matches.set(part.matches, place);
    place += part.score.length;
  }
  return joined;
}

/**
 * Returns the state over all scenes that any of `states` has.
 *
 * @throws MetricError when a scene is in two states.
 */
export function mergeCenterDetectionStates(states: readonly CenterDetectionState[]): CenterDetectionState {
  return {
    kind: 'centerDetection',
    coverage: uniteCoverages(states.map((state) => state.coverage)),
    detections: joinDetections(states.map((state) => state.detections)),
  };
}
