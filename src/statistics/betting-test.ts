/** How the next sample of a random order without replacement was drawn. */
export interface Draw {
  /** That this one of the unseen samples was drawn. 1 / unseen in a uniform order. */
  readonly probability: number;
  /** The smallest such probability of any unseen sample, this one among them. */
  readonly leastProbability: number;
}

/** What a betting test tries to refute: the mean is `mean`, or on the other side of it. */
export interface MeanNull {
  /** Samples of the whole set, over which the mean is taken. */
  readonly samples: number;
  /** No value lies below this, */
  readonly lowest: number;
  /** and none above this. */
  readonly highest: number;
  readonly mean: number;
  /** Where a rejection shows the mean to be. */
  readonly alternative: 'below' | 'above';
}

/** A test that may be looked at after every sample, and may go on after every look. */
export interface BettingTest {
  /** Samples taken, by `add` or `skip`. */
  readonly seen: number;
  /** Natural logarithm of the wealth now; infinite where the values seen exclude the null. */
  readonly logWealth: number;
  /** The largest that it ever was. */
  readonly peakLogWealth: number;
  /**
   * Bets on the next sample of the order and takes its value.
   *
   * @param draw as in a uniform order unless given
   */
  add(value: number, draw?: Draw): void;
  /** Takes the value of the next sample without a bet on it. */
  skip(value: number): void;
  /** Whether the null is rejected at an error of `alpha`: the wealth has been 1 / alpha. */
  rejects(alpha: number): boolean;
}

/** Shares of the largest bet that players stake throughout, */
const STAKES = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64] as const;
/** and what each of them starts with: 1 together. */
const STARTS = [0.5, 0.2, 0.1, 0.07, 0.05, 0.04, 0.04] as const;
/** A sum of scores is exact to this share of the span of all. */
const ROUNDING = 1e-9;

/**
 * A test of the mean of bounded values by betting (Waudby-Smith and Ramdas 2024, J. R. Stat. Soc.
 * B 86, arXiv 2010.09686, section 4 on sampling without replacement; in a weighted order: Shekhar,
 * Xu, Lipton, Liang and Ramdas 2023, arXiv 2305.06884). Exact for any values between the bounds, at
 * any number of samples and at any number of looks.
 *
 * The order draws sample i with probability q_i of the unseen ones. With S the sum of the values
 * seen and N the number of all samples, y = x_i / (N q_i) has, given all that was seen, the mean
 * mu - S / N: under the null (here: mu >= m) not less than nu = m - S / N. So a wealth that starts
 * at 1 and is multiplied by
 *
 *   1 - lambda (y - nu),   0 <= lambda <= 1 / (max y - nu),
 *
 * lambda chosen before the draw, is a nonnegative supermartingale under the null, and ever reaches
 * 1 / alpha with probability alpha at most (Ville 1939). The largest y is that of `highest` drawn
 * with the smallest q: a rare draw limits the bets of all others.
 *
 * Wealth is split among players, each of whom stakes a share f of the largest bet throughout: a
 * mixture, whose wealth is their sum. The best f depends on how often values differ from 0, which
 * no one knows before; half of the wealth is all in, which is best where hardly any do and excludes
 * what is left of the null as fast as counting would. A player's factor grows with the m that is
 * tested: its derivative by nu is f (M - y) / (M - nu)^2 >= 0, M the largest y. So a test that
 * rejects m rejects all means beyond it, and m may be chosen, and chosen again, after the values
 * were seen.
 *
 * Where the values seen exclude the null outright, whatever the others are, the wealth is infinite.
 *
 * @param startLogWealth what an earlier test of the same hypothesis has left
 * @throws RangeError where bounds, mean or the number of samples make no sense
 */
export function createBettingTest(
  { samples, lowest, highest, mean, alternative }: MeanNull,
  startLogWealth = 0,
): BettingTest {
  if (!Number.isInteger(samples) || samples < 1 || !(lowest < highest) || !(mean >= lowest && mean <= highest)) {
    throw new RangeError(
      `Expected a sample or more, and a mean within bounds, got ${samples}, ${mean} in ${lowest} .. ${highest}`,
    );
  }
  // "Above" is "below" of the negated values.
  const sign = alternative === 'below' ? 1 : -1;
  const bound = sign === 1 ? highest : -lowest;
  const boundary = sign * mean;
  const span = highest - lowest;
  const wealth = Float64Array.from(STARTS);
  let offset = startLogWealth;
  let logWealth = startLogWealth;
  let peak = startLogWealth;
  let seen = 0;
  let sum = 0;

  const uniform = (): Draw => ({ probability: 1 / (samples - seen), leastProbability: 1 / (samples - seen) });

  function take(value: number): void {
    sum += value;
    seen += 1;
    if (sum + bound * (samples - seen) < samples * (boundary - ROUNDING * span)) {
      logWealth = Infinity;
      peak = Infinity;
    }
  }

  function bet(value: number, { probability, leastProbability }: Draw): void {
    const expected = boundary - sum / samples;
    const most = Math.max(bound, 0) / (samples * leastProbability);
    // Then all values left must be the highest there is, and no bet on that can gain.
    if (most - expected <= ROUNDING * span) return;
    const gain = (value / (samples * probability) - expected) / (most - expected);
    let total = 0;
    for (let player = 0; player < STAKES.length; player += 1) {
      wealth[player]! *= Math.max(0, 1 - STAKES[player]! * gain);
      total += wealth[player]!;
    }
    logWealth = offset + Math.log(total);
    peak = Math.max(peak, logWealth);
    // Near 1 again, so that no product underflows.
    if (total < 1e-100 || total > 1e100) {
      for (let player = 0; player < STAKES.length; player += 1) wealth[player]! /= total;
      offset = logWealth;
    }
  }

  return {
    get seen() {
      return seen;
    },
    get logWealth() {
      return logWealth;
    },
    get peakLogWealth() {
      return peak;
    },
    add(value, draw = uniform()) {
      if (logWealth < Infinity) bet(sign * value, draw);
      take(sign * value);
    },
    skip(value) {
      take(sign * value);
    },
    rejects: (alpha) => peak >= -Math.log(alpha),
  };
}
