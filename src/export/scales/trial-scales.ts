import type { Layer } from '../../onnx/layers/layers.js';
import type { StoredLayer, StoredQuantizer } from '../../quantize/restore-layers.js';
import type { ModuleName } from './module-names.js';

/** The integers of a quantizer, by their zero point. */
export type QuantizerScheme = 'signed' | 'unsigned' | 'asymmetric';

/** A quantizer of a layer. */
export interface QuantizerScales {
  readonly bits: number;
  readonly scheme: QuantizerScheme;
  readonly granularity: 'tensor' | 'channel';
  readonly calibrator: string;
  readonly narrowRange: boolean;
  /** Axis of the weight as ONNX stores it that has one range each; null: one range. */
  readonly axis: number | null;
  /** Of what is quantized, smoothed: the input divided by s, the weight times s. */
  readonly amax: number | readonly number[];
  /** Lowest real value: -amax if signed, 0 if unsigned. */
  readonly low: number | readonly number[];
  /** Step; per channel that of the channel with the widest range, as `zeroPoint`. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What a trial gives one layer. */
export interface LayerScales {
  readonly module: string;
  /** What the module's name was read from, see `moduleNames`. */
  readonly moduleFrom: ModuleName['rule'];
  readonly layer: string;
  readonly op: Layer['op'];
  readonly initializer: string | null;
  /** As ONNX stores it. */
  readonly weightShape: readonly number[];
  readonly groups: number;
  /** BatchNormalization that is in the weight and bias before they are quantized; null: none. */
  readonly batchNorm: string | null;
  readonly smoothing: {
    readonly alpha: number | null;
    /**
     * How the trial did it: `insert`, `fold` (1/s in the layer before), `requantize` (in the scale
     * of that layer's weight), `depthwise`, `channelQuantize` or `none`.
     */
    readonly apply: string;
    /** `[Cin]`: the input is divided by it, the weight multiplied. */
    readonly s: readonly number[];
  };
  readonly input: QuantizerScales;
  readonly weight: QuantizerScales;
  /** `[Cout]`, taken off the bias; null: nothing. */
  readonly biasCorrection: readonly number[] | null;
}

/** How a trial's ranges were found. */
export interface Calibrators {
  readonly input: string;
  readonly weight: string;
}

/**
 * The scales of a layer, from what the trial stored.
 *
 * @param batchNorm folded into it; null: none
 */
export function layerScales(
  layer: Layer,
  stored: StoredLayer,
  name: ModuleName,
  calibrators: Calibrators,
  batchNorm: string | null,
): LayerScales {
  return {
    module: name.module,
    moduleFrom: name.rule,
    layer: layer.name,
    op: layer.op,
    initializer: name.initializer,
    weightShape: layer.weightShape,
    groups: layer.layout.groups,
    batchNorm,
    smoothing: { alpha: stored.alpha, apply: stored.apply, s: stored.s },
    input: quantizerScales(stored.input, calibrators.input, null),
    weight: quantizerScales(stored.weight, calibrators.weight, channelAxis(layer)),
    biasCorrection: stored.biasCorrection,
  };
}

/** Of the output channels; of a grouped ConvTranspose that within a group. */
export function channelAxis({ op, layout, weightShape }: Layer): number {
  if (op === 'Conv') return 0;
  if (op === 'ConvTranspose') return 1;
  return layout.order === 'outputFirst' ? 0 : weightShape.length - 1;
}

function quantizerScales(stored: StoredQuantizer, calibrator: string, axis: number | null): QuantizerScales {
  const { bits, signed, granularity, narrowRange, amax, amaxChannels, low, lowChannels, scale, zeroPoint } = stored;
  const scheme = signed ? 'signed' : zeroPoint === 0 && low === 0 ? 'unsigned' : 'asymmetric';
  return {
    ...{ bits, scheme, granularity, calibrator, narrowRange },
    axis: granularity === 'channel' ? axis : null,
    amax: amaxChannels ?? amax,
    low: lowChannels ?? (amaxChannels === null ? low : amaxChannels.map((value) => (signed ? -value : 0))),
    ...{ scale, zeroPoint },
  };
}
