import type { WeightQuantizerSettings } from '../../src/experiment/settings.js';
import type { Preparation } from '../../src/quantize/prepare-layers.js';

/** Both quantizers with the same bits; alpha null: unsmoothed. */
export function preparation(
  bits: number,
  alpha: number | null,
  granularity: WeightQuantizerSettings['granularity'] = 'channel',
): Preparation {
  return {
    quantization: { activation: { bits, calibrator: 'max' }, weight: { bits, granularity } },
    absmax: 'channel',
    alphaOf: () => alpha,
  };
}

export function w8a8(alpha: number | null): Preparation {
  return preparation(8, alpha);
}
