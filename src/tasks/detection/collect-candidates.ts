import type { CandidateRules, DecodedBoxes, DenseBoxes, ListedBoxes } from './heads/head.js';

/** Boxes that may be detections, by falling score, equal ones by box, then class. */
export interface Candidates {
  readonly score: Float64Array;
  readonly box: Int32Array;
  readonly class: Int32Array;
  /** Scores that would be candidates, were they or their box not NaN or infinite. */
  readonly nonFinite: number;
}

/** Grows as needed: thousands of candidates for each of thousands of pictures. */
class Gathering {
  score = new Float64Array(1024);
  box = new Int32Array(1024);
  class = new Int32Array(1024);
  count = 0;
  nonFinite = 0;

  add(score: number, box: number, label: number): void {
    if (this.count === this.score.length) this.#grow();
    this.score[this.count] = score;
    this.box[this.count] = box;
    this.class[this.count] = label;
    this.count += 1;
  }

  #grow(): void {
    const [score, box, labels] = [this.score, this.box, this.class];
    this.score = new Float64Array(score.length * 2);
    this.box = new Int32Array(score.length * 2);
    this.class = new Int32Array(score.length * 2);
    this.score.set(score);
    this.box.set(box);
    this.class.set(labels);
  }
}

/**
 * Candidates are scores strictly above `confidence`: of each class of a box with `multiLabel`, of
 * the best class (the lower of equal ones) without. Where a box has an objectness, that has to be
 * above it as well, and the score is their product. A score that is not finite is none, and takes
 * no other class of its box with it; a box that is not finite has none. The best of all, and of
 * each class and level, are kept.
 *
 * @param classOf the class of a label of the head; below 0: it is none
 * @param boxes `any`: boxes that are not finite have candidates too, for comparisons by scores
 */
export function collectCandidates(
  decoded: DecodedBoxes,
  rules: CandidateRules,
  classOf: (label: number) => number,
  boxes: 'finite' | 'any' = 'finite',
): Candidates {
  const gathered = new Gathering();
  const add = boxes === 'finite' ? addingFinite(decoded, gathered) : gathered.add.bind(gathered);
  if (decoded.kind === 'listed') gatherListed(decoded, rules.confidence, classOf, gathered, add);
  else gatherDense(decoded, rules, classOf, gathered, add);
  const levels = decoded.kind === 'dense' ? decoded.levels : null;
  return ranked(gathered, rules, levels);
}

/** Adds candidates whose box is finite, and counts the others. Each box is looked at once. */
function addingFinite(decoded: DecodedBoxes, into: Gathering): Gathering['add'] {
  const corners = new Float64Array(4);
  let last = -1;
  let isFinite = false;
  return (score, box, label) => {
    if (box !== last) {
      decoded.corners(box, corners);
      isFinite = corners.every(Number.isFinite);
      last = box;
    }
    if (isFinite) into.add(score, box, label);
    else into.nonFinite += 1;
  };
}

function gatherListed(
  decoded: ListedBoxes,
  confidence: number,
  classOf: (label: number) => number,
  into: Gathering,
  add: Gathering['add'],
): void {
  for (let box = 0; box < decoded.boxes; box += 1) {
    const score = decoded.score(box);
    const label = decoded.label(box);
    if (!Number.isFinite(score) || !Number.isFinite(label)) into.nonFinite += 1;
    else if (score > confidence && label >= 0) {
      const own = classOf(label);
      if (own >= 0) add(score, box, own);
    }
  }
}

function gatherDense(
  decoded: DenseBoxes,
  { confidence, multiLabel }: CandidateRules,
  classOf: (label: number) => number,
  into: Gathering,
  add: Gathering['add'],
): void {
  const { boxes, classes, scores, offset, boxStride, classStride, objectness } = decoded;
  const labels = Int32Array.from({ length: classes }, (_, label) => classOf(label));
  for (let box = 0; box < boxes; box += 1) {
    const own = objectness === null ? 1 : objectness.data[objectness.offset + box * objectness.stride]!;
    if (!Number.isFinite(own)) into.nonFinite += 1;
    if (objectness !== null && !(own > confidence && Number.isFinite(own))) continue;
    let best = -1;
    let bestScore = confidence;
    let at = offset + box * boxStride;
    for (let label = 0; label < classes; label += 1, at += classStride) {
      const score = scores[at]! * own;
      if (score > confidence && score !== Number.POSITIVE_INFINITY) {
        if (labels[label]! < 0) continue;
        if (multiLabel) add(score, box, labels[label]!);
        else if (score > bestScore) {
          best = label;
          bestScore = score;
        }
      } else if (!Number.isFinite(score)) into.nonFinite += 1;
    }
    if (best >= 0) add(bestScore, box, labels[best]!);
  }
}

function ranked(gathered: Gathering, rules: CandidateRules, levels: readonly number[] | null): Candidates {
  const { score, box, class: labels, count } = gathered;
  const order = orderOf(gathered, rules.candidates, rules.candidatesPerLevel !== null && levels !== null);
  const kept: number[] = [];
  const ofClass = new Map<number, number>();
  const ofLevel = new Map<number, number>();
  for (const place of order) {
    if (levels !== null && rules.candidatesPerLevel !== null) {
      const level = levels.findLastIndex((first) => first <= box[place]!);
      const before = ofLevel.get(level) ?? 0;
      if (before >= rules.candidatesPerLevel) continue;
      ofLevel.set(level, before + 1);
    }
    if (rules.candidatesPerClass !== null) {
      const before = ofClass.get(labels[place]!) ?? 0;
      if (before >= rules.candidatesPerClass) continue;
      ofClass.set(labels[place]!, before + 1);
    }
    kept.push(place);
    if (kept.length === rules.candidates) break;
  }
  if (count === 0)
    return {
      ...{ score: new Float64Array(0), box: new Int32Array(0), class: new Int32Array(0) },
      nonFinite: gathered.nonFinite,
    };
  return {
    score: Float64Array.from(kept, (place) => score[place]!),
    box: Int32Array.from(kept, (place) => box[place]!),
    class: Int32Array.from(kept, (place) => labels[place]!),
    nonFinite: gathered.nonFinite,
  };
}

/** Places by falling score; those that can't be among the first `most` may be missing. */
function orderOf({ score, box, class: labels, count }: Gathering, most: number, needsAll: boolean): Int32Array {
  let places = Int32Array.from({ length: count }, (_, place) => place);
  if (count > most && !needsAll) {
    // Numbers alone are sorted many times faster than places.
    const least = score.slice(0, count).sort()[count - most]!;
    places = places.filter((place) => score[place]! >= least);
  }
  return places.sort((a, b) => score[b]! - score[a]! || box[a]! - box[b]! || labels[a]! - labels[b]!);
}
