/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Returns the Wilson score interval [low, high] at 95 % for `correct` of `total` (Wilson 1927;
 * without continuity correction):
 *
 *   (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
 *
 * Its ends lie in 0..1 and are exactly 0 for none and 1 for all correct.
 *
 * @throws RangeError unless 0 <= correct <= total and total >= 1, integers.
 */
export function wilson95(correct: number, total: number): [low: number, high: number] {
  if (!Number.isInteger(correct) || !Number.isInteger(total) || total < 1 || correct < 0 || correct > total) {
    throw new RangeError(`Expected integers 0 <= correct <= total with total >= 1, got ${correct} of ${total}`);
  }
  const share = correct / total;
  const denominator = 1 + (Z * Z) / total;
  const centre = share + (Z * Z) / (2 * total);
  const half = Z * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [correct === 0 ? 0 : (centre - half) / denominator, correct === total ? 1 : (centre + half) / denominator];
}
