/** Axis of heatmaps with a column for each alpha. */
export const alphaColumnAxis = {
  labelAngle: 0,
  labelOverlap: 'greedy' as const,
  labelSeparation: 2,
  ticks: false,
  domain: false,
};

/**
 * Few enough alphas for labels that do not touch, evenly spread: 0.2, 0.4, 0.6, 0.8 of 19 from 0.05
 * to 0.95.
 */
export function labelledAlphas(ascending: readonly number[]): string[] {
  const stride = Math.max(1, Math.ceil(ascending.length / 5));
  return ascending.filter((_, index) => (index + 1) % stride === 0).map(String);
}
