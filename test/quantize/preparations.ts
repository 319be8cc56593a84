import type {
  LayerSettings,
  QuantizationSettings,
  WeightQuantizerSettings,
} from '../../src/experiment/sections/settings.js';
import type { Preparation } from '../../src/quantize/prepare-layers.js';

/** Symmetric signed quantizers with max ranges, both with the same bits. */
export function plainQuantization(
  bits: number,
  granularity: WeightQuantizerSettings['granularity'] = 'channel',
): QuantizationSettings {
  return {
    activation: { bits, calibrator: 'max', percentile: 99.99, scheme: 'signed', narrowRange: false },
    weight: { bits, granularity, calibrator: 'max', scheme: 'signed', narrowRange: false },
    biasCorrection: { method: 'none', samples: 0 },
    execution: 'simulated',
  };
}

/** The weight half of {@link plainQuantization}. */
export function plainWeight(
  bits: number,
  granularity: WeightQuantizerSettings['granularity'] = 'channel',
): WeightQuantizerSettings {
  return plainQuantization(bits, granularity).weight;
}

/** Every layer of the given operators. */
export function everyLayer(...ops: LayerSettings['ops']): LayerSettings {
  return { ops, include: ['*'], exclude: [], rules: [], sensitivity: 'none', focus: '*', keepFloat: 0 };
}

/** Both quantizers with the same bits; alpha null: unsmoothed. */
export function preparation(
  bits: number,
  alpha: number | null,
  granularity: WeightQuantizerSettings['granularity'] = 'channel',
): Preparation {
  return {
    quantization: plainQuantization(bits, granularity),
    smoothing:
      alpha === null
        ? { mode: 'none', alpha, absmax: null, apply: null }
        : { mode: 'static', alpha, absmax: 'channel', apply: 'insert' },
    bits: new Map(),
    alphaOf: () => alpha,
  };
}

export function w8a8(alpha: number | null): Preparation {
  return preparation(8, alpha);
}
