import type { WeightCalibratorName } from '../../calibrate/weight-calibrators/registry.js';
import type { TensorQuantizerRecord } from '../../records/tensor-quantizer-record.js';
import type { StoredLayer, StoredQuantizer } from '../../quantize/restore-layers.js';
import type { QueryConnection, SqlValue } from '../query/query-database.js';
import { decodeLevels } from '../payload/levels-payload.js';
import { StoreError } from '../store-error.js';

/** A trial of a sweep with all that its quantized model is made of. */
export interface StoredTrial {
  readonly number: number;
  readonly key: string;
  readonly label: string;
  readonly role: string;
  readonly status: string;
  readonly sweep: string;
  readonly sweepKey: string;
  /** JSON of `TrialSettings`. */
  readonly settings: string;
  /** Name and value of the primary metric; null until the trial is finished. */
  readonly accuracy: { readonly metric: string; readonly value: number } | null;
  /** Where the model was last read, and the hash of its bytes; null where none is recorded. */
  readonly model: { readonly path: string; readonly sha256: string } | null;
  readonly weightCalibrator: WeightCalibratorName;
  /** What was written on it, in order. */
  readonly notes: readonly { readonly kind: 'note' | 'tag'; readonly text: string }[];
  /** Quantized layers in graph order; none for fp32. */
  readonly layers: readonly StoredLayer[];
  /** Quantizers that a target placed, in graph order; none of `layers-only`. */
  readonly tensors: readonly TensorQuantizerRecord[];
}

const trialSql = `
  SELECT v.key, v.label, v.role, v.status, sw.key, v.settings, v.metric, v.value, m.path, m.sha256, v.weight_calibrator
  FROM v_trial v JOIN sweep sw ON sw.name = v.sweep JOIN trial t ON t.id = v.trial LEFT JOIN model m ON m.id = t.model_id
  WHERE v.sweep = :sweep AND v.trial = :trial`;

const notesSql = 'SELECT kind, text FROM v_note WHERE sweep = :sweep AND trial = :trial ORDER BY note';

const quantizerColumns = (role: string): string =>
  `${role}.granularity, ${role}.bits, ${role}.signed, ${role}.amax, ${role}.scale, ${role}.zero_point, ${role}.amax_channels, ${role}.low, ${role}.narrow_range, ${role}.low_channels`;

const layersSql = `
  SELECT l.name, s.alpha, s.apply, s.fallback_reason, s.dead_channels, s.s, b.correction, r.levels, ${quantizerColumns('i')}, ${quantizerColumns('w')}
  FROM smoothing s JOIN layer l ON l.id = s.layer_id
  LEFT JOIN quantizer i ON i.trial_id = s.trial_id AND i.layer_id = s.layer_id AND i.role = 'input'
  LEFT JOIN quantizer w ON w.trial_id = s.trial_id AND w.layer_id = s.layer_id AND w.role = 'weight'
  LEFT JOIN bias_correction b ON b.trial_id = s.trial_id AND b.layer_id = s.layer_id
  LEFT JOIN rounded_weight r ON r.trial_id = s.trial_id AND r.layer_id = s.layer_id
  WHERE s.trial_id = :trial ORDER BY l.position`;

const tensorsSql = `
  SELECT tensor, op, "group", bits, signed, amax, low, scale, zero_point, is_fixed, divisor
  FROM tensor_quantizer WHERE trial_id = :trial ORDER BY position`;

/**
 * Reads one trial of a sweep.
 *
 * @param number its `trial` of `v_trial`
 * @throws StoreError `unknown` where the sweep has no such trial, `incomplete` where a layer lacks
 * a quantizer
 */
export function readTrial(queries: QueryConnection, sweep: string, number: number): StoredTrial {
  const [row] = queries.query(trialSql, { sweep, trial: number }).rows;
  if (row === undefined) throw new StoreError('unknown', `Expected a trial of sweep "${sweep}", got ${number}.`);
  const [key, label, role, status, sweepKey, settings, metric, value, path, sha256, calibrator] = row;
  return {
    number,
    key: String(key),
    label: String(label),
    role: String(role),
    status: String(status),
    sweep,
    sweepKey: String(sweepKey),
    settings: String(settings),
    accuracy: typeof value === 'number' ? { metric: String(metric), value } : null,
    model: typeof path === 'string' ? { path, sha256: String(sha256) } : null,
    weightCalibrator: (calibrator ?? 'max') as WeightCalibratorName,
    notes: queries.query(notesSql, { sweep, trial: number }).rows.map(([kind, text]) => ({
      kind: kind === 'tag' ? 'tag' : 'note',
      text: String(text),
    })),
    layers: queries.query(layersSql, { trial: number }).rows.map(storedLayer),
    tensors: queries.query(tensorsSql, { trial: number }).rows.map(storedTensor),
  };
}

function storedTensor(row: readonly SqlValue[]): TensorQuantizerRecord {
  const [tensor, op, group, bits, signed, amax, low, scale, zeroPoint, isFixed, divisor] = row;
  const factors = vector(divisor);
  return {
    tensor: String(tensor),
    op: typeof op === 'string' ? op : null,
    group: Number(group),
    bits: Number(bits),
    signed: signed === 1,
    amax: Number(amax),
    low: Number(low),
    scale: Number(scale),
    zeroPoint: Number(zeroPoint),
    isFixed: isFixed === 1,
    divisor: factors === null ? null : Float32Array.from(factors),
  };
}

function storedLayer(row: readonly SqlValue[]): StoredLayer {
  const [name, alpha, apply, fallbackReason, deadChannels, s, correction, levels] = row;
  return {
    name: String(name),
    alpha: typeof alpha === 'number' ? alpha : null,
    apply: String(apply),
    fallbackReason: typeof fallbackReason === 'string' ? fallbackReason : null,
    deadChannels: Number(deadChannels),
    s: JSON.parse(String(s)) as number[],
    input: storedQuantizer(row.slice(8, 18), String(name)),
    weight: storedQuantizer(row.slice(18, 28), String(name)),
    biasCorrection: vector(correction),
    levels: levels instanceof Uint8Array ? decodeLevels(levels, `the weight of layer "${String(name)}"`) : null,
  };
}

function storedQuantizer(row: readonly SqlValue[], layer: string): StoredQuantizer {
  const [granularity, bits, signed, amax, scale, zeroPoint, amaxChannels, low, narrowRange, lowChannels] = row;
  if (granularity === null) {
    throw new StoreError(
      'incomplete',
      `Expected an input and a weight quantizer of layer "${layer}", got one or none.`,
    );
  }
  return {
    granularity: granularity === 'channel' ? 'channel' : 'tensor',
    bits: Number(bits),
    signed: signed === 1,
    amax: Number(amax),
    scale: Number(scale),
    zeroPoint: Number(zeroPoint),
    amaxChannels: vector(amaxChannels),
    low: Number(low),
    narrowRange: narrowRange === 1,
    lowChannels: vector(lowChannels),
  };
}

function vector(cell: SqlValue | undefined): readonly number[] | null {
  return typeof cell === 'string' ? (JSON.parse(cell) as number[]) : null;
}
