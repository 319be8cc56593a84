import { asymmetricCalibrators } from '../../calibrate/calibrators/calibrate-input.js';
import { calibratorNames } from '../../calibrate/calibrators/registry.js';
import { expectedSquaredError, type QuantizerGrid } from '../../calibrate/histograms/expected-squared-error.js';
import { activationSchemeNames, activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import type { ActivationQuantizerSettings } from '../../experiment/sections/settings.js';
import { inputQuantizer } from '../../quantize/quantizers/input-quantizer.js';
import type { Quantizer } from '../../quantize/quantizers/quantizer.js';
import type { InputStatistics } from '../../records/observation-record.js';
import { smoothingFactors } from '../../smooth/smoothing-factors.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { readHistograms, undamaged, type StoredHistograms } from './stored-histograms.js';

/** The columns of `expected_input_error(trial, layer)`. */
export const expectedInputErrorColumns = [
  ...['setting', 'value', 'percentile', 'bits', 'signed', 'low', 'high', 'step'],
  ...['clipped', 'noise', 'ratio', 'weight_amax', 'samples'],
] as const;

/** Other bit widths, percentiles and alphas that are tried. */
const otherBits: readonly ActivationQuantizerSettings['bits'][] = [2, 3, 4, 5, 6, 7, 8, 16];
const otherPercentiles = [99.9, 99.99];
const otherAlphas = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

/** The quantizer of a layer's input in a trial, and what the trial's settings say of it. */
interface StoredQuantizer {
  readonly scheme: ActivationQuantizerSettings['scheme'];
  readonly calibrator: ActivationQuantizerSettings['calibrator'];
  readonly percentile: number;
  /** As the settings say. */
  readonly apply: string | null;
  /** As the layer has it. */
  readonly applied: string | null;
  readonly absmax: string | null;
  readonly alpha: number | null;
  readonly granularity: string;
  readonly bits: number;
  readonly signed: number;
  readonly amax: number;
  readonly low: number;
  readonly scale: number;
  readonly zero_point: number;
  readonly narrow_range: number;
}

const storedQuantizer = `SELECT coalesce(t.activation_scheme, 'signed') AS scheme, coalesce(t.activation_calibrator, 'max') AS calibrator,
    coalesce(t.percentile, 99.99) AS percentile, t.smoothing_apply AS apply,
    (SELECT m.apply FROM smoothing m WHERE m.trial_id = t.id AND m.layer_id = l.id) AS applied, t.absmax, t.alpha, q.granularity, q.bits, q.signed, q.amax, q.low, q.scale, q.zero_point, q.narrow_range
  FROM trial t
  JOIN layer l ON l.model_id = t.model_id
  JOIN quantizer q ON q.trial_id = t.id AND q.layer_id = l.id AND q.role = 'input'
  WHERE t.id = ? AND l.name = ?`;

const storedWeight = `SELECT w.weight_absmax AS absmax
  FROM trial t
  JOIN layer l ON l.model_id = t.model_id
  JOIN weight_stat w ON w.layer_id = l.id
  WHERE t.id = ? AND l.name = ? ORDER BY w.channel`;

/** One way to quantize the input: the trial's own, or one that differs from it in a setting. */
interface Candidate {
  readonly setting: string | null;
  readonly value: string | null;
  readonly percentile: number | null;
  readonly quantizer: Pick<Quantizer, 'bits' | 'signed' | 'low' | 'amax' | 'scale' | 'zeroPoint' | 'qmin' | 'qmax'>;
  readonly s: Float32Array;
}

type CalibratorChange = Pick<ActivationQuantizerSettings, 'calibrator'> &
  Partial<Pick<ActivationQuantizerSettings, 'percentile'>>;

/**
 * The rows of `expected_input_error(trial, layer)`: what quantizing the layer's input is expected
 * to cost by its stored histograms, first with the trial's own quantizer (`setting` NULL), then
 * with each that differs from it in one setting. None where the trial does not quantize the layer,
 * or no histogram is stored.
 *
 * `noise` is the error that reaches the layer's output over what reaches it altogether, both by the
 * square of the weight's absmax: channel c counts `w[c]^2`. That leaves out how channels and values
 * go together, which matters little where errors are roundings, and more where values are clipped.
 *
 * @throws StoreError `not-a-database` where the stored bytes are damaged
 */
export function expectedInputErrorRows(
  connection: Connection,
  trial: Bindable,
  layer: Bindable,
): readonly (readonly Bindable[])[] {
  const own = connection.get(storedQuantizer, trial, layer) as StoredQuantizer | undefined;
  const stored = own === undefined ? null : readHistograms(connection, trial, layer);
  const s = stored?.factors() ?? null;
  if (own === undefined || stored === null || s === null || own.granularity !== 'tensor') return [];
  const weight = Float64Array.from(
    connection.all(storedWeight, trial, layer) as readonly { readonly absmax: number }[],
    ({ absmax }) => absmax,
  );
  return undamaged(stored.where, () => {
    const now = { setting: null, value: null, percentile: null, quantizer: quantizerOf(own), s: Float32Array.from(s) };
    const rows = [now, ...otherCandidates(now, own, statisticsOf(stored), weight)].map((candidate) => ({
      candidate,
      ...noiseOf(candidate, stored, weight),
    }));
    const [{ noise: ownNoise }] = rows as [(typeof rows)[number]];
    return rows.map(({ candidate: { setting, value, percentile, quantizer, s }, clipped, noise }) => [
      ...[setting, value, percentile, BigInt(quantizer.bits), BigInt(quantizer.signed)],
      ...[quantizer.low, quantizer.amax, quantizer.scale, clipped, noise],
      ownNoise > 0 ? noise / ownNoise : null,
      weight.reduce((most, absmax, c) => Math.max(most, absmax * s[c]!), 0),
      BigInt(stored.samples),
    ]);
  });
}

/** Each other value of a setting of the input's quantizer, and other alphas. */
function otherCandidates(
  now: Candidate,
  own: StoredQuantizer,
  inputs: InputStatistics,
  weight: Float64Array,
): readonly Candidate[] {
  const activation: ActivationQuantizerSettings = {
    scheme: own.scheme,
    calibrator: own.calibrator,
    percentile: own.percentile,
    // A rule may give this layer other bits than the rest.
    bits: own.bits,
    narrowRange: own.narrow_range === 1,
  };
  const quantized = (setting: string, value: string, change: Partial<ActivationQuantizerSettings>): Candidate => ({
    setting: `quantization.activation.${setting}`,
    value,
    percentile: change.percentile ?? null,
    quantizer: inputQuantizer(inputs, now.s, { ...activation, ...change }),
    s: now.s,
  });
  const isPossible = ({ scheme, calibrator }: Pick<ActivationQuantizerSettings, 'scheme' | 'calibrator'>): boolean =>
    activationSchemes[scheme].isSymmetric || asymmetricCalibrators().includes(calibrator);
  const schemes = activationSchemeNames.filter((scheme) => scheme !== activation.scheme);
  const calibrators = calibratorNames.flatMap((calibrator): readonly CalibratorChange[] =>
    calibrator === 'percentile' ? otherPercentiles.map((percentile) => ({ calibrator, percentile })) : [{ calibrator }],
  );
  const isOwn = ({ calibrator, percentile = activation.percentile }: CalibratorChange): boolean =>
    calibrator === activation.calibrator && percentile === activation.percentile;
  return [
    ...schemes
      .filter((scheme) => isPossible({ ...activation, scheme }))
      .map((scheme) => quantized('scheme', scheme, { scheme })),
    ...calibrators
      .filter((change) => isPossible({ ...activation, ...change }) && !isOwn(change))
      .map((change) => quantized('calibrator', change.calibrator, change)),
    ...otherBits.filter((bits) => bits !== activation.bits).map((bits) => quantized('bits', String(bits), { bits })),
    // Factors that moved into producers are shared with other layers; those of the view statistics
    // are another mean; a layer that its target leaves unsmoothed stays so.
    ...(hasSharedFactors(own) || isLeftAlone(own) || own.absmax === 'view' ? [] : otherAlphas)
      .filter((alpha) => alpha !== own.alpha)
      .map((alpha) => {
        const { s } = smoothingFactors(inputs.absmax, weight, alpha);
        const quantizer = inputQuantizer(inputs, s, activation);
        return { setting: 'smoothing.alpha', value: String(alpha), percentile: null, quantizer, s };
      }),
  ];
}

function hasSharedFactors({ apply }: StoredQuantizer): boolean {
  return apply === 'fold' || apply === 'requantize';
}

function isLeftAlone({ apply, applied }: StoredQuantizer): boolean {
  return apply !== null && applied === 'none';
}

function noiseOf(
  { quantizer, s }: Candidate,
  { inputs }: StoredHistograms,
  weight: Float64Array,
): { readonly noise: number; readonly clipped: number } {
  const { squaredError, squaredValue, count, clipped } = expectedSquaredError(inputs, s, gridOf(quantizer));
  const weighted = (sums: Float64Array): number =>
    sums.reduce((total, sum, channel) => total + sum * weight[channel]! ** 2, 0);
  const power = weighted(squaredValue);
  return { noise: power > 0 ? weighted(squaredError) / power : 0, clipped: count > 0 ? clipped / count : 0 };
}

function gridOf({ scale, zeroPoint, qmin, qmax }: Candidate['quantizer']): QuantizerGrid {
  return { scale, lowest: qmin - zeroPoint, highest: qmax - zeroPoint };
}

function quantizerOf(row: StoredQuantizer): Candidate['quantizer'] {
  const { bits, amax, low, scale, zero_point: zeroPoint } = row;
  const signed = row.signed === 1;
  const qmin = signed ? -(2 ** (bits - 1)) + row.narrow_range : 0;
  return { bits, signed, amax, low, scale, zeroPoint, qmin, qmax: 2 ** (signed ? bits - 1 : bits) - 1 };
}

/** As calibrators read them. */
function statisticsOf({ inputs: { histograms, min, max } }: StoredHistograms): InputStatistics {
  const absmax = max.map((value, channel) => Math.max(value, -min[channel]!));
  return { layer: '', min, max, absmax, absmaxView: null, histograms };
}
