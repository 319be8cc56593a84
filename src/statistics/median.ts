/** The middle value of an ascending list, or the mean of the middle two; 0 for an empty list. */
export function medianOf(ascending: readonly number[]): number {
  const half = ascending.length / 2;
  const upper = ascending[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((ascending[half - 1] ?? upper) + upper) / 2 : upper;
}
