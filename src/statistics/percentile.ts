/**
 * Returns the `percent`-th percentile of `sorted` (ascending, at least one number), linear between
 * neighbours as numpy.percentile does by default.
 */
export function percentileOfSorted(sorted: Float64Array, percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
