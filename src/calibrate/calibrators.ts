/**
 * The amax of a layer's smoothed input under the max calibrator: `max_c(act[c] / s[c])`. Exact: the absmax of x/s is
 * reached where a channel reaches its own absmax, so no second pass over the data is needed.
 *
 * @param activationAbsmax true per-channel absmax `[C]`, whichever statistics s was made from
 * @param s `[C]`
 */
export function maxCalibrator(activationAbsmax: Float64Array, s: Float32Array): number {
  let amax = 0;
  for (const [channel, absmax] of activationAbsmax.entries()) amax = Math.max(amax, absmax / s[channel]!);
  return amax;
}
