import { createHash } from 'node:crypto';
import type { LayerMoments } from '../../records/moments-record.js';
import type { QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import type { WeightQuantizerSettings } from '../../experiment/sections/settings.js';
import { outputChannels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { MomentsView } from './moment-matrix.js';

/** What a layer's weight is rounded by. */
export interface RoundedBy {
  readonly layout: WeightLayout;
  readonly settings: WeightQuantizerSettings;
  /**
   * Null of a layer without moments: a constant input has none, and no setting may ask for them.
   */
  readonly view: MomentsView | null;
}

/** Bytes of weights that are kept. */
const MOST_BYTES = 2 ** 27;

/**
 * Weights that were quantized by second moments before, by the content of all that they follow
 * from: trials that differ in their inputs' quantizers alone share them. Of the last ones asked
 * for, as many as there is room for.
 */
export class RoundingMemo {
  readonly #known = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  /** Hashes of moments, which are large. */
  readonly #hashes = new WeakMap<LayerMoments, string>();
  #bytes = 0;

  weight(rounding: RoundedBy, weight: Float32Array, factors: Float32Array | null, make: () => QuantizedWeight) {
    return this.#of(this.#key('weight', rounding, weight, factors), weight.byteLength, make);
  }

  ranges(
    rounding: RoundedBy,
    weight: Float32Array,
    factors: Float32Array | null,
    make: () => readonly Quantizer[],
  ): readonly Quantizer[] {
    // A quantizer takes about so much.
    const bytes = 128 * outputChannels(rounding.layout);
    return this.#of(this.#key('ranges', rounding, weight, factors), bytes, make);
  }

  #of<Value>(key: string, bytes: number, make: () => Value): Value {
    const found = this.#known.get(key);
    const entry = found ?? { value: make(), bytes };
    // The last one asked for comes last.
    this.#known.delete(key);
    this.#known.set(key, entry);
    if (found === undefined) this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#known) {
      if (this.#bytes <= MOST_BYTES || oldest === key) break;
      this.#known.delete(oldest);
      this.#bytes -= freed;
    }
    return entry.value as Value;
  }

  #key(
    what: string,
    { layout, settings, view }: RoundedBy,
    weight: Float32Array,
    factors: Float32Array | null,
  ): string {
    const { moments, s, centered } = view!;
    const hash = createHash('sha256').update(JSON.stringify([what, layout, settings, centered, factors === null]));
    for (const values of [weight, s, factors ?? new Float32Array()]) hash.update(bytesOf(values));
    return hash.update(this.#hashOf(moments)).digest('hex');
  }

  #hashOf(moments: LayerMoments): string {
    const known = this.#hashes.get(moments);
    if (known !== undefined) return known;
    const { groups, columns, blockColumns, products, means } = moments;
    const hash = createHash('sha256').update(JSON.stringify([groups, columns, blockColumns]));
    const value = hash.update(bytesOf(products)).update(bytesOf(means)).digest('hex');
    this.#hashes.set(moments, value);
    return value;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
