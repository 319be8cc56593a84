import { calibrateInput } from '../../calibrate/calibrators/calibrators.js';
import type { ActivationQuantizerSettings } from '../../experiment/sections/settings.js';
import type { InputStatistics } from '../../records/observation-record.js';
import { asymmetricQuantizer, symmetricQuantizer, unsignedQuantizer, type Quantizer } from './quantizer.js';

/**
 * The quantizer of a layer's input divided by s, one for the tensor. `auto` is unsigned where no calibration sample had a
 * value below 0 (dividing by s keeps signs), else signed.
 *
 * @param s `[C]`
 * @throws RangeError for a range that is not finite
 */
export function inputQuantizer(
  inputs: InputStatistics,
  s: Float32Array,
  { bits, calibrator, percentile, scheme, narrowRange }: ActivationQuantizerSettings,
): Quantizer {
  const signed = scheme === 'signed' || (scheme === 'auto' && inputs.min.some((min) => min < 0));
  const symmetric = scheme !== 'asymmetric';
  const { low, high } = calibrateInput(inputs, s, { calibrator, percentile, bits, signed, symmetric });
  if (!symmetric) return asymmetricQuantizer(low, high, bits);
  return signed ? symmetricQuantizer(high, bits, narrowRange) : unsignedQuantizer(high, bits);
}
