/** Detections of one class over all scenes by falling score; arrays `[detections]`. */
export interface RankedDetections {
  readonly scene: Int32Array;
  /** Bit t: true positive at the t-th threshold. */
  readonly matches: Uint32Array;
}

const RECALL_STEPS = 100;
/** Recalls up to this one, and precisions up to `MIN_PRECISION`, don't count (nuScenes). */
const FIRST_STEP = 11;
const MIN_PRECISION = 0.1;

/** The recall grid exactly as numpy.linspace(0, 1, 101) makes it; for instance 0.29 is 29 * 0.01. */
const RECALLS = Float64Array.from({ length: RECALL_STEPS + 1 }, (_, step) => (step === RECALL_STEPS ? 1 : step * 0.01));

/**
 * Returns the average precision of one class at one threshold as nuScenes defines it (Caesar et al. 2020, arXiv 1903.11027,
 * section 3.1; devkit `calc_ap`): precision is interpolated linearly over recall at 0.11, 0.12, .., 1.00, beyond the largest
 * recall it is 0, and it is not made monotone; the result is the mean of max(precision - 0.1, 0) over these, over 0.9.
 * Without a true positive it is 0.
 *
 * Scene s counts `weight[s]` times, as if it were there so often; `objects` counts objects the same way.
 */
export function averagePrecision(
  detections: RankedDetections,
  threshold: number,
  objects: number,
  weight: Uint16Array,
): number {
  const { scene, matches } = detections;
  if (objects === 0) return 0;
  let step = FIRST_STEP;
  let sum = 0;
  let truePositives = 0;
  let seen = 0;
  for (let index = 0; index < scene.length && step <= RECALL_STEPS; index += 1) {
    const copies = weight[scene[index]!]!;
    if (((matches[index]! >>> threshold) & 1) === 0) {
      seen += copies;
      continue;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      const recall = truePositives / objects;
      const nextRecall = (truePositives + 1) / objects;
      const nextPrecision = (truePositives + 1) / (seen + 1);
      // Before the first detection of all the first precision holds.
      const precision = seen === 0 ? nextPrecision : truePositives / seen;
      const slope = (nextPrecision - precision) / (nextRecall - recall);
      for (; step <= RECALL_STEPS && RECALLS[step]! < nextRecall; step += 1) {
        sum += Math.max(slope * (RECALLS[step]! - recall) + precision - MIN_PRECISION, 0);
      }
      truePositives += 1;
      seen += 1;
    }
  }
  if (truePositives === 0) return 0;
  const lastRecall = truePositives / objects;
  if (step <= RECALL_STEPS && RECALLS[step] === lastRecall) sum += Math.max(truePositives / seen - MIN_PRECISION, 0);
  return sum / (RECALL_STEPS - FIRST_STEP + 1) / (1 - MIN_PRECISION);
}
