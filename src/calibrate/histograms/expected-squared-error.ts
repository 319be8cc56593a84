import { visitChannelBins, type ChannelBinVisitor } from './channel-bins.js';
import type { ChannelInputs } from './display-histogram.js';

/** The levels of a quantizer with zero at 0: `lowest * scale`, ..., `highest * scale`. */
export interface QuantizerGrid {
  readonly scale: number;
  /** `qmin - zeroPoint` and `qmax - zeroPoint`. */
  readonly lowest: number;
  readonly highest: number;
}

/** What quantizing a channel's values is expected to do to them, in units of the input squared. */
export interface ExpectedErrors {
  /** Sum of the squared errors of each channel `[C]`. */
  readonly squaredError: Float64Array;
  /** Sum of its squared values `[C]`. */
  readonly squaredValue: Float64Array;
  /** Values of all channels, and those of them beyond the outermost levels by half a step. */
  readonly count: number;
  readonly clipped: number;
}

/**
 * The squared error of quantizing x/s and multiplying by s again, by channel, from the histograms
 * of x. Values of a bin count as spread evenly over it, for which the error is known exactly:
 *
 *     integral of (u - k)^2 du = k/12 + (u - k)^3/3,   u = x / (s * scale), k = its level
 *
 * Two kinds of values are known better: the largest ones, where histograms hold them as they are,
 * and zeros. Behind a Relu most values of the bin at 0 are 0, which no quantizer changes: what that
 * bin holds beyond what its neighbour holds counts as 0.
 *
 * @param s `[C]`, above 0
 */
export function expectedSquaredError(
  { histograms, min, max }: ChannelInputs,
  s: ArrayLike<number>,
  grid: QuantizerGrid,
): ExpectedErrors {
  const squaredError = new Float64Array(min.length);
  const squaredValue = new Float64Array(min.length);
  let count = 0;
  let clipped = 0;
  const side = (bytes: Uint8Array, edges: Float64Array, sign: 1 | -1, largest: Uint8Array | null | undefined) => {
    const spread: ChannelBinVisitor = (c, from, to, values) => {
      const step = s[c]! * grid.scale;
      const [low, high] = sign === 1 ? [from / step, to / step] : [-to / step, -from / step];
      squaredError[c]! += values * step ** 2 * meanSquaredError(low, high, grid);
      squaredValue[c]! += (values * (from ** 2 + from * to + to ** 2)) / 3;
      clipped += values * shareBeyond(low, high, grid);
    };
    visitChannelBins(bytes, histograms.binWidth, edges, withZeros(spread), largest);
  };
  const withZeros = (spread: ChannelBinVisitor): ChannelBinVisitor => {
    // A bin at 0, until its neighbour is known.
    let first: { readonly channel: number; readonly to: number; readonly values: number } | null = null;
    const settle = (neighbour: number): void => {
      if (first === null) return;
      spread(first.channel, 0, first.to, Math.min(first.values, neighbour));
      first = null;
    };
    return (c, from, to, values) => {
      count += values;
      settle(first?.channel === c && first.to === from && to > from ? values : 0);
      if (from === 0 && to > 0) first = { channel: c, to, values };
      else spread(c, from, to, values);
    };
  };
  side(histograms.positive, max.map(above), 1, histograms.largest?.positive);
  if (histograms.negative !== null) {
    side(
      histograms.negative,
      min.map((value) => above(-value)),
      -1,
      histograms.largest?.negative,
    );
  }
  return { squaredError, squaredValue, count, clipped };
}

function above(value: number): number {
  return Math.max(0, value);
}

/** In units of the step, of values spread evenly over `[low, high]`, which may be one value. */
function meanSquaredError(low: number, high: number, grid: QuantizerGrid): number {
  // A narrow bin's integral is a difference of nearly equal numbers.
  if (high - low < 1e-6) return ((low + high) / 2 - levelOf((low + high) / 2, grid)) ** 2;
  return (integral(high, grid) - integral(low, grid)) / (high - low);
}

function integral(u: number, grid: QuantizerGrid): number {
  const level = levelOf(u, grid);
  return level / 12 + (u - level) ** 3 / 3;
}

function levelOf(u: number, { lowest, highest }: QuantizerGrid): number {
  return Math.min(highest, Math.max(lowest, Math.round(u)));
}

/** Share of `[low, high]` that lies half a step or more beyond the outermost levels. */
function shareBeyond(low: number, high: number, { lowest, highest }: QuantizerGrid): number {
  const [least, most] = [lowest - 0.5, highest + 0.5];
  if (high === low) return low < least || low > most ? 1 : 0;
  const inside = Math.max(0, Math.min(high, most) - Math.max(low, least));
  return 1 - inside / (high - low);
}
