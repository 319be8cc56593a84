/** The quantizer of a layer's input or weight, as a trial had it. */
export interface QuantizerRecord {
  readonly layer: string;
  readonly role: 'input' | 'weight';
  readonly granularity: 'tensor' | 'channel';
  readonly bits: number;
  readonly signed: boolean;
  /** Largest over channels. */
  readonly amax: number;
  /** The same with s = 1. */
  readonly amaxUnsmoothed: number;
  /** Largest over channels. */
  readonly scale: number;
  /** Of the channel with the largest amax. */
  readonly zeroPoint: number;
  /**
   * Lowest real value of the range: -amax, 0 when unsigned, its own when asymmetric; smallest over
   * channels.
   */
  readonly low: number;
  readonly narrowRange: boolean;
  /** `[outputChannels]`, or null when per tensor. */
  readonly amaxChannels: Float64Array | null;
  /** `[outputChannels]` of `low` where asymmetric per channel, else null. */
  readonly lowChannels: Float64Array | null;
}
