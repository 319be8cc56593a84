/** Statistics at or below this mean a dead channel: it is left alone. */
export const DEAD_CHANNEL_ABSMAX = 1e-9;

export interface SmoothingFactors {
  /** `[I]`, 1 for dead channels. */
  readonly s: Float32Array;
  /** Channels with s = 1 because a statistic is about zero or not finite. */
  readonly deadChannels: number;
}

/**
 * SmoothQuant's factors `s[c] = act[c]^alpha / wt[c]^(1-alpha)` (Xiao et al., arXiv 2211.10438,
 * equation 4): the input is divided by s, the weight multiplied by s along its input channels.
 * Computed in float64, stored as float32.
 *
 * @param activationAbsmax `[I]`
 * @param weightAbsmax `[I]`
 * @param alpha migration strength: 0 leaves all difficulty in the activations, 1 moves all into the
 *   weights
 */
export function smoothingFactors(
  activationAbsmax: Float64Array,
  weightAbsmax: Float64Array,
  alpha: number,
): SmoothingFactors {
  let deadChannels = 0;
  const s = Float32Array.from(activationAbsmax, (act, channel) => {
    const wt = weightAbsmax[channel]!;
    const alive = act > DEAD_CHANNEL_ABSMAX && wt > DEAD_CHANNEL_ABSMAX && Number.isFinite(act) && Number.isFinite(wt);
    const factor = alive ? Math.fround(act ** alpha / wt ** (1 - alpha)) : NaN;
    if (Number.isFinite(factor) && factor > 0) return factor;
    deadChannels++;
    return 1;
  });
  return { s, deadChannels };
}

/** s = 1 for every channel: an unsmoothed layer. */
export function noSmoothing(channels: number): SmoothingFactors {
  return { s: new Float32Array(channels).fill(1), deadChannels: 0 };
}
