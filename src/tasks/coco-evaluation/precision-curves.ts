import { IOU_THRESHOLDS, RECALL_POINTS } from './iou-thresholds.js';

/**
 * Detections of one class over all pictures by falling score, equal ones by picture, then as they
 * came in it; arrays `[detections]`.
 */
export interface RankedDetections {
  readonly score: Float64Array;
  /** Index of the picture in the weights. */
  readonly picture: Int32Array;
  /** Bit t: true positive at the t-th threshold. */
  readonly truePositive: Uint16Array;
  /** Bit t: neither true nor false positive at the t-th threshold. */
  readonly ignored: Uint16Array;
}

/** At each IoU threshold `[10]`. */
export interface PrecisionRecall {
  /** Mean over 101 recalls of the largest precision at that recall or a higher one. */
  readonly precision: Float64Array;
  /** Share of the objects that were found at all. */
  readonly recall: Float64Array;
}

const THRESHOLDS = IOU_THRESHOLDS.length;
const POINTS = RECALL_POINTS.length;

/**
 * Average precision and largest recall of one class as pycocotools `accumulate` computes them:
 * precision is tp / (tp + fp + 2^-52), made non-increasing from the right, and read at the first
 * place whose recall reaches each of 101 points, 0 where none does.
 *
 * Picture p counts `weight[p]` times, as if there were so many of it one after the other; `objects`
 * counts objects the same way, and is above 0.
 */
export function precisionRecall(ranked: RankedDetections, objects: number, weight: Uint16Array): PrecisionRecall {
  const { score, picture, truePositive, ignored } = ranked;
  const curves = new Curves(objects);
  for (let index = 0; index < score.length; index += 1) {
    const copies = weight[picture[index]!]!;
    if (copies === 0) continue;
    // Copies of a picture come whole, one after the other, also where its own scores are equal.
    let end = index + 1;
    if (copies > 1) {
      while (end < score.length && score[end] === score[index] && picture[end] === picture[index]) end += 1;
    }
    if (end === index + 1) {
      curves.add(truePositive[index]!, ignored[index]!, copies);
      continue;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      for (let each = index; each < end; each += 1) curves.add(truePositive[each]!, ignored[each]!, 1);
    }
    index = end - 1;
  }
  return curves.finish();
}

/** The curves of all thresholds, as they grow. */
class Curves {
  readonly #objects: number;
  readonly #found = new Int32Array(THRESHOLDS);
  readonly #ignored = new Int32Array(THRESHOLDS);
  /** The last recall point that each curve has reached. */
  readonly #reached = new Int32Array(THRESHOLDS);
  /** Largest precision between one recall point and the next, `[10, 101]`. */
  readonly #best = new Float64Array(THRESHOLDS * POINTS);
  /** Detections so far, ignored ones too. */
  #seen = 0;

  constructor(objects: number) {
    this.#objects = objects;
  }

  add(truePositive: number, ignored: number, copies: number): void {
    // Most detections are false positives at every threshold.
    if ((truePositive | ignored) === 0) {
      this.#seen += copies;
      return;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      this.#seen += 1;
      for (let bit = 0, left = ignored; left !== 0; bit += 1, left >>>= 1) this.#ignored[bit]! += left & 1;
      for (let bit = 0, left = truePositive; left !== 0; bit += 1, left >>>= 1) {
        if ((left & 1) === 1) this.#find(bit);
      }
    }
  }

  #find(bit: number): void {
    const found = (this.#found[bit]! += 1);
    const recall = found / this.#objects;
    let reached = this.#reached[bit]!;
    while (reached + 1 < POINTS && RECALL_POINTS[reached + 1]! <= recall) reached += 1;
    this.#reached[bit] = reached;
    const precision = found / (this.#seen - this.#ignored[bit]! + Number.EPSILON);
    const place = bit * POINTS + reached;
    if (precision > this.#best[place]!) this.#best[place] = precision;
  }

  finish(): PrecisionRecall {
    const precision = new Float64Array(THRESHOLDS);
    for (let bit = 0; bit < THRESHOLDS; bit += 1) {
      let largest = 0;
      let sum = 0;
      for (let point = POINTS - 1; point >= 0; point -= 1) {
        largest = Math.max(largest, this.#best[bit * POINTS + point]!);
        sum += largest;
      }
      precision[bit] = sum / POINTS;
    }
    return { precision, recall: Float64Array.from(this.#found, (found) => found / this.#objects) };
  }
}
