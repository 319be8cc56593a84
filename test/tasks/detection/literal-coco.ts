/**
 * COCO's evaluation written out once more, as its description goes and without any of the
 * program's code: lists of objects, a loop for each quantifier, no early exits.
 */
export interface LiteralObject {
  readonly image: number;
  readonly category: number;
  readonly bbox: readonly [number, number, number, number];
  readonly area?: number;
  readonly iscrowd?: number;
}

export interface LiteralDetection {
  readonly image: number;
  readonly category: number;
  readonly bbox: readonly [number, number, number, number];
  readonly score: number;
}

export interface LiteralInput {
  readonly images: readonly number[];
  readonly categories: readonly number[];
  readonly objects: readonly LiteralObject[];
  readonly detections: readonly LiteralDetection[];
}

const THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95];
const RANGES: Record<string, readonly [number, number]> = {
  all: [0, 1e10],
  small: [0, 1024],
  medium: [1024, 9216],
  large: [9216, 1e10],
};

function iou(d: readonly number[], g: readonly number[], crowd: boolean): number {
  const w = Math.min(d[0]! + d[2]!, g[0]! + g[2]!) - Math.max(d[0]!, g[0]!);
  const h = Math.min(d[1]! + d[3]!, g[1]! + g[3]!) - Math.max(d[1]!, g[1]!);
  if (w <= 0 || h <= 0) return 0;
  const union = crowd ? d[2]! * d[3]! : d[2]! * d[3]! + g[2]! * g[3]! - w * h;
  return (w * h) / union;
}

interface Judged {
  readonly score: number;
  readonly matched: boolean;
  readonly ignored: boolean;
}

/** One picture and category at one threshold. */
function evaluateImage(
  input: LiteralInput,
  image: number,
  category: number,
  [low, high]: readonly [number, number],
  threshold: number,
  maxDets: number,
): { readonly judged: readonly Judged[]; readonly positives: number } {
  const objects = input.objects
    .filter((each) => each.image === image && each.category === category)
    .map((each) => {
      const area = each.area ?? each.bbox[2] * each.bbox[3];
      return {
        ...each,
        crowd: each.iscrowd === 1,
        ignore: each.iscrowd === 1 || area < low || area > high,
        taken: false,
      };
    });
  const ordered = [...objects.filter((each) => !each.ignore), ...objects.filter((each) => each.ignore)];
  const detections = input.detections
    .filter((each) => each.image === image && each.category === category)
    .sort((a, b) => b.score - a.score)
    .slice(0, maxDets);
  const judged = detections.map((detection) => {
    let best = Math.min(threshold, 1 - 1e-10);
    let match: (typeof ordered)[number] | null = null;
    for (const object of ordered) {
      if (object.taken && !object.crowd) continue;
      if (match !== null && !match.ignore && object.ignore) break;
      const overlap = iou(detection.bbox, object.bbox, object.crowd);
      if (overlap < best) continue;
      best = overlap;
      match = object;
    }
    const area = detection.bbox[2] * detection.bbox[3];
    if (match !== null) match.taken = true;
    return {
      score: detection.score,
      matched: match !== null,
      ignored: match === null ? area < low || area > high : match.ignore,
    };
  });
  return { judged, positives: objects.filter((each) => !each.ignore).length };
}

/** AP and AR of one category; null where no object counts. */
function figuresOf(input: LiteralInput, category: number, range: string, threshold: number, maxDets: number) {
  const images = [...input.images].sort((a, b) => a - b);
  const each = images.map((image) => evaluateImage(input, image, category, RANGES[range]!, threshold, maxDets));
  const positives = each.reduce((sum, one) => sum + one.positives, 0);
  if (positives === 0) return null;
  const all = each.flatMap(({ judged }) => judged).sort((a, b) => b.score - a.score);
  const precision: number[] = [];
  const recall: number[] = [];
  let [tp, fp] = [0, 0];
  for (const { matched, ignored } of all) {
    if (!ignored && matched) tp += 1;
    if (!ignored && !matched) fp += 1;
    precision.push(tp / (fp + tp + 2 ** -52));
    recall.push(tp / positives);
  }
  for (let i = precision.length - 1; i > 0; i -= 1) precision[i - 1] = Math.max(precision[i - 1]!, precision[i]!);
  let sum = 0;
  for (let point = 0; point <= 100; point += 1) {
    const place = recall.findIndex((value) => value >= point * 0.01);
    sum += place < 0 ? 0 : precision[place]!;
  }
  return { ap: sum / 101, ar: recall.at(-1) ?? 0 };
}

/** The twelve figures by the program's names, without those that nothing counts in. */
export function literalFigures(input: LiteralInput): Readonly<Record<string, number>> {
  const mean = (range: string, thresholds: readonly number[], maxDets: number, of: 'ap' | 'ar'): number | null => {
    const values = input.categories.flatMap((category) =>
      thresholds.flatMap((threshold) => figuresOf(input, category, range, threshold, maxDets)?.[of] ?? []),
    );
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
  };
  const figures: Record<string, number | null> = {
    mAP: mean('all', THRESHOLDS, 100, 'ap'),
    mAP50: mean('all', [0.5], 100, 'ap'),
    mAP75: mean('all', [0.75], 100, 'ap'),
    AR1: mean('all', THRESHOLDS, 1, 'ar'),
    AR10: mean('all', THRESHOLDS, 10, 'ar'),
    AR100: mean('all', THRESHOLDS, 100, 'ar'),
  };
  for (const range of ['small', 'medium', 'large']) {
    figures[`mAP${range}`] = mean(range, THRESHOLDS, 100, 'ap');
    figures[`AR${range}`] = mean(range, THRESHOLDS, 100, 'ar');
  }
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null)) as Record<string, number>;
}
