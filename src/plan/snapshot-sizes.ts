/**
 * Prefix sizes, in batches, at which a calibration pass keeps its statistics, ascending: 1, 2, 5,
 * 10, 20, 50, ... below the largest required one, so that the convergence of amax can be drawn, and
 * the required ones.
 * @throws {RangeError} without a required size
 */
export function snapshotSizes(required: readonly number[]): readonly number[] {
  const largest = Math.max(...required);
  if (!Number.isFinite(largest)) throw new RangeError('expected at least one required prefix size, got none');
  const sizes = new Set(required);
  for (let decade = 1; decade < largest; decade *= 10)
    for (const step of [1, 2, 5]) if (step * decade < largest) sizes.add(step * decade);
  return [...sizes].sort((a, b) => a - b);
}
