import type { StatisticsTensor } from '../statistics-accumulator.js';
import type { LayerMomentSums, MomentSums } from './moment-sums.js';
import type { MomentsGraph } from './moments-graph.js';
import { SourceSums, type FedRows } from './source-sums.js';

/** Adds up the outputs of a graph of `momentsGraph` over runs. */
export class MomentsAccumulator {
  readonly #sources: readonly { readonly source: MomentsGraph['sources'][number]; readonly sums: SourceSums }[];
  readonly #order: readonly string[];
  #samples = 0;

  constructor({ sources, layers }: Pick<MomentsGraph, 'sources' | 'layers'>) {
    this.#sources = sources.map((source) => ({ source, sums: new SourceSums(source) }));
    this.#order = layers;
  }

  /**
   * @throws NonFiniteError naming the first layer whose input is not finite, or whose sums float32
   *   does not hold: those of a graph of `huge` sums it does
   */
  add(outputs: Readonly<Record<string, StatisticsTensor>>, run: FedRows): void {
    for (const { sums } of this.#sources) sums.add(outputs, run);
    this.#samples += run.samples;
  }

  /** The sums so far, which later runs do not change; in the order of the layers. */
  snapshot(): MomentSums {
    const byLayer = new Map<string, LayerMomentSums>();
    for (const { source, sums } of this.#sources) {
      const { groups, columns, blockColumns } = source.layout;
      const assembled = sums.assemble();
      for (const layer of source.layers) byLayer.set(layer, { layer, groups, columns, blockColumns, ...assembled });
    }
    return { samples: this.#samples, layers: this.#order.map((layer) => byLayer.get(layer)!) };
  }
}
