import { addChannelMeans, addMean, type FedBatch, type RowTensor } from './loss-accumulator.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import { PreciseSums } from '../statistics/precise-sums.js';
import type { SearchPoint } from '../records/search-record.js';
import type { CandidateOutput, SearchGraph } from './search-graph.js';

/**
 * A channel whose FP32 power is below this share of the layer's strongest says nothing: its
 * relative error is noise.
 */
const LEAST_POWER = 1e-12;

/**
 * Adds up the outputs of a search graph over samples, as losses are, and turns them into the
 * objective's losses.
 */
export class SearchLosses {
  readonly #graph: SearchGraph;
  /** By graph output: one sum, or one a channel. */
  readonly #sums: ReadonlyMap<string, PreciseSums>;
  #samples = 0;

  constructor(graph: SearchGraph) {
    this.#graph = graph;
    const sums = new Map<string, PreciseSums>();
    for (const { layer, error } of graph.candidates) {
      const length = graph.objective === 'channelMse' ? layer.outputChannels : 1;
      sums.set(error, new PreciseSums(length));
      const reference = graph.references.get(layer.name);
      if (reference !== undefined) sums.set(reference, new PreciseSums(length));
    }
    this.#sums = sums;
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const [name, sum] of this.#sums) {
      if (this.#graph.objective === 'channelMse') addChannelMeans(sum, outputs[name]!, batch.samples);
      else addMean(sum, 0, outputs[name]!, batch.samples);
    }
    this.#samples += batch.samples;
  }

  /**
   * In the order of the graph's candidates. @throws NonFiniteError naming a layer and alpha whose
   * loss is not finite
   */
  finish(): readonly SearchPoint[] {
    return this.#graph.candidates.map((candidate) => this.#point(candidate));
  }

  #point({ layer, alpha, error, exponent = 0 }: CandidateOutput): SearchPoint {
    const unit = 2 ** exponent;
    const errors = this.#sums.get(error)!.values();
    const reference = this.#graph.references.get(layer.name);
    const references = reference === undefined ? null : this.#sums.get(reference)!.values();
    if (!errors.every(Number.isFinite) || references?.every(Number.isFinite) === false) {
      throw new NonFiniteError(`the output of layer "${layer.name}" in the search at alpha ${alpha}`);
    }
    const point = { layer: layer.name, alpha, sweep: 0 };
    switch (this.#graph.objective) {
      case 'l1': {
        const magnitude = references![0]!;
        const relL1 = magnitude > 0 ? errors[0]! / magnitude : null;
        return { ...point, loss: (unit * errors[0]!) / this.#samples, relL1 };
      }
      case 'mse':
        return { ...point, loss: (unit ** 2 * errors[0]!) / this.#samples, relL1: null };
      case 'channelMse':
        return { ...point, loss: relativeToPower(errors, references!), relL1: null };
    }
  }
}

/** Mean over channels of squared error / squared output; 0 where no channel has any power. */
function relativeToPower(errors: Float64Array, powers: Float64Array): number {
  const least = LEAST_POWER * powers.reduce((a, b) => Math.max(a, b), 0);
  let sum = 0;
  let count = 0;
  for (const [channel, power] of powers.entries()) {
    if (power <= least) continue;
    sum += errors[channel]! / power;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
