import type { ChannelHistograms } from './channel-histograms.js';

/**
 * What an observe stage saw of the inputs of all layers over one prefix of the calibration data.
 */
export interface ObservationRecord {
  readonly batches: number;
  readonly samples: number;
  readonly inputs: readonly InputStatistics[];
  /** Of tensors that are no layer's input; absent where no target asked for them. */
  readonly tensors?: readonly TensorStatistics[];
  /** Only in the last record of the first part of a pass, and only where one was asked for. */
  readonly display?: DisplayHistograms;
}

/**
 * Statistics of a tensor that a target quantizes, `[channels]` each, or of one channel where the
 * axis of its channels is not known.
 */
export interface TensorStatistics extends Omit<InputStatistics, 'layer' | 'absmaxView' | 'histogramAmax'> {
  readonly tensor: string;
}

/**
 * Statistics of a layer's input over one prefix of the calibration data, `[inputChannels]` each.
 */
export interface InputStatistics {
  readonly layer: string;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** max |x| per channel. */
  readonly absmax: Float64Array;
  /** max |x| per column of `x.view(-1, C)`; null unless asked for. */
  readonly absmaxView: Float64Array | null;
  /** Null unless a calibrator that reads histograms is to be used on this prefix. */
  readonly histograms: ChannelHistograms | null;
  /** By each calibrator that reads histograms; none where no histograms were gathered. */
  readonly histogramAmax?: AmaxByCalibrator;
}

/**
 * The amax of a layer's input in 8 bits, signed, without smoothing, by the name of the calibrator:
 * how it converges as samples are added. That of `percentile` holds 99.99 %.
 */
export type AmaxByCalibrator = Readonly<Record<string, number>>;

/**
 * Histograms of the input of every layer over the first few calibration samples: to look at, never
 * to calculate with.
 */
export interface DisplayHistograms {
  readonly samples: number;
  readonly inputs: readonly { readonly layer: string; readonly histograms: ChannelHistograms }[];
}
