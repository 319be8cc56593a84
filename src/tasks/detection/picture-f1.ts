import { AREA_RANGES } from './area-ranges.js';
import type { DetectionState } from './detection-state.js';

/** Scores above this count as detections (what predictions of YOLO are cut at). */
const F1_CONFIDENCE = 0.25;

/**
 * F1 of each picture `[samples]`, at an IoU of 0.50 and of scores above 0.25: 2 tp / (2 tp + fp +
 * fn) over all classes together, NaN where there is nothing to find and nothing was found. A proxy
 * that can be looked at picture by picture; mAP is no mean of it.
 *
 * A detection's match depends on better ones alone, so it is that of mAP.
 */
export function pictureF1({ coverage, detections, objects }: DetectionState): Float64Array {
  const right = new Int32Array(coverage.length);
  const wrong = new Int32Array(coverage.length);
  const wanted = new Int32Array(coverage.length);
  for (let detection = 0; detection < detections.score.length; detection += 1) {
    if (!(detections.score[detection]! > F1_CONFIDENCE)) continue;
    const at = detection * AREA_RANGES.length;
    const sample = detections.sample[detection]!;
    if ((detections.truePositive[at]! & 1) === 1) right[sample]! += 1;
    else if ((detections.ignored[at]! & 1) === 0) wrong[sample]! += 1;
  }
  for (let object = 0; object < objects.sample.length; object += 1) {
    if ((objects.ranges[object]! & 1) === 1) wanted[objects.sample[object]!]! += 1;
  }
  // 2 tp + fp + fn is found + wanted; of nothing 0 / 0, which is NaN.
  const values = new Float64Array(coverage.length);
  for (let sample = 0; sample < values.length; sample += 1) {
    values[sample] = (2 * right[sample]!) / (right[sample]! + wrong[sample]! + wanted[sample]!);
  }
  return values;
}
