import { ModelError } from '../graph/model-error.js';
import type { FoundLayer, Layer } from '../graph/layers.js';
import { readFloatTensor } from '../graph/tensor.js';
import { smoothWeight } from '../smooth/smooth-weight.js';
import { fakeQuantizeWeight } from './fake-quantize-weight.js';
import type { PreparedLayer } from './prepare-layers.js';
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
  /** How the smoothing was applied: `insert`, or `none`. */
  readonly apply: string;
  readonly deadChannels: number;
  /** `[I]` */
  readonly s: readonly number[];
  readonly input: StoredQuantizer;
  readonly weight: StoredQuantizer;
}

/**
 * The prepared layers of a finished trial, from the folded model and what the trial stored: s and the input's amax are
 * taken as they are, the weight is quantized again and must give the stored amax. No data is needed.
 *
 * @throws ModelError naming the layer that is not in the model, gives other numbers, or has a form that can't be exported
 */
export function restoreLayers(found: readonly FoundLayer[], stored: readonly StoredLayer[]): readonly PreparedLayer[] {
  const byName = new Map(found.map((layer) => [layer.name, layer]));
  return stored.map((own) => {
    const layer = byName.get(own.name);
    if (layer?.supported !== true) {
      throw new ModelError(`Expected layer "${own.name}" of the trial in the model, got none that can be quantized.`);
    }
    return restoreLayer(layer, own);
  });
}

function restoreLayer(layer: Layer, stored: StoredLayer): PreparedLayer {
  checkForm(stored);
  const s = Float32Array.from(stored.s);
  if (s.length !== layer.inputChannels) throw differs(layer, 'numbers of s', s.length, layer.inputChannels);
  const input = symmetricQuantizer(stored.input.amax, stored.input.bits);
  if (input.scale !== stored.input.scale) throw differs(layer, 'input scale', stored.input.scale, input.scale);
  const smoothedWeight = smoothWeight(readFloatTensor(layer.weight), layer.layout, s);
  const { bits, granularity } = stored.weight;
  const weight = fakeQuantizeWeight(smoothedWeight, layer.layout, { bits, granularity });
  const expected = stored.weight.amaxChannels ?? [stored.weight.amax];
  if (expected.length !== weight.quantizers.length) {
    throw differs(layer, 'numbers of weight amax', expected.length, weight.quantizers.length);
  }
  for (const [channel, { amax }] of weight.quantizers.entries()) {
    if (amax !== expected[channel]) throw differs(layer, `weight amax [${channel}]`, expected[channel]!, amax);
  }
  return {
    layer,
    alpha: stored.alpha,
    factors: { s, deadChannels: stored.deadChannels },
    apply: stored.alpha === null ? 'none' : 'insert',
    fallbackReason: null,
    outputFactors: null,
    input,
    divisor: Float32Array.from(s, (factor) => factor * input.scale),
    smoothedWeight,
    weight,
    biasCorrection: null,
  };
}

function checkForm({ name, apply, input, weight }: StoredLayer): void {
  if (apply !== 'insert' && apply !== 'none') {
    throw new ModelError(
      `Layer "${name}": expected smoothing that is inserted or none, got "${apply}". It can't be exported.`,
    );
  }
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
