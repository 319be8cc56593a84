import type { LayerMomentSums, MomentSums } from '../../../calibrate/moments/moment-sums.js';
import { packNumbers, unpackNumbers } from '../../../calibrate/moments/packed-numbers.js';

/** {@link MomentSums} as they leave a child, and are stored until all parts are there. */
export interface PackedSums extends Omit<MomentSums, 'layers'> {
  readonly layers: readonly PackedLayer[];
}

type PackedLayer = Omit<LayerMomentSums, 'products' | 'sums' | 'nonZeros'> & {
  readonly [Numbers in 'products' | 'sums' | 'nonZeros']: Uint8Array;
};

export function packSums({ layers, ...rest }: MomentSums): PackedSums {
  return {
    ...rest,
    layers: layers.map((layer) => ({
      ...layer,
      products: packNumbers(layer.products),
      sums: packNumbers(layer.sums),
      nonZeros: packNumbers(layer.nonZeros),
    })),
  };
}

/** What {@link packSums} was given, bit for bit. */
export function unpackSums({ layers, ...rest }: PackedSums): MomentSums {
  return {
    ...rest,
    layers: layers.map((layer) => ({
      ...layer,
      products: unpackNumbers(layer.products),
      sums: unpackNumbers(layer.sums),
      nonZeros: unpackNumbers(layer.nonZeros),
    })),
  };
}
