import { calibrateInput } from '../../calibrate/calibrators/calibrate-input.js';
import type { CalibratedRange } from '../../calibrate/calibrators/calibrator.js';
import { activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import type { ActivationQuantizerSettings } from '../../experiment/sections/settings.js';
import type { InputStatistics } from '../../records/observation-record.js';
import { asymmetricQuantizer, symmetricQuantizer, unsignedQuantizer, type Quantizer } from './quantizer.js';

/** What a quantizer must represent, and whether its integers are signed. */
export interface ActivationRange extends CalibratedRange {
  readonly signed: boolean;
}

type Statistics = Pick<InputStatistics, 'min' | 'max' | 'absmax' | 'histograms'>;

/**
 * The quantizer of a layer's input divided by s, one for the tensor.
 *
 * @param s `[C]`
 * @throws RangeError for a range that is not finite
 */
export function inputQuantizer(
  inputs: InputStatistics,
  s: Float32Array,
  settings: ActivationQuantizerSettings,
): Quantizer {
  return quantizerOfRange(activationRange(inputs, s, settings), settings);
}

/**
 * The calibrated range of a tensor divided by s.
 *
 * @param s `[C]`
 */
export function activationRange(
  statistics: Statistics,
  s: Float32Array,
  { bits, calibrator, percentile, scheme }: ActivationQuantizerSettings,
): ActivationRange {
  const { isSymmetric: symmetric, isSigned } = activationSchemes[scheme];
  const signed = isSigned(statistics.min);
  const inputs = { layer: '', absmaxView: null, ...statistics };
  return { ...calibrateInput(inputs, s, { calibrator, percentile, bits, signed, symmetric }), signed };
}

/** @throws RangeError for a range that is not finite */
export function quantizerOfRange(
  { low, high, signed }: ActivationRange,
  { bits, scheme, narrowRange }: Pick<ActivationQuantizerSettings, 'bits' | 'scheme' | 'narrowRange'>,
): Quantizer {
  if (!activationSchemes[scheme].isSymmetric) return asymmetricQuantizer(low, high, bits);
  return signed ? symmetricQuantizer(high, bits, narrowRange) : unsignedQuantizer(high, bits);
}
