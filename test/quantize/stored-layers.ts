import type { InputStatistics, QuantizerRecord } from '../../src/evaluate/results.js';
import { quantizerRecords, smoothingRecord, type PreparedLayer } from '../../src/quantize/prepare-layers.js';
import type { StoredLayer, StoredQuantizer } from '../../src/quantize/restore-layers.js';

/** What a trial stores of a prepared layer. */
export function storedLayer(prepared: PreparedLayer, statistics: ReadonlyMap<string, InputStatistics>): StoredLayer {
  const { name } = prepared.layer;
  const [input, weight] = quantizerRecords(prepared, statistics.get(name)!);
  const { alpha, apply, fallbackReason, deadChannels, s } = smoothingRecord(prepared);
  return {
    name,
    alpha,
    apply,
    fallbackReason,
    deadChannels,
    s: Array.from(s),
    input: storedQuantizer(input!),
    weight: storedQuantizer(weight!),
    biasCorrection: prepared.biasCorrection === null ? null : Array.from(prepared.biasCorrection),
  };
}

function storedQuantizer(record: QuantizerRecord): StoredQuantizer {
  const { granularity, bits, signed, amax, scale, zeroPoint, amaxChannels } = record;
  const channels = amaxChannels === null ? null : Array.from(amaxChannels);
  return { granularity, bits, signed, amax, scale, zeroPoint, amaxChannels: channels };
}
