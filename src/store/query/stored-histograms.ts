import type { ChannelHistograms } from '../../records/channel-histograms.js';
import type { ChannelInputs } from '../../calibrate/histograms/display-histogram.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { decodeHistograms } from '../payload/histogram-payload.js';
import { messageOf } from '../file/sqlite-failure.js';
import { StoreError } from '../store-error.js';

/** What the database holds of the input of a layer in a trial. */
export interface StoredHistograms {
  readonly inputs: ChannelInputs;
  /** Calibration samples counted. */
  readonly samples: number;
  /**
   * The trial's s `[C]`; null where it isn't finished, or keeps the layer in float. Throws as
   * {@link readHistograms} does.
   */
  readonly factors: () => Float64Array | null;
  /** Names it in the error of {@link undamaged}. */
  readonly where: string;
}

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
 * The stored histograms of a layer's input; null where the trial or the layer is unknown or has
 * none.
 *
 * @throws StoreError `not-a-database` where the stored bytes are damaged
 */
export function readHistograms(connection: Connection, trial: Bindable, layer: Bindable): StoredHistograms | null {
  const stored = connection.get(storedInput, trial, layer) as StoredInput | undefined;
  if (stored === undefined) return null;
  const where = `the input of layer ${String(layer)} of trial ${String(trial)}`;
  const inputs = readInputs(connection, stored, where);
  const { s, samples } = stored;
  return { inputs, samples, factors: () => (s === null ? null : readFactors(s, inputs, where)), where };
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

/** The result; @throws StoreError `not-a-database` where reading the stored bytes fails. */
export function undamaged<T>(where: string, read: () => T): T {
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
