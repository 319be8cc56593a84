import type { LossMode } from '../experiment/settings.js';
import type { LayerLossOutputs } from './loss-graph.js';
import { NonFiniteError } from './non-finite-error.js';
import type { LayerLossRecord } from './results.js';

/** One graph output of a run: rows of equal length, one or more a sample (a Gemm may read `[N*T, K]`). */
export interface RowTensor {
  readonly data: Float32Array;
  /** Rows first. */
  readonly dims: readonly number[];
}

/** How many samples a run was fed: the first are real, the rest pads a fixed batch. */
export interface FedBatch {
  readonly samples: number;
  readonly fed: number;
}

interface Sums {
  absError: number;
  squaredError: number;
  squaredOutput: number;
  outputTimesReference: number;
  maxError: number;
  absReference: number;
  squaredReference: number;
  /** Weight of the means that were added up. */
  samples: number;
}

/** Adds up the outputs of a loss graph in float64 and turns them into l1, rel_l1, mse, sqnr_db, cosine and max_abs. */
export class LossAccumulator {
  readonly #layers: readonly LayerLossOutputs[];
  readonly #sums = new Map<string, Sums>();

  constructor(layers: readonly LayerLossOutputs[]) {
    this.#layers = layers;
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const { layer, exponent = 0, reference, modes } of this.#layers) {
      const unit = 2 ** exponent;
      const absReference = unit * weightedMean(outputs[reference.absReference]!, batch);
      const squaredReference = unit ** 2 * weightedMean(outputs[reference.squaredReference]!, batch);
      for (const { mode, outputs: names } of modes) {
        const sums = this.#sumsOf(layer, mode);
        sums.absError += unit * weightedMean(outputs[names.absError]!, batch);
        sums.squaredError += unit ** 2 * weightedMean(outputs[names.squaredError]!, batch);
        sums.squaredOutput += unit ** 2 * weightedMean(outputs[names.squaredOutput]!, batch);
        sums.outputTimesReference += unit ** 2 * weightedMean(outputs[names.outputTimesReference]!, batch);
        sums.maxError = Math.max(sums.maxError, unit * maxOfRows(outputs[names.maxError]!, batch));
        sums.absReference += absReference;
        sums.squaredReference += squaredReference;
        sums.samples += batch.samples;
      }
    }
  }

  /** Losses in graph order. @throws NonFiniteError naming the first layer whose output is not finite */
  finish(): readonly LayerLossRecord[] {
    return this.#layers.flatMap(({ layer, modes }) =>
      modes.map(({ mode }) => lossRecord(layer, mode, this.#sumsOf(layer, mode))),
    );
  }

  #sumsOf(layer: string, mode: LossMode): Sums {
    const id = `${mode}\n${layer}`;
    let sums = this.#sums.get(id);
    if (sums === undefined) {
      sums = {
        absError: 0,
        squaredError: 0,
        squaredOutput: 0,
        outputTimesReference: 0,
        maxError: 0,
        absReference: 0,
        squaredReference: 0,
        samples: 0,
      };
      this.#sums.set(id, sums);
    }
    return sums;
  }
}

function lossRecord(layer: string, mode: LossMode, sums: Sums): LayerLossRecord {
  if (!Object.values(sums).every(Number.isFinite)) throw new NonFiniteError(`the output of layer "${layer}" (${mode})`);
  const { squaredError, squaredReference, squaredOutput, outputTimesReference, absError, absReference, samples } = sums;
  const norm = Math.sqrt(squaredOutput * squaredReference);
  return {
    layer,
    mode,
    l1: absError / samples,
    relL1: absReference > 0 ? absError / absReference : null,
    mse: squaredError / samples,
    sqnrDb: squaredError > 0 && squaredReference > 0 ? 10 * Math.log10(squaredReference / squaredError) : null,
    cosine: norm > 0 ? Math.min(1, Math.max(-1, outputTimesReference / norm)) : null,
    maxAbs: sums.maxError,
  };
}

/**
 * How many leading numbers of an output belong to real samples. Where padding can't be told apart, because the first
 * axis is not the batch, all count.
 */
export function realCount({ data, dims }: RowTensor, { samples, fed }: FedBatch): number {
  const rows = (dims[0]! * samples) / fed;
  return Number.isInteger(rows) ? rows * (data.length / dims[0]!) : data.length;
}

/**
 * The mean over the real rows, in float64, times the real samples of the run: a short last batch weighs less, whichever
 * axis of the layer's output is the batch.
 */
export function weightedMean(tensor: RowTensor, batch: FedBatch): number {
  const end = realCount(tensor, batch);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += tensor.data[i]!;
  return (sum / end) * batch.samples;
}

/** NaN if any value is NaN, which `Math.max` guarantees. */
function maxOfRows(tensor: RowTensor, batch: FedBatch): number {
  const end = realCount(tensor, batch);
  let max = 0;
  for (let i = 0; i < end; i++) max = Math.max(max, tensor.data[i]!);
  return max;
}
