/** The smoothing of a layer's input, as a trial had it. */
export interface SmoothingRecord {
  readonly layer: string;
  /** null without SmoothQuant (unsmoothed, cle). */
  readonly alpha: number | null;
  readonly apply: 'insert' | 'fold' | 'requantize' | 'depthwise' | 'channelQuantize' | 'none';
  /**
   * Why s is not applied as asked for (moved into no producer, or not at all); null where it is.
   */
  readonly fallbackReason: string | null;
  readonly deadChannels: number;
  /** `[inputChannels]` */
  readonly s: Float32Array;
}
