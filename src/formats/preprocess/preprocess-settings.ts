export interface PreprocessSettings {
  /** Axis order of the stored samples. */
  readonly layout: 'channelsFirst' | 'channelsLast';
  /** Axis order of the model's input; absent: channels first. */
  readonly feed?: 'channelsFirst' | 'channelsLast' | undefined;
  /** `reverse` turns RGB into BGR and back. */
  readonly channelOrder: 'keep' | 'reverse';
  /** Every value is divided by this first (255 for bytes). */
  readonly divideBy: number;
  /** Subtracted after the division, per channel; null: nothing. */
  readonly mean: readonly number[] | null;
  /** Divided by after the mean, per channel; null: nothing. */
  readonly std: readonly number[] | null;
}
