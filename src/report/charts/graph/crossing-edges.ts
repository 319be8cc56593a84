import type { Unplaced } from './placed-graph.js';

/**
 * How many boxes of an order have arrows that pass the cut before each index: 1 where everything
 * goes through one tensor, as between residual blocks. `[boxes.length + 1]`
 */
export function crossingEdges({
  boxes,
  edges,
}: {
  readonly boxes: readonly { readonly id: number }[];
  readonly edges: Unplaced['edges'];
}): number[] {
  const place = new Map(boxes.map(({ id }, index) => [id, index]));
  // A box whose tensor several others read counts once, up to the furthest of them.
  const furthest = new Map<number, number>();
  for (const { from, to } of edges) {
    const start = place.get(from)!;
    furthest.set(start, Math.max(furthest.get(start) ?? 0, place.get(to)!));
  }
  const change = new Array<number>(boxes.length + 2).fill(0);
  for (const [start, end] of furthest) {
    change[start + 1]! += 1;
    change[end + 1]! -= 1;
  }
  let open = 0;
  return Array.from({ length: boxes.length + 1 }, (_, index) => (open += change[index]!));
}
