/** The smoothing of a layer's input, as a trial had it. */
export interface SmoothingRecord {
  readonly layer: string;
  /** null without SmoothQuant (unsmoothed, cle). */
  readonly alpha: number | null;
  readonly apply: 'insert' | 'fold' | 'requantize' | 'depthwise' | 'channelQuantize' | 'none';
  /**
   * Why 1/s was inserted although folding was asked for, or why cle left the layer alone; null
   * otherwise.
   */
  readonly fallbackReason: string | null;
  readonly deadChannels: number;
  /** `[inputChannels]` */
  readonly s: Float32Array;
}
