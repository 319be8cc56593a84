/** Suppression written out once more: a list of candidates, and one pass for each kept box. */
export interface LiteralCandidate {
  readonly box: number;
  readonly label: number;
  readonly score: number;
  /** x1, y1, x2, y2. */
  readonly corners: readonly [number, number, number, number];
}

export interface LiteralRules {
  readonly confidence: number;
  readonly iou: number;
  readonly multiLabel: boolean;
  readonly candidates: number;
  readonly candidatesPerClass?: number | null;
  readonly maxDetections: number | null;
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

export function softmax(values: readonly number[]): readonly number[] {
  const largest = Math.max(...values);
  const each = values.map((value) => Math.exp(value - largest));
  const sum = each.reduce((a, b) => a + b, 0);
  return each.map((value) => value / sum);
}

export function centred(cx: number, cy: number, w: number, h: number): [number, number, number, number] {
  return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
}

/** Every class of every box, with the best one only where that is asked for. */
export function literalCandidates(
  boxes: readonly { readonly corners: LiteralCandidate['corners']; readonly scores: readonly number[] }[],
  multiLabel: boolean,
): readonly LiteralCandidate[] {
  return boxes.flatMap(({ corners, scores }, box) => {
    const all = scores.map((score, label) => ({ box, label, score, corners }));
    if (multiLabel) return all;
    const finite = all.filter(({ score }) => Number.isFinite(score));
    const best = Math.max(...finite.map(({ score }) => score));
    return finite.filter(({ score }) => score === best).slice(0, 1);
  });
}

function overlap(a: readonly number[], b: readonly number[]): number {
  const w = Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!);
  const h = Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!);
  if (w <= 0 || h <= 0) return 0;
  const area = (box: readonly number[]): number => (box[2]! - box[0]!) * (box[3]! - box[1]!);
  return (w * h) / (area(a) + area(b) - w * h);
}

export function literalDetections(all: readonly LiteralCandidate[], rules: LiteralRules): readonly LiteralCandidate[] {
  let left = all
    .filter(
      ({ score, corners }) => Number.isFinite(score) && corners.every(Number.isFinite) && score > rules.confidence,
    )
    .sort((a, b) => b.score - a.score || a.box - b.box || a.label - b.label);
  const perClass = rules.candidatesPerClass ?? Number.POSITIVE_INFINITY;
  left = left.filter(
    (each, index) => left.slice(0, index).filter(({ label }) => label === each.label).length < perClass,
  );
  left = left.slice(0, rules.candidates);
  const kept: LiteralCandidate[] = [];
  while (left.length > 0) {
    const [best, ...others] = left;
    kept.push(best!);
    left = others.filter((each) => each.label !== best!.label || !(overlap(best!.corners, each.corners) > rules.iou));
  }
  return kept.slice(0, rules.maxDetections ?? kept.length);
}
