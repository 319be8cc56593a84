/**
 * Adds `count` values spread evenly over `[from, to]`, in units of bins, to each bin a whole number
 * of them: the counts up to an edge are rounded. So what is below one value stays empty, and the
 * total is exact. What lies beyond either end is counted in the outermost bin.
 */
export function pourWhole(counts: Float64Array, from: number, to: number, count: number): void {
  const last = counts.length - 1;
  const first = Math.max(0, Math.min(last, Math.floor(from)));
  let placed = 0;
  for (let bin = first; placed < count; bin++) {
    const isEnd = bin === last || to <= bin + 1;
    const until = isEnd ? count : Math.round((count * (bin + 1 - from)) / (to - from));
    counts[bin]! += until - placed;
    placed = until;
  }
}
