import { truthOf, type DataFacts, type TruthFacts } from '../data-facts.js';

/** Boxes that lie near the samples, in the order of preference. */
export function boxTruth(data: DataFacts | null): TruthFacts | null {
  return truthOf(data, 'coco') ?? truthOf(data, 'yolo') ?? truthOf(data, 'voc');
}

/** Classes that the truth says a model has; null: it does not say how many. */
export function classesOfTruth(truth: TruthFacts | null): number | null {
  return truth?.kind === 'coco' ? truth.classes.length : null;
}

/** What to add where there is no truth. */
export const NO_BOXES =
  'For mAP put boxes beside the pictures (a COCO .json, or YOLO labels/*.txt) and run init again, or name them with --labels.';
