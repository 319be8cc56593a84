/** How often the largest values along an axis agree. */
export interface AxisAgreement {
  /** Places along the axis' line: the product of the other lengths. */
  readonly places: number;
  /** Those where the index of the largest value is the same; of equal values the lowest index. */
  readonly argmaxMatches: number;
  /**
   * Sum over places of the share of FP32's k largest that are among the output's k largest; -1
   * where the axis has k or fewer, as all agree there.
   */
  readonly topKShares: number;
}

const NONE: AxisAgreement = { places: 0, argmaxMatches: 0, topKShares: -1 };

/**
 * The axis of the classes of an output.
 *
 * @param dims with the batch
 * @param axis as the settings say it: -1 is the last; null: 1 of `[N, C]` and `[N, C, H, W]`
 * @returns at least 1, or null where the output has no such axis or it has one class
 */
export function classAxis(dims: readonly (number | null)[], axis: number | null): number | null {
  const rank = dims.length;
  const chosen = axis === null ? (rank === 2 || rank === 4 ? 1 : 0) : axis < 0 ? rank + axis : axis;
  const length = dims[chosen];
  return chosen < 1 || length === undefined || (length !== null && length < 2) ? null : chosen;
}

/**
 * Compares the order of the values along an axis of one sample's output and FP32's.
 *
 * @param dims `[1, ...]`
 */
export function compareAlongAxis(
  output: Float32Array,
  reference: Float32Array,
  dims: readonly number[],
  axis: number | null,
  topK: number,
): AxisAgreement {
  if (axis === null || reference.length === 0) return NONE;
  const classes = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((product, length) => product * length, 1);
  const outer = reference.length / (classes * inner);
  const places = outer * inner;
  const hasTopK = classes > topK;
  const k = hasTopK ? topK : 1;
  const [own, other] = [new Int32Array(k), new Int32Array(k)];
  let [argmaxMatches, topKShares] = [0, 0];
  for (let block = 0; block < outer; block += 1) {
    for (let place = 0; place < inner; place += 1) {
      const first = block * classes * inner + place;
      findLargest(output, first, inner, classes, own);
      findLargest(reference, first, inner, classes, other);
      if (own[0] === other[0]) argmaxMatches += 1;
      topKShares += other.reduce((shared, index) => shared + Number(own.includes(index)), 0) / k;
    }
  }
  return { places, argmaxMatches, topKShares: hasTopK ? topKShares : -1 };
}

/** Writes the indices of the largest values, falling; of equal values the lower index first. */
function findLargest(values: Float32Array, first: number, step: number, count: number, largest: Int32Array): void {
  let found = 0;
  for (let index = 0; index < count; index += 1) {
    const value = values[first + index * step]!;
    if (found === largest.length && value <= values[first + largest[found - 1]! * step]!) continue;
    let at = found < largest.length ? found : found - 1;
    while (at > 0 && values[first + largest[at - 1]! * step]! < value) {
      largest[at] = largest[at - 1]!;
      at -= 1;
    }
    largest[at] = index;
    if (found < largest.length) found += 1;
  }
}
