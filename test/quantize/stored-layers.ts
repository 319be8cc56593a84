import { preparation } from './preparations.js';
import type { InputStatistics } from '../../src/records/observation-record.js';
import type { QuantizerRecord } from '../../src/records/quantizer-record.js';
import {
  quantizerRecords,
  smoothingRecord,
  type PreparedLayer,
  type Preparation,
} from '../../src/quantize/prepare-layers.js';
import { roundedWeightRecords } from '../../src/quantize/rounding/rounded-weights.js';
import type { StoredLayer, StoredQuantizer } from '../../src/quantize/restore-layers.js';

/** What a trial stores of a prepared layer. */
export function storedLayer(
  prepared: PreparedLayer,
  statistics: ReadonlyMap<string, InputStatistics>,
  how: Pick<Preparation, 'quantization' | 'bits' | 'moments'> = preparation(8, null, prepared.weight.granularity),
): StoredLayer {
  const { name } = prepared.layer;
  const [input, weight] = quantizerRecords(prepared, statistics.get(name)!, how);
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
    levels: roundedWeightRecords([prepared])[0]?.levels ?? null,
  };
}

function storedQuantizer(record: QuantizerRecord): StoredQuantizer {
  const { granularity, bits, signed, amax, low, scale, zeroPoint, narrowRange } = record;
  const [amaxChannels, lowChannels] = [record.amaxChannels, record.lowChannels].map((channels) =>
    channels === null ? null : Array.from(channels),
  );
  return {
    granularity,
    bits,
    signed,
    amax,
    low,
    scale,
    zeroPoint,
    narrowRange,
    amaxChannels: amaxChannels!,
    lowChannels: lowChannels!,
  };
}
