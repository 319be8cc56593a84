const Z_95 = 1.959964;

/**
 * 95 % interval of the difference of two shares over the same samples, one - other, from the
 * samples that only one of the two gets right: Agresti and Min (2005, Stat. Med. 24), Wald's with
 * half a sample added to each of the four outcomes. What `pairedEffect` has for one pair.
 *
 * @throws RangeError where there is no sample
 */
export function pairedShareInterval(onlyOne: number, onlyOther: number, samples: number): readonly [number, number] {
  if (!(samples > 0)) throw new RangeError(`Expected a sample or more, got ${samples}`);
  const weight = samples + 2;
  const middle = (onlyOne - onlyOther) / weight;
  const squares = (onlyOne + onlyOther + 1) / weight;
  const half = Z_95 * Math.sqrt(Math.max(0, squares - middle ** 2) / weight);
  return [middle - half, middle + half];
}
