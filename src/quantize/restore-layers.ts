import { ModelError } from '../graph/model-error.js';
import { findLayers, type Layer } from '../graph/layers.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import { restoreSmoothing } from '../smooth/restore-smoothing.js';
import type { LayerSmoothing, SmoothedLayer } from '../smooth/smooth-layers.js';
import { fakeQuantizeWeight } from './fake-quantize-weight.js';
import type { PreparedLayer, PreparedModel } from './prepare-layers.js';
import { symmetricQuantizer } from './quantizer.js';

/** A quantizer as the store keeps it. */
export interface StoredQuantizer {
  readonly granularity: 'tensor' | 'channel';
  readonly bits: number;
  readonly signed: boolean;
  /** The largest over channels. */
  readonly amax: number;
  readonly scale: number;
  readonly zeroPoint: number;
  /** `[O]`; null when per tensor. */
  readonly amaxChannels: readonly number[] | null;
}

/** What a finished trial stored of one layer. */
export interface StoredLayer {
  readonly name: string;
  readonly alpha: number | null;
  /** How the smoothing was applied: `insert`, `fold` or `none`. */
  readonly apply: string;
  /** Why it was not folded; null where it was, or was not to be. */
  readonly fallbackReason: string | null;
  readonly deadChannels: number;
  /** `[I]` */
  readonly s: readonly number[];
  readonly input: StoredQuantizer;
  readonly weight: StoredQuantizer;
  /** `[O]`, taken off the bias; null: nothing. */
  readonly biasCorrection: readonly number[] | null;
}

/**
 * The prepared model of a finished trial, from the folded model and what the trial stored: s, the input's amax and bias
 * corrections are taken as they are, the weight is quantized again and must give the stored amax. No data is needed.
 *
 * @param model with BatchNormalization folded
 * @throws ModelError naming the layer that is not in the model, gives other numbers, or has a form that can't be exported
 */
export function restoreModel(model: OnnxModel, stored: readonly StoredLayer[]): PreparedModel {
  const byName = new Map(findLayers(model).map((layer) => [layer.name, layer]));
  const decisions = new Map<string, LayerSmoothing>();
  const layers = stored.map((own) => {
    const layer = byName.get(own.name);
    if (layer?.supported !== true) {
      throw new ModelError(`Expected layer "${own.name}" of the trial in the model, got none that can be quantized.`);
    }
    decisions.set(own.name, restoreDecision(layer, own));
    return layer;
  });
  const smoothed = restoreSmoothing(model, layers, decisions);
  return { base: smoothed.base, layers: smoothed.layers.map((layer, index) => restoreLayer(layer, stored[index]!)) };
}

function restoreDecision(layer: Layer, stored: StoredLayer): LayerSmoothing {
  const { apply, alpha, fallbackReason, deadChannels } = stored;
  if (apply !== 'insert' && apply !== 'fold' && apply !== 'none') {
    throw new ModelError(
      `Layer "${layer.name}": expected smoothing that is inserted, folded or none, got "${apply}". It can't be exported.`,
    );
  }
  const s = Float32Array.from(stored.s);
  if (s.length !== layer.inputChannels) throw differs(layer, 'numbers of s', s.length, layer.inputChannels);
  return { alpha, apply, fallbackReason, factors: { s, deadChannels } };
}

function restoreLayer(smoothed: SmoothedLayer, stored: StoredLayer): PreparedLayer {
  checkForm(stored);
  const { layer, factors, smoothedWeight } = smoothed;
  const input = symmetricQuantizer(stored.input.amax, stored.input.bits);
  if (input.scale !== stored.input.scale) throw differs(layer, 'input scale', stored.input.scale, input.scale);
  const { bits, granularity } = stored.weight;
  const weight = fakeQuantizeWeight(smoothedWeight, layer.layout, { bits, granularity });
  const expected = stored.weight.amaxChannels ?? [stored.weight.amax];
  if (expected.length !== weight.quantizers.length) {
    throw differs(layer, 'numbers of weight amax', expected.length, weight.quantizers.length);
  }
  for (const [channel, { amax }] of weight.quantizers.entries()) {
    if (amax !== expected[channel]) throw differs(layer, `weight amax [${channel}]`, expected[channel]!, amax);
  }
  const correction = stored.biasCorrection;
  if (correction !== null && correction.length !== layer.outputChannels) {
    throw differs(layer, 'numbers of bias correction', correction.length, layer.outputChannels);
  }
  return {
    ...smoothed,
    input,
    divisor: Float32Array.from(factors.s, (factor) => factor * input.scale),
    weight,
    biasCorrection: correction === null ? null : Float32Array.from(correction),
  };
}

function checkForm({ name, input, weight }: StoredLayer): void {
  for (const { signed, zeroPoint } of [input, weight]) {
    if (signed && zeroPoint === 0) continue;
    throw new ModelError(
      `Layer "${name}": expected symmetric signed quantizers, got ${signed ? 'signed' : 'unsigned'} with zero point ${zeroPoint}. It can't be exported.`,
    );
  }
  if (input.granularity !== 'tensor') {
    throw new ModelError(`Layer "${name}": expected an input quantizer per tensor, got per ${input.granularity}.`);
  }
}

function differs(layer: Layer, what: string, stored: number, computed: number): ModelError {
  return new ModelError(
    `Layer "${layer.name}": expected the trial's ${what} ${stored}, got ${computed} from the model. The trial was made by another version of quantsweep; run its sweep again.`,
  );
}
