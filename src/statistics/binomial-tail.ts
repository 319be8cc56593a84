/**
 * Returns P(X >= successes) of X ~ Binomial(trials, probability): how likely chance alone does at
 * least as well. Exact but for rounding: terms by their recursion from the first one, whose
 * logarithm is a sum; relative error below 1e-9 for up to 1e6 trials. 1 for `successes` 0.
 *
 * @param probability above 0 and below 1
 */
export function binomialUpperTail(successes: number, trials: number, probability: number): number {
  if (successes <= 0) return 1;
  if (successes > trials) return 0;
  // The shorter tail is summed, so that nothing is lost to 1 - (nearly 1).
  if (successes <= trials * probability) return 1 - tailFrom(trials - successes + 1, trials, 1 - probability);
  return tailFrom(successes, trials, probability);
}

/** Sum of the terms from `successes` up, which fall where `successes` is above the mean. */
function tailFrom(successes: number, trials: number, probability: number): number {
  let logarithm = successes * Math.log(probability) + (trials - successes) * Math.log1p(-probability);
  for (let count = 1; count <= successes; count += 1) logarithm += Math.log((trials - successes + count) / count);
  const odds = probability / (1 - probability);
  let term = 1;
  let sum = 0;
  for (let count = successes; count <= trials && term > 0; count += 1) {
    sum += term;
    term *= ((trials - count) / (count + 1)) * odds;
    if (term < sum * 1e-18 && count > trials * probability) break;
  }
  return Math.min(1, Math.exp(logarithm + Math.log(sum)));
}
