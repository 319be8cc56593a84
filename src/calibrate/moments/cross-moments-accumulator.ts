import type { LayerMoments } from '../../records/moments-record.js';
import type { StatisticsTensor } from '../statistics-accumulator.js';
import type { CrossMomentsGraph } from './moments-graph.js';
import { momentsOfLayer } from './moment-sums.js';
import { SourceSums, type FedRows } from './source-sums.js';

/**
 * Second moments of what a layer reads in the float model, u_f, and in the quantized one, u_q; both
 * in the units of the tensors they were taken of.
 */
export interface CrossMoments {
  /** E[u_q u_q^T] and E[u_q]. */
  readonly quantized: LayerMoments;
  /**
   * E[u_f,i u_q,j]: the whole squares of the blocks, by rows, block after block in the order of
   * `momentBlocks`.
   */
  readonly cross: Float64Array;
  /** E[u_f], `[groups * columns]`. */
  readonly floatMeans: Float64Array;
}

/** Adds up the outputs of a graph of `crossMomentsGraph` over runs. */
export class CrossMomentsAccumulator {
  readonly #pairs: readonly {
    readonly pair: CrossMomentsGraph['pairs'][number];
    readonly cross: SourceSums;
    readonly quantized: SourceSums;
  }[];

  constructor({ pairs }: Pick<CrossMomentsGraph, 'pairs'>) {
    this.#pairs = pairs.map((pair) => ({
      pair,
      cross: new SourceSums(pair.cross),
      quantized: new SourceSums(pair.quantized),
    }));
  }

  /** @throws NonFiniteError as `MomentsAccumulator.add` does */
  add(outputs: Readonly<Record<string, StatisticsTensor>>, run: FedRows): void {
    for (const { cross, quantized } of this.#pairs) {
      cross.add(outputs, run);
      quantized.add(outputs, run);
    }
  }

  /** By layer. */
  finish(): ReadonlyMap<string, CrossMoments> {
    return new Map(
      this.#pairs.map(({ pair, cross, quantized }) => {
        const { groups, columns, blockColumns } = pair.quantized.layout;
        const { products, sums, positions } = cross.assemble();
        const own = { layer: pair.layer, groups, columns, blockColumns, ...quantized.assemble() };
        return [
          pair.layer,
          {
            quantized: momentsOfLayer(own),
            cross: products.map((sum) => sum / positions),
            floatMeans: sums.map((sum) => sum / positions),
          },
        ];
      }),
    );
  }
}
