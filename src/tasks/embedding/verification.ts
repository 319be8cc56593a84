/** Accuracies of pairs by the protocol of LFW. */
export interface Verification {
  /** Share of right pairs of each fold. */
  readonly accuracies: readonly number[];
  /** The threshold of each, found on the others. */
  readonly thresholds: readonly number[];
  /** 1 where a pair is right at the threshold of its fold `[pairs]`. */
  readonly right: Uint8Array;
}

/** Thresholds tried: `i * step` for i below this, as numpy's arange(0, 4, 0.01) has them. */
const THRESHOLDS = 400;

/**
 * Verifies pairs as facenet and insightface do for LFW (Huang et al. 2007, restricted to
 * thresholds): the list is cut into contiguous folds, the first ones longer by one where it is not
 * divided evenly. For each fold the threshold is the one that is right most often on all others, of
 * equal ones the lowest; a pair is called the same where its distance is below.
 *
 * @param step between thresholds: 0.01 for squared distances of normalized embeddings
 */
export function verifyPairs(distance: Float64Array, same: Uint8Array, folds: number, step: number): Verification {
  const foldOf = foldsOf(distance.length, folds);
  // Right pairs by fold and threshold: a same pair is right at all thresholds above its distance.
  const rightAt = Array.from({ length: folds }, () => new Int32Array(THRESHOLDS));
  for (let pair = 0; pair < distance.length; pair += 1) {
    const counts = rightAt[foldOf[pair]!]!;
    for (let at = 0; at < THRESHOLDS; at += 1) {
      if (distance[pair]! < at * step === (same[pair] === 1)) counts[at]! += 1;
    }
  }
  const thresholds = rightAt.map((own) => {
    let [best, most] = [0, -1];
    for (let at = 0; at < THRESHOLDS; at += 1) {
      const right = rightAt.reduce((sum, counts) => (counts === own ? sum : sum + counts[at]!), 0);
      if (right > most) [best, most] = [at, right];
    }
    return best * step;
  });
  const right = Uint8Array.from(distance, (each, pair) =>
    Number(each < thresholds[foldOf[pair]!]! === (same[pair] === 1)),
  );
  const sums = new Int32Array(folds);
  const sizes = new Int32Array(folds);
  right.forEach((each, pair) => {
    sums[foldOf[pair]!]! += each;
    sizes[foldOf[pair]!]! += 1;
  });
  return { accuracies: Array.from(sums, (sum, fold) => sum / sizes[fold]!), thresholds, right };
}

/** The fold of each pair, contiguous: as scikit-learn's KFold without shuffling. */
export function foldsOf(pairs: number, folds: number): Int32Array {
  const longer = pairs % folds;
  const size = Math.floor(pairs / folds);
  return Int32Array.from({ length: pairs }, (_, pair) => {
    const within = longer * (size + 1);
    return pair < within ? Math.floor(pair / (size + 1)) : longer + Math.floor((pair - within) / size);
  });
}

/**
 * The true accept rate at a false accept rate: of n pairs that are not the same, floor(FAR n) may
 * be accepted, so a pair is accepted iff its distance is strictly below the next smallest of these.
 *
 * @returns null where fewer than one of them may be accepted: n is too small to measure that rate
 */
export function trueAcceptRate(distance: Float64Array, same: Uint8Array, far: number): number | null {
  const impostors = distance.filter((_, pair) => same[pair] === 0).sort();
  // 0.29 * 100 is a little below 29.
  const accepted = Math.floor(far * impostors.length + 1e-9);
  const genuine = distance.filter((_, pair) => same[pair] === 1);
  if (accepted < 1 || genuine.length === 0) return null;
  const limit = impostors[accepted]!;
  return genuine.reduce((sum, each) => sum + Number(each < limit), 0) / genuine.length;
}
