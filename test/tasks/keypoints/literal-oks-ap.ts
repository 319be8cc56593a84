/** A figure of the ground truth as its COCO file has it. */
export interface LiteralTruth {
  readonly image_id: number;
  readonly keypoints: readonly number[];
  readonly bbox: readonly number[];
  readonly area: number;
  readonly iscrowd: number;
  readonly num_keypoints: number;
}

export interface LiteralResult {
  readonly image_id: number;
  readonly score: number;
  /** x, y of each point. */
  readonly points: readonly number[];
}

const THRESHOLDS = Array.from({ length: 10 }, (_, index) => (index === 9 ? 0.95 : 0.5 + index * (0.45 / 9)));
const RECALLS = Array.from({ length: 101 }, (_, index) => (index === 100 ? 1 : index * 0.01));
const AREAS = { all: [0, 1e10], medium: [32 ** 2, 96 ** 2], large: [96 ** 2, 1e10] } as const;

/**
 * Step by step as cocoapi's `cocoeval.py` does it for one category of keypoints, with dictionaries
 * and loops.
 */
export function literalOksAp(
  images: readonly number[],
  truth: readonly LiteralTruth[],
  results: readonly LiteralResult[],
  sigmas: readonly number[],
): Record<string, number> {
  function oks(result: LiteralResult, gt: LiteralTruth): number {
    const labelled = gt.keypoints.filter((value, at) => at % 3 === 2 && value > 0).length;
    const [x, y, w, h] = gt.bbox as [number, number, number, number];
    const all: number[] = [];
    for (let k = 0; k < sigmas.length; k += 1) {
      const [px, py] = [result.points[2 * k]!, result.points[2 * k + 1]!];
      let dx = px - gt.keypoints[3 * k]!;
      let dy = py - gt.keypoints[3 * k + 1]!;
      if (labelled === 0) {
        dx = Math.max(0, x - w - px) + Math.max(0, px - (x + w * 2));
        dy = Math.max(0, y - h - py) + Math.max(0, py - (y + h * 2));
      } else if (gt.keypoints[3 * k + 2]! <= 0) continue;
      all.push(Math.exp(-((dx ** 2 + dy ** 2) / (sigmas[k]! * 2) ** 2 / (gt.area + 2 ** -52) / 2)));
    }
    return all.reduce((sum, value) => sum + value, 0) / all.length;
  }

  const figures: Record<string, number> = {};
  for (const [name, [low, high]] of Object.entries(AREAS)) {
    const precisions: number[] = [];
    const recalls: number[] = [];
    for (const threshold of THRESHOLDS) {
      const scored: { score: number; match: boolean; ignored: boolean }[] = [];
      let positives = 0;
      for (const image of images) {
        const outside = (gt: LiteralTruth) =>
          gt.iscrowd === 1 || gt.num_keypoints === 0 || gt.area < low || gt.area > high;
        const own = truth.filter((gt) => gt.image_id === image);
        const gts = [...own.filter((gt) => !outside(gt)), ...own.filter(outside)];
        positives += gts.filter((gt) => !outside(gt)).length;
        const taken = new Set<LiteralTruth>();
        const found = results.filter((result) => result.image_id === image).toSorted((a, b) => b.score - a.score);
        for (const result of found.slice(0, 20)) {
          let best = Math.min(threshold, 1 - 1e-10);
          let match: LiteralTruth | null = null;
          for (const gt of gts) {
            if (taken.has(gt) && gt.iscrowd === 0) continue;
            if (match !== null && !outside(match) && outside(gt)) break;
            if (oks(result, gt) < best) continue;
            best = oks(result, gt);
            match = gt;
          }
          if (match !== null) taken.add(match);
          const xs = result.points.filter((_, at) => at % 2 === 0);
          const ys = result.points.filter((_, at) => at % 2 === 1);
          const area = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
          const ignored = match === null ? area < low || area > high : outside(match);
          scored.push({ score: result.score, match: match !== null, ignored });
        }
      }
      if (positives === 0) continue;
      const kept = scored.toSorted((a, b) => b.score - a.score);
      let [tp, fp] = [0, 0];
      const curve = kept.map(({ match, ignored }) => {
        if (!ignored && match) tp += 1;
        if (!ignored && !match) fp += 1;
        return { recall: tp / positives, precision: tp / (fp + tp + 2 ** -52) };
      });
      for (let at = curve.length - 1; at > 0; at -= 1) {
        if (curve[at]!.precision > curve[at - 1]!.precision) curve[at - 1]!.precision = curve[at]!.precision;
      }
      const read = RECALLS.map((recall) => curve.find((each) => each.recall >= recall)?.precision ?? 0);
      precisions.push(read.reduce((sum, value) => sum + value, 0) / 101);
      recalls.push(curve.at(-1)?.recall ?? 0);
    }
    if (precisions.length === 0) continue;
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const suffix = name === 'all' ? '' : name;
    figures[`AP${suffix}`] = mean(precisions);
    figures[`AR${suffix}`] = mean(recalls);
    if (name !== 'all') continue;
    [figures['AP50'], figures['AP75']] = [precisions[0]!, precisions[5]!];
    [figures['AR50'], figures['AR75']] = [recalls[0]!, recalls[5]!];
  }
  return figures;
}
