import type { LayerMoments, MomentsRecord } from '../../records/moments-record.js';

/** What is summed up of a layer's unfolded input u, of which moments are the means. */
export interface LayerMomentSums extends Pick<LayerMoments, 'layer' | 'groups' | 'columns' | 'blockColumns'> {
  /** Over how many output positions, those of all samples, sums are. */
  readonly positions: number;
  /** Sums of u_i u_j, laid out as `LayerMoments.products`. */
  readonly products: Float64Array;
  /** Sums of u_j, `[groups * columns]`. */
  readonly sums: Float64Array;
  /** Numbers of each input channel, and how many of them are not 0, `[I]`. */
  readonly values: number;
  readonly nonZeros: Float64Array;
}

/** Second moments of a range of samples, not yet divided: ranges add up. */
export interface MomentSums {
  readonly samples: number;
  readonly layers: readonly LayerMomentSums[];
}

/**
 * The sums over consecutive ranges of samples, added in their order: the same bits wherever and
 * whenever the ranges were calculated.
 *
 * @param parts at least one, of the same layers
 */
export function mergeMoments(parts: readonly MomentSums[]): MomentSums {
  return parts.reduce((a, b) => ({
    samples: a.samples + b.samples,
    layers: a.layers.map((layer, i) => joinLayer(layer, b.layers[i]!)),
  }));
}

function joinLayer(a: LayerMomentSums, b: LayerMomentSums): LayerMomentSums {
  return {
    ...a,
    positions: a.positions + b.positions,
    products: plus(a.products, b.products),
    sums: plus(a.sums, b.sums),
    values: a.values + b.values,
    nonZeros: plus(a.nonZeros, b.nonZeros),
  };
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

/** The means of sums. */
export function momentsOfSums({ samples, layers }: MomentSums): MomentsRecord {
  return { samples, layers: layers.map(momentsOfLayer) };
}

/** The means of one layer's sums. */
export function momentsOfLayer(sums: LayerMomentSums): LayerMoments {
  const { layer, groups, columns, blockColumns, positions, values } = sums;
  return {
    ...{ layer, groups, columns, blockColumns },
    products: sums.products.map((sum) => sum / positions),
    means: sums.sums.map((sum) => sum / positions),
    nonZeroShares: sums.nonZeros.map((count) => count / values),
  };
}
