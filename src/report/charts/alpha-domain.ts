/**
 * Ends of an axis of alphas: a tenth below the least and above the largest that is drawn, within 0
 * and 1. All of 0 to 1 where nothing is drawn.
 */
export function alphaDomain(alphas: readonly (number | null)[]): [number, number] {
  const drawn = alphas.filter((alpha) => alpha !== null);
  if (drawn.length === 0) return [0, 1];
  const least = drawn.reduce((low, alpha) => Math.min(low, alpha), 1);
  const largest = drawn.reduce((high, alpha) => Math.max(high, alpha), 0);
  return [Math.max(0, Math.floor(10 * least - 0.5) / 10), Math.min(1, Math.ceil(10 * largest + 0.5) / 10)];
}
