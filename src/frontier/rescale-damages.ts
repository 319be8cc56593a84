/** What an evaluated assignment says of the layers' damages. */
export interface MeasuredDamage {
  /** Predicted damage of each layer at the precision that it had, before any rescaling. */
  readonly parts: readonly number[];
  /** Divergence of the output that was measured; above 0. */
  readonly measured: number;
}

/** Standard deviation of the logarithm of a layer's factor, before anything was measured. */
const FACTOR_SPREAD = 0.7;
/** Of the logarithm of a measured divergence: damages do not quite add up. */
const MEASURED_SPREAD = 0.1;
/** Of the factor that all predictions share; it orders nothing. */
const COMMON_SPREAD = 3;
const ROUNDS = 8;

/**
 * A factor for each layer's predicted damage so that the sums come closer to what was measured: the
 * most likely ones where logarithms of factors and of measurements are normal (Gauss-Newton in the
 * measurements, of which there are few). Without measurements all are 1. A factor that all layers
 * share is not among them.
 *
 * @param layers how many there are
 */
export function rescaleDamages(layers: number, tries: readonly MeasuredDamage[]): Float64Array {
  const known = tries.filter(({ parts, measured }) => measured > 0 && parts.some((part) => part > 0));
  const logs = new Float64Array(layers);
  let common = 0;
  for (let round = 0; round < (known.length === 0 ? 0 : ROUNDS); round++) {
    const sums = known.map(({ parts }) => parts.reduce((sum, part, l) => sum + part * Math.exp(logs[l]!), 0));
    // Share of each layer in the prediction: the derivative of its logarithm.
    const shares = known.map(({ parts }, k) => parts.map((part, l) => (part * Math.exp(logs[l]!)) / sums[k]!));
    // About the present factors the prediction is linear; the prior is about factors of 1.
    const residuals = known.map(
      ({ measured }, k) =>
        Math.log(measured) - Math.log(sums[k]!) + shares[k]!.reduce((sum, share, l) => sum + share * logs[l]!, 0),
    );
    const covariance = shares.map((one, i) =>
      shares.map(
        (other, j) =>
          FACTOR_SPREAD ** 2 * one.reduce((sum, share, l) => sum + share * other[l]!, 0) +
          COMMON_SPREAD ** 2 +
          (i === j ? MEASURED_SPREAD ** 2 : 0),
      ),
    );
    const weights = solved(covariance, residuals);
    common = COMMON_SPREAD ** 2 * weights.reduce((sum, weight) => sum + weight, 0);
    for (let l = 0; l < layers; l++) {
      logs[l] = FACTOR_SPREAD ** 2 * weights.reduce((sum, weight, k) => sum + weight * shares[k]![l]!, 0);
    }
  }
  if (!Number.isFinite(common) || !logs.every(Number.isFinite)) return new Float64Array(layers).fill(1);
  return logs.map((log) => Math.exp(log));
}

/** Gauss's elimination of a symmetric positive definite system of a few unknowns. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const count = rows.length;
  for (let pivot = 0; pivot < count; pivot++) {
    for (let row = pivot + 1; row < count; row++) {
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      for (let column = pivot; column <= count; column++) rows[row]![column]! -= factor * rows[pivot]![column]!;
    }
  }
  const solution = new Array<number>(count).fill(0);
  for (let row = count - 1; row >= 0; row--) {
    let rest = rows[row]![count]!;
    for (let column = row + 1; column < count; column++) rest -= rows[row]![column]! * solution[column]!;
    solution[row] = rest / rows[row]![row]!;
  }
  return solution;
}
