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
  errorTimesReference: number;
  maxError: number;
  absReference: number;
  squaredReference: number;
  /** Means that were added up: samples, or samples x channels. */
  count: number;
}

/** Adds up the outputs of a loss graph in float64 and turns them into the losses of DESIGN's definition. */
export class LossAccumulator {
  readonly #layers: readonly LayerLossOutputs[];
  readonly #sums = new Map<string, Sums>();

  constructor(layers: readonly LayerLossOutputs[]) {
    this.#layers = layers;
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const { layer, reference, modes } of this.#layers) {
      const absReference = sumRows(outputs[reference.absReference]!, batch);
      const squaredReference = sumRows(outputs[reference.squaredReference]!, batch);
      for (const { mode, outputs: names } of modes) {
        const sums = this.#sumsOf(layer, mode);
        sums.absError += sumRows(outputs[names.absError]!, batch);
        sums.squaredError += sumRows(outputs[names.squaredError]!, batch);
        sums.errorTimesReference += sumRows(outputs[names.errorTimesReference]!, batch);
        sums.maxError = Math.max(sums.maxError, maxOfRows(outputs[names.maxError]!, batch));
        sums.absReference += absReference;
        sums.squaredReference += squaredReference;
        sums.count += realCount(outputs[names.absError]!, batch);
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
        errorTimesReference: 0,
        maxError: 0,
        absReference: 0,
        squaredReference: 0,
        count: 0,
      };
      this.#sums.set(id, sums);
    }
    return sums;
  }
}

function lossRecord(layer: string, mode: LossMode, sums: Sums): LayerLossRecord {
  if (!Object.values(sums).every(Number.isFinite)) throw new NonFiniteError(`the output of layer "${layer}" (${mode})`);
  const { squaredError, squaredReference, errorTimesReference, absError, absReference, count } = sums;
  // y = ref + error, so sum y*ref = sum ref^2 + sum error*ref and sum y^2 = sum ref^2 + 2 sum error*ref + sum error^2.
  const squaredOutput = Math.max(squaredReference + 2 * errorTimesReference + squaredError, 0);
  const norm = Math.sqrt(squaredOutput * squaredReference);
  return {
    layer,
    mode,
    l1: absError / count,
    relL1: absReference > 0 ? absError / absReference : null,
    mse: squaredError / count,
    sqnrDb: squaredError > 0 && squaredReference > 0 ? 10 * Math.log10(squaredReference / squaredError) : null,
    cosine: norm > 0 ? Math.min(1, Math.max(-1, (squaredReference + errorTimesReference) / norm)) : null,
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

/** Sum over the real rows, in float64. */
export function sumRows(tensor: RowTensor, batch: FedBatch): number {
  const end = realCount(tensor, batch);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += tensor.data[i]!;
  return sum;
}

/** NaN if any value is NaN, which `Math.max` guarantees. */
function maxOfRows(tensor: RowTensor, batch: FedBatch): number {
  const end = realCount(tensor, batch);
  let max = 0;
  for (let i = 0; i < end; i++) max = Math.max(max, tensor.data[i]!);
  return max;
}
