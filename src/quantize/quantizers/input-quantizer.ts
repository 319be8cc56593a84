import { calibrateInput } from '../../calibrate/calibrators/calibrate-input.js';
import { activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import type { ActivationQuantizerSettings } from '../../experiment/sections/settings.js';
import type { InputStatistics } from '../../records/observation-record.js';
import { asymmetricQuantizer, symmetricQuantizer, unsignedQuantizer, type Quantizer } from './quantizer.js';

/**
 * The quantizer of a layer's input divided by s, one for the tensor.
 *
 * @param s `[C]`
 * @throws RangeError for a range that is not finite
 */
export function inputQuantizer(
  inputs: InputStatistics,
  s: Float32Array,
  { bits, calibrator, percentile, scheme, narrowRange }: ActivationQuantizerSettings,
): Quantizer {
  const { isSymmetric: symmetric, isSigned } = activationSchemes[scheme];
  const signed = isSigned(inputs.min);
  const { low, high } = calibrateInput(inputs, s, { calibrator, percentile, bits, signed, symmetric });
  if (!symmetric) return asymmetricQuantizer(low, high, bits);
  return signed ? symmetricQuantizer(high, bits, narrowRange) : unsignedQuantizer(high, bits);
}
