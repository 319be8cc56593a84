import { SIGNIFICANCE } from './choice-among.js';
import { exactMcNemar } from './mcnemar.js';
import { normalTail } from './normal-tail.js';

/**
 * Smallest difference of two shares over `samples` samples that McNemar's exact test would have
 * called significant, with a choice among `chosenFrom` settings allowed for: with the samples that
 * only the worse trial gets right as they are, so many more that only the better one gets right. A
 * difference below it could not have been told from none.
 *
 * @param fewer samples that only the worse of the two gets right
 * @throws RangeError where there is no sample
 */
export function detectableShare(samples: number, fewer: number, chosenFrom: number): number {
  if (!(samples > 0)) throw new RangeError(`Expected a sample or more, got ${samples}`);
  const isSignificant = (more: number): boolean => exactMcNemar(more, fewer) * chosenFrom < SIGNIFICANCE;
  // Significance only grows with `more`: doubled until it is there, then halved down to where it
  // begins.
  let low = fewer;
  let high = fewer + 1;
  while (!isSignificant(high)) {
    low = high;
    high = fewer + 2 * (high - fewer);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isSignificant(middle)) high = middle;
    else low = middle;
  }
  return (high - fewer) / samples;
}

/**
 * The same of a difference whose replicates spread by `deviation` (standard deviation): z x
 * deviation, z such that the two-sided normal tail beyond it, times `chosenFrom`, is 0.05.
 */
export function detectableSpread(deviation: number, chosenFrom: number): number {
  return significantZ(chosenFrom) * deviation;
}

function significantZ(chosenFrom: number): number {
  if (chosenFrom <= 1) return 1.959964;
  let [low, high] = [1.959964, 40];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    const tail = middle < 2 ? SIGNIFICANCE : 2 * normalTail(middle);
    if (tail * chosenFrom < SIGNIFICANCE) high = middle;
    else low = middle;
  }
  return high;
}
