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

/**
 * The recall grid exactly as numpy.linspace(0, 1, 101) makes it; for instance 0.29 is 29 * 0.01.
 */
const RECALLS = Float64Array.from({ length: RECALL_STEPS + 1 }, (_, step) => (step === RECALL_STEPS ? 1 : step * 0.01));

/**
 * Returns the average precision of one class at each of the first `thresholds` thresholds as
 * nuScenes defines it (Caesar et al. 2020, arXiv 1903.11027, section 3.1; devkit `calc_ap`):
 * precision is interpolated linearly over recall at 0.11, 0.12, .., 1.00, beyond the largest recall
 * it is 0, and it is not made monotone; the result is the mean of max(precision - 0.1, 0) over
 * these, over 0.9. Without a true positive it is 0.
 *
 * Scene s counts `weight[s]` times, as if it were there so often; `objects` counts objects the same
 * way.
 */
export function averagePrecisions(
  detections: RankedDetections,
  thresholds: number,
  objects: number,
  weight: Uint16Array,
): number[] {
  const { scene, matches } = detections;
  if (objects === 0) return new Array<number>(thresholds).fill(0);
  const curves = Array.from({ length: thresholds }, () => new Curve(objects));
  let seen = 0;
  for (let index = 0; index < scene.length; index += 1) {
    const copies = weight[scene[index]!]!;
    // Most detections are true positives nowhere.
    for (let bit = 0, left = matches[index]!; left !== 0; bit += 1, left >>>= 1) {
      if ((left & 1) === 1 && bit < thresholds) curves[bit]!.addTruePositives(copies, seen);
    }
    seen += copies;
  }
  return curves.map((curve) => curve.finish(seen));
}

/** Precision over recall of one threshold, summed up over the recall grid as it grows. */
class Curve {
  readonly #objects: number;
  #step = FIRST_STEP;
  #sum = 0;
  #truePositives = 0;

  constructor(objects: number) {
    this.#objects = objects;
  }

  /** @param seen detections before these */
  addTruePositives(copies: number, seen: number): void {
    const objects = this.#objects;
    for (let copy = 0; copy < copies && this.#step <= RECALL_STEPS; copy += 1) {
      const nextRecall = (this.#truePositives + 1) / objects;
      // Few true positives of thousands are the ones that pass a step.
      if (RECALLS[this.#step]! < nextRecall) this.#pass(nextRecall, seen + copy);
      this.#truePositives += 1;
    }
  }

  #pass(nextRecall: number, seen: number): void {
    const recall = this.#truePositives / this.#objects;
    const nextPrecision = (this.#truePositives + 1) / (seen + 1);
    // Before the first detection of all the first precision holds.
    const precision = seen === 0 ? nextPrecision : this.#truePositives / seen;
    const slope = (nextPrecision - precision) / (nextRecall - recall);
    for (; this.#step <= RECALL_STEPS && RECALLS[this.#step]! < nextRecall; this.#step += 1) {
      this.#sum += Math.max(slope * (RECALLS[this.#step]! - recall) + precision - MIN_PRECISION, 0);
    }
  }

  /** @param seen all detections */
  finish(seen: number): number {
    if (this.#truePositives === 0) return 0;
    const lastRecall = this.#truePositives / this.#objects;
    let sum = this.#sum;
    if (this.#step <= RECALL_STEPS && RECALLS[this.#step] === lastRecall) {
      sum += Math.max(this.#truePositives / seen - MIN_PRECISION, 0);
    }
    return sum / (RECALL_STEPS - FIRST_STEP + 1) / (1 - MIN_PRECISION);
  }
}
