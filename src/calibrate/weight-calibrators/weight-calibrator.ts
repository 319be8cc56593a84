/** The levels of a quantizer: real values `scale * (q - zeroPoint)` for `qmin <= q <= qmax`. */
export interface QuantizerLevels {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

/**
 * One way to choose the range of a smoothed weight. A file that defines one and its line in
 * `registry.ts` are all that it takes.
 */
export type WeightCalibrator = {
  /** What it does, in one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
} & (RangeByWeights | RangeByMoments);

/** From the weights alone. */
interface RangeByWeights {
  readonly reads: 'weights';
  /**
   * The quantizer of a share of the whole range; null: that of the whole range, which holds every
   * number.
   *
   * @param values of the output channel, or of the whole weight
   * @param whole the quantizer whose range holds every value
   * @param atShare the quantizer of a share of that range, 0 < share <= 1
   */
  readonly shrink:
    | (<Levels extends QuantizerLevels>(
        values: Float32Array,
        whole: Levels,
        atShare: (share: number) => Levels,
      ) => Levels)
    | null;
}

/** From second moments of the layer's inputs as well. */
interface RangeByMoments {
  readonly reads: 'moments';
  /**
   * Shares of the whole range that are tried, from 1 down. The first with the least error
   * `dw H dw^T` of the nearest levels is taken.
   */
  readonly shares: readonly number[];
}
