import { countedValues } from '../../calibrate/histograms/channel-histogram.js';
import { expectedSquaredError } from '../../calibrate/histograms/expected-squared-error.js';
import type { LayerMoments } from '../../records/moments-record.js';
import type { InputStatistics } from '../../records/observation-record.js';
import type { InputNoise } from '../../records/predicted-loss-record.js';
import type { PreparedLayer } from '../../quantize/prepared-layer.js';
import { momentDiagonal } from '../../quantize/moment-forms.js';

/** Mean square of what quantization adds to each column of a layer's unfolded input. */
export interface ColumnNoise {
  readonly from: InputNoise;
  /** In FP32's units squared, `[groups * columns]`. */
  readonly squares: Float64Array;
}

/**
 * The noise of a quantized input. Where its values were counted it is the mean squared error of the
 * quantizer on these, what it clips included. Where not, errors count as spread evenly over a step
 * `d`, of what is not 0, since 0 is always a level: `P(x != 0) d^2 / 12`. No noise is larger than
 * the number itself: what all rounds to 0 loses its own square.
 *
 * @param filled how often a position of the kernel reads a number at all, `[kernelSize]`
 */
export function inputNoise(
  moments: LayerMoments,
  { layer, input, divisor }: Pick<PreparedLayer, 'layer' | 'input' | 'divisor'>,
  inputs: InputStatistics | null,
  filled: Float64Array,
): ColumnNoise {
  const { kernelSize } = layer.layout;
  const counted = inputs === null ? null : countedNoise(inputs, divisor, input);
  const ofChannel =
    counted ?? Float64Array.from(divisor, (step, channel) => (moments.nonZeroShares[channel]! * step ** 2) / 12);
  const squares = momentDiagonal(moments).map((square, column) =>
    Math.min(square, ofChannel[Math.floor(column / kernelSize)]! * filled[column % kernelSize]!),
  );
  return { from: counted === null ? 'uniform' : 'histogram', squares };
}

/** Mean squared error of each channel by its histogram; null where none was gathered. */
function countedNoise(
  { histograms, min, max }: InputStatistics,
  divisor: Float32Array,
  { qmin, qmax, zeroPoint }: PreparedLayer['input'],
): Float64Array | null {
  if (histograms === null) return null;
  const grid = { scale: 1, lowest: qmin - zeroPoint, highest: qmax - zeroPoint };
  const { squaredError } = expectedSquaredError({ histograms, min, max }, divisor, grid);
  const perChannel = countedValues(histograms) / squaredError.length;
  return perChannel === 0 ? null : squaredError.map((sum) => sum / perChannel);
}
