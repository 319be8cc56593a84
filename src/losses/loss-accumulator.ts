import type { LossMode } from '../records/loss-mode.js';
import type { LayerLossOutputs } from './loss-graph.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import { PreciseSums } from '../statistics/precise-sums.js';
import type { LayerLossRecord } from '../records/loss-record.js';

/**
 * One graph output of a run: rows of equal length, one or more a sample (a Gemm may read
 * `[N*T, K]`).
 */
export interface RowTensor {
  readonly data: Float32Array;
  /** Rows first. */
  readonly dims: readonly number[];
}

/**
 * What a run was fed: `samples` of them, each as often as any other, which makes `fed` rows. A mean
 * over all numbers of a tensor is therefore the mean over its samples, wherever in the tensor they
 * lie.
 */
export interface FedBatch {
  readonly samples: number;
  readonly fed: number;
}

/** What is added up over samples, in the order of the sums. */
const summed = [
  'absError',
  'squaredError',
  'squaredOutput',
  'outputTimesReference',
  'absReference',
  'squaredReference',
] as const;

/** Those that are of the first power of the output; the others are of its square. */
const linear: readonly (typeof summed)[number][] = ['absError', 'absReference'];

interface Sums {
  readonly means: PreciseSums;
  maxError: number;
  samples: number;
}

/**
 * Adds up the outputs of a loss graph, so precisely that the size of batches does not show, and
 * turns them into l1, rel_l1, mse, sqnr_db, cosine and max_abs.
 */
export class LossAccumulator {
  readonly #layers: readonly LayerLossOutputs[];
  readonly #sums = new Map<string, Sums>();

  constructor(layers: readonly LayerLossOutputs[]) {
    this.#layers = layers;
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const { layer, exponent = 0, reference, modes } of this.#layers) {
      for (const { mode, outputs: names } of modes) {
        const sums = this.#sumsOf(layer, mode);
        const all = { ...reference, ...names };
        for (const [index, measure] of summed.entries()) {
          addMean(sums.means, index, outputs[all[measure]]!, batch.samples);
        }
        sums.maxError = Math.max(sums.maxError, 2 ** exponent * maxOf(outputs[names.maxError]!));
        sums.samples += batch.samples;
      }
    }
  }

  /**
   * Losses in graph order. @throws NonFiniteError naming the first layer whose output is not finite
   */
  finish(): readonly LayerLossRecord[] {
    return this.#layers.flatMap(({ layer, exponent = 0, modes }) =>
      modes.map(({ mode }) => lossRecord(layer, mode, this.#sumsOf(layer, mode), exponent)),
    );
  }

  #sumsOf(layer: string, mode: LossMode): Sums {
    const id = `${mode}\n${layer}`;
    let sums = this.#sums.get(id);
    if (sums === undefined) {
      sums = { means: new PreciseSums(summed.length), maxError: 0, samples: 0 };
      this.#sums.set(id, sums);
    }
    return sums;
  }
}

/** @param exponent sums are of outputs divided by `2^exponent`; factors of two change no digit */
function lossRecord(layer: string, mode: LossMode, sums: Sums, exponent: number): LayerLossRecord {
  const { means, maxError, samples } = sums;
  const unit = 2 ** exponent;
  const values = summed.map((measure, index) => means.value(index) * (linear.includes(measure) ? unit : unit ** 2));
  if (![...values, maxError].every(Number.isFinite)) {
    throw new NonFiniteError(`the output of layer "${layer}" (${mode})`);
  }
  const [absError, squaredError, squaredOutput, outputTimesReference, absReference, squaredReference] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const norm = Math.sqrt(squaredOutput * squaredReference);
  return {
    layer,
    mode,
    l1: absError / samples,
    relL1: absReference > 0 ? absError / absReference : null,
    mse: squaredError / samples,
    sqnrDb: squaredError > 0 && squaredReference > 0 ? 10 * Math.log10(squaredReference / squaredError) : null,
    cosine: norm > 0 ? Math.min(1, Math.max(-1, outputTimesReference / norm)) : null,
    maxAbs: maxError,
  };
}

/**
 * Adds a tensor's mean over all its numbers to a sum, times the samples of the run: a short last
 * batch weighs less, whichever axis of the layer's output is the batch.
 */
export function addMean(sums: PreciseSums, index: number, { data }: RowTensor, samples: number): void {
  const own = new PreciseSums(1);
  own.addRows(data);
  sums.addScaled(own, samples, data.length, index);
}

/** The same for each column of a tensor whose last axis is the channel. */
export function addChannelMeans(sums: PreciseSums, { data }: RowTensor, samples: number): void {
  const own = new PreciseSums(sums.length);
  own.addRows(data);
  sums.addScaled(own, samples, data.length / sums.length);
}

/** NaN if any value is NaN, which `Math.max` guarantees. */
function maxOf({ data }: RowTensor): number {
  let max = 0;
  for (const value of data) max = Math.max(max, value);
  return max;
}
