import { displayHistogram } from '../../calibrate/histograms/display-histogram.js';
import { pickChannel } from '../../calibrate/histograms/pick-channel.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { readHistograms, undamaged, type StoredHistograms } from './stored-histograms.js';

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
  const stored = readHistograms(connection, trial, layer);
  if (stored === null) return [];
  const before = binRows(stored, null).map((row) => ['before', ...row]);
  const s = stored.factors();
  return s === null ? before : [...before, ...binRows(stored, s).map((row) => ['after', ...row])];
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
  const stored = readHistograms(connection, trial, layer);
  if (stored === null || typeof channel !== 'number' || stored.inputs.min[channel] === undefined) return [];
  const picked = undamaged(stored.where, () => pickChannel(stored.inputs, channel));
  return binRows({ ...stored, inputs: picked }, null);
}

/** `bin`, `low`, `high`, `count`, `samples` */
function binRows(
  { inputs, samples, where }: StoredHistograms,
  s: Float64Array | null,
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
