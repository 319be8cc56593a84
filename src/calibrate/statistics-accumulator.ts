import { elementCount } from '../onnx/tensor.js';
import { CopyCounter } from './histograms/copy-counter.js';
import { BINS_ALONE, calibrationDetail } from './histograms/histogram-detail.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import type { InputStatistics, ObservationRecord, TensorStatistics } from '../records/observation-record.js';
import type { ObservedTensor } from './observe-graph.js';

/** One graph output of a run. */
export interface StatisticsTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface Running {
  readonly tensor: ObservedTensor;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly viewMax: Float64Array | null;
  readonly counter: CopyCounter | null;
}

/**
 * Running per-channel statistics of every observed tensor; memory does not grow with the number of
 * batches.
 */
export class StatisticsAccumulator {
  readonly #running: readonly Running[];

  /** @param histograms what those of observed values are for */
  constructor(observed: readonly ObservedTensor[], histograms: 'calibration' | 'display' = 'calibration') {
    const detailOf = histograms === 'calibration' ? calibrationDetail : () => BINS_ALONE;
    this.#running = observed.map((tensor) => {
      const min = new Float64Array(tensor.channels).fill(Infinity);
      const max = new Float64Array(tensor.channels).fill(-Infinity);
      return {
        tensor,
        min,
        max,
        viewMax: tensor.viewMax === null ? null : new Float64Array(tensor.channels),
        counter:
          tensor.values === null ? null : new CopyCounter(min, max, tensor.isOfSamples, detailOf(tensor.channels)),
      };
    });
  }

  /**
   * @param batch samples of the run, and the rows that they were fed in, each as often as any
   *   other: counted once
   * @throws NonFiniteError naming the first layer whose input is not finite
   */
  add(
    outputs: Readonly<Record<string, StatisticsTensor>>,
    { samples, fed }: { readonly samples: number; readonly fed: number },
  ): void {
    for (const { tensor, min, max, viewMax, counter } of this.#running) {
      // The mean is NaN or infinite if any value is: max and min may swallow a NaN.
      if (!outputs[tensor.mean]!.data.every(Number.isFinite)) {
        const [layer] = tensor.layers;
        throw new NonFiniteError(
          layer === undefined ? `tensor "${tensor.tensor}"` : `the input of layer "${layer.name}"`,
        );
      }
      foldRows(outputs[tensor.max]!.data, max, Math.max);
      foldRows(outputs[tensor.min]!.data, min, Math.min);
      if (tensor.viewMax !== null) foldRows(outputs[tensor.viewMax]!.data, viewMax!, Math.max);
      if (counter !== null) {
        const { data, dims } = outputs[tensor.values!]!;
        counter.add(data, positionsOf(tensor, dims), fed / samples);
      }
    }
  }

  /** The statistics so far, copied. */
  snapshot(batches: number, samples: number): ObservationRecord {
    const inputs: InputStatistics[] = [];
    const tensors: TensorStatistics[] = [];
    for (const { tensor, min, max, viewMax, counter } of this.#running) {
      const histograms = counter?.snapshot() ?? null;
      const copy = (): Omit<TensorStatistics, 'tensor'> => ({
        min: min.slice(),
        max: max.slice(),
        absmax: max.map((high, c) => Math.max(Math.abs(high), Math.abs(min[c]!))),
        histograms,
      });
      for (const { name } of tensor.layers) {
        inputs.push({ layer: name, ...copy(), absmaxView: viewMax?.slice() ?? null });
      }
      if (tensor.layers.length === 0) tensors.push({ tensor: tensor.tensor, ...copy() });
    }
    return { batches, samples, inputs, ...(tensors.length === 0 ? {} : { tensors }) };
  }
}

/** Values of one channel that lie side by side in memory. */
function positionsOf({ channelAxis }: ObservedTensor, dims: readonly number[]): number {
  switch (channelAxis) {
    case 'last':
      return 1;
    case 1:
      return elementCount(dims.slice(2));
    case null:
      return elementCount(dims);
  }
}

function foldRows(rows: Float32Array, into: Float64Array, fold: (a: number, b: number) => number): void {
  const channels = into.length;
  for (let i = 0; i < rows.length; i++) into[i % channels] = fold(into[i % channels]!, rows[i]!);
}
