/**
 * Returns the two-sided p-value of McNemar's exact test for two trials on the same samples, of
 * which `onlyA` are right under the first alone and `onlyB` under the second alone:
 *
 *   p = min(1, 2 P(X <= min(onlyA, onlyB))),  X ~ Binomial(onlyA + onlyB, 1/2)
 *
 * and 1 without such samples. Relative error below 1e-10 for counts up to 1e5; values below about
 * 1e-300 come out as 0.
 *
 * @throws RangeError unless both are integers of 0 or above.
 */
export function exactMcNemar(onlyA: number, onlyB: number): number {
  if (!Number.isInteger(onlyA) || !Number.isInteger(onlyB) || onlyA < 0 || onlyB < 0) {
    throw new RangeError(`Expected two counts of 0 or above, got ${onlyA} and ${onlyB}`);
  }
  const trials = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  // Binomial coefficients relative to the middle one, so that nothing overflows; both tails are
  // alike. Their sum takes the place of 2^trials.
  let term = 1;
  let total = 0;
  let tail = 0;
  for (let count = Math.floor(trials / 2); count >= 0 && term > 0; count -= 1) {
    total += 2 * count === trials ? term : 2 * term;
    if (count <= fewer) tail += term;
    term *= count / (trials - count + 1);
  }
  return Math.min(1, (2 * tail) / total);
}
