import type { ChannelHistograms } from '../../records/channel-histograms.js';
import { displayHistogram, type ChannelInputs } from '../../calibrate/histograms/display-histogram.js';
import { pickChannel } from '../../calibrate/histograms/pick-channel.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { decodeHistograms } from '../payload/histogram-payload.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

interface StoredInput {
  readonly observation: number;
  readonly layer: number;
  readonly samples: number;
  readonly bins: Uint8Array;
  /** JSON; null where the trial isn't finished, or keeps the layer in float. */
  readonly s: string | null;
}

/**
 * Full histograms of the trial's calibration samples where they are, else those of the first few.
 */
const storedInput = `SELECT o.id AS observation, l.id AS layer, s.s,
    iif(h.bins IS NULL, d.samples, o.samples) AS samples, coalesce(h.bins, d.bins) AS bins
  FROM trial t
  JOIN observation o ON o.id = t.observation_id
  JOIN layer l ON l.model_id = t.model_id
  LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id
  LEFT JOIN histogram h ON h.observation_id = o.id AND h.layer_id = l.id
  LEFT JOIN display_histogram d ON d.stage_id = o.stage_id AND d.layer_id = l.id
  WHERE t.id = ? AND l.name = ? AND coalesce(h.bins, d.bins) IS NOT NULL`;

/**
 * The rows of `activation_histogram(trial, layer)`: `quantity`, `bin`, `low`, `high`, `count`,
 * `samples`; the bins before smoothing, then those after it. None where the trial or the layer is
 * unknown or has no histogram.
 *
 * @throws StoreError `not-a-database` where the stored bytes are damaged
 */
export function activationHistogramRows(
  connection: Connection,
  trial: Bindable,
  layer: Bindable,
): readonly (readonly Bindable[])[] {
  const stored = connection.get(storedInput, trial, layer) as StoredInput | undefined;
  if (stored === undefined) return [];
  const where = nameOf(trial, layer);
  const inputs = readInputs(connection, stored, where);
  const before = binRows(inputs, null, stored.samples, where).map((row) => ['before', ...row]);
  if (stored.s === null) return before;
  const s = readFactors(stored.s, inputs, where);
  return [...before, ...binRows(inputs, s, stored.samples, where).map((row) => ['after', ...row])];
}

/**
 * The rows of `channel_histogram(trial, layer, channel)`: `bin`, `low`, `high`, `count`, `samples`,
 * of one channel before smoothing, over its own range. None where `activation_histogram` has none,
 * and for an unknown channel.
 *
 * @throws StoreError `not-a-database` where the stored bytes are damaged
 */
export function channelHistogramRows(
  connection: Connection,
  trial: Bindable,
  layer: Bindable,
  channel: Bindable,
): readonly (readonly Bindable[])[] {
  const stored = connection.get(storedInput, trial, layer) as StoredInput | undefined;
  if (stored === undefined) return [];
  const where = nameOf(trial, layer);
  const inputs = readInputs(connection, stored, where);
  if (typeof channel !== 'number' || inputs.min[channel] === undefined) return [];
  const picked = undamaged(where, () => pickChannel(inputs, channel));
  return binRows(picked, null, stored.samples, where);
}

function nameOf(trial: Bindable, layer: Bindable): string {
  return `the input of layer ${String(layer)} of trial ${String(trial)}`;
}

/** `bin`, `low`, `high`, `count`, `samples` */
function binRows(
  inputs: ChannelInputs,
  s: Float64Array | null,
  samples: number,
  where: string,
): readonly (readonly Bindable[])[] {
  return undamaged(where, () =>
    displayHistogram(inputs, s).map(({ low, high, count }, bin) => [
      BigInt(bin),
      low,
      high,
      BigInt(count),
      BigInt(samples),
    ]),
  );
}

function readInputs(connection: Connection, { observation, layer, bins }: StoredInput, where: string): ChannelInputs {
  const ranges = connection.all(
    'SELECT act_min AS min, act_max AS max FROM channel_stat WHERE observation_id = ? AND layer_id = ? ORDER BY channel',
    observation,
    layer,
  ) as readonly { readonly min: number; readonly max: number }[];
  const histograms = decodeHistograms(bins, where);
  if (!areHistogramsOf(histograms, ranges.length)) throw damaged(where, `not histograms of ${ranges.length} channels`);
  return {
    histograms,
    min: Float64Array.from(ranges, ({ min }) => min),
    max: Float64Array.from(ranges, ({ max }) => max),
  };
}

/**
 * Whether stored bytes are what they should be: a query may be of a file that someone else made.
 */
function areHistogramsOf(value: unknown, channels: number): boolean {
  const { binWidth, positive, negative } = (value ?? {}) as Partial<Record<keyof ChannelHistograms, unknown>>;
  return (
    binWidth instanceof Float64Array &&
    binWidth.length === channels &&
    positive instanceof Uint8Array &&
    (negative === null || negative instanceof Uint8Array)
  );
}

function readFactors(json: string, { min }: ChannelInputs, where: string): Float64Array {
  const factors: unknown = undamaged(where, () => JSON.parse(json) as unknown);
  const isFactor = (value: unknown): value is number => typeof value === 'number' && value > 0;
  if (!Array.isArray(factors) || factors.length !== min.length || !factors.every(isFactor)) {
    throw damaged(where, `s is not ${min.length} numbers above 0`);
  }
  return Float64Array.from(factors);
}

function undamaged<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damaged(where, messageOf(error), error);
  }
}

function damaged(where: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-database',
    `The stored histograms of ${where} can't be read (${why}): they are damaged.`,
    {
      cause,
    },
  );
}
