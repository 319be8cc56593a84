import type { OutputTensor } from '../metric.js';
import { outputsOf, requireHead } from './bind-head.js';
import { collectCandidates, type Candidates } from './collect-candidates.js';
import type { DetectionTask } from './detection-settings.js';
import type { DecodedBoxes } from './heads/head.js';
import { readPriors } from './read-priors.js';
import { cornersOverlap } from './suppress-candidates.js';

/**
 * How far the boxes of a model are from FP32's in one sample, without labels, from 0 where they
 * agree: over candidates of FP32, whose scores p are above the confidence,
 *
 *   (sum p (1 - IoU of the two boxes) + sum |p - p'|) / sum p
 *
 * Before any suppression, box i is compared with box i. Of a head whose rows are detections of any
 * order, a row is compared with the free one of its class whose IoU with it is largest, FP32's best
 * first; one that finds none counts twice its score, and one that is left over its own.
 */
export function detectionDivergence(
  task: DetectionTask,
  reference: readonly OutputTensor[],
  output: readonly OutputTensor[],
): number {
  const own = decodeFirst(task, output);
  const expected = decodeFirst(task, reference);
  return expected.kind === 'dense' ? ofDense(task, expected, own) : ofListed(task, expected, own);
}

function decodeFirst(task: DetectionTask, outputs: readonly OutputTensor[]): DecodedBoxes {
  const { bound, unbatched } = requireHead(task, outputs, 1, {
    classes: task.classes?.length ?? null,
    input: task.input,
    priors: readPriors(task.priors),
  });
  return bound.decode(outputsOf(outputs, 1, 0, unbatched), 0);
}

function candidatesOf(task: DetectionTask, decoded: DecodedBoxes): Candidates {
  return collectCandidates(
    decoded,
    { ...task.rules, multiLabel: true, candidatesPerClass: null, candidatesPerLevel: null },
    (label) => label,
    'any',
  );
}

function ofDense(task: DetectionTask, expected: DecodedBoxes, own: DecodedBoxes): number {
  const [a, b] = [candidatesOf(task, expected), candidatesOf(task, own)];
  const classes = expected.kind === 'dense' ? expected.classes : 0;
  const left = new Map<number, number>();
  for (const [place, score] of b.score.entries()) left.set(b.box[place]! * classes + b.class[place]!, score);
  const [before, after] = [new Float64Array(4), new Float64Array(4)];
  let sum = 0;
  let weight = 0;
  for (const [place, score] of a.score.entries()) {
    const key = a.box[place]! * classes + a.class[place]!;
    expected.corners(a.box[place]!, before);
    own.corners(a.box[place]!, after);
    sum += score * (1 - likeness(before, after)) + Math.abs(score - (left.get(key) ?? 0));
    weight += score;
    left.delete(key);
  }
  for (const score of left.values()) sum += score;
  return weight > 0 ? sum / weight : sum;
}

function ofListed(task: DetectionTask, expected: DecodedBoxes, own: DecodedBoxes): number {
  const [a, b] = [candidatesOf(task, expected), candidatesOf(task, own)];
  const free = new Set(b.score.keys());
  const [before, after] = [new Float64Array(4), new Float64Array(4)];
  let sum = 0;
  let weight = 0;
  for (const [place, score] of a.score.entries()) {
    expected.corners(a.box[place]!, before);
    let best = -1;
    let bestOverlap = 0;
    for (const other of free) {
      if (b.class[other] !== a.class[place]) continue;
      own.corners(b.box[other]!, after);
      const overlap = likeness(before, after);
      if (overlap > bestOverlap) [best, bestOverlap] = [other, overlap];
    }
    weight += score;
    if (best < 0) sum += 2 * score;
    else {
      sum += score * (1 - bestOverlap) + Math.abs(score - b.score[best]!);
      free.delete(best);
    }
  }
  for (const other of free) sum += b.score[other]!;
  return weight > 0 ? sum / weight : sum;
}

/** IoU; 1 of equal boxes, also of those without an area, and 0 where a number is not finite. */
function likeness(a: Float64Array, b: Float64Array): number {
  if (a.every((value, index) => value === b[index])) return 1;
  const overlap = cornersOverlap(a, 0, b, 0);
  return Number.isFinite(overlap) ? Math.min(Math.max(overlap, 0), 1) : 0;
}
