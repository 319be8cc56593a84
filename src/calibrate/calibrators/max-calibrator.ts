import type { Calibrator } from './calibrator.js';

/** The range holds every value that calibration saw: exact, from the channels' extremes alone. */
export const maxCalibrator: Calibrator = {
  description: 'the range holds every value',
  reads: 'extremes',
  parameters: [],
  amax: ({ absmax, max }, s, { signed }) => maxAmax(signed ? absmax : max, s),
  asymmetric: {
    range: ({ min, max }, s) => ({
      low:
        0 -
        maxAmax(
          min.map((least) => -least),
          s,
        ),
      high: maxAmax(max, s),
    }),
  },
};

/**
 * The amax of a layer's smoothed input under the max calibrator: `max_c(act[c] / s[c])`. Exact: the
 * absmax of x/s is reached where a channel reaches its own absmax, so no second pass over the data
 * is needed.
 *
 * @param activationAbsmax true per-channel absmax `[C]`, whichever statistics s was made from; or
 *   the largest values, for the end of the range above zero
 * @param s `[C]`
 */
export function maxAmax(activationAbsmax: Float64Array, s: Float32Array): number {
  let amax = 0;
  for (const [channel, absmax] of activationAbsmax.entries()) amax = Math.max(amax, absmax / s[channel]!);
  return amax;
}
