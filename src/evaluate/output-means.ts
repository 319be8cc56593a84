import { cutGraph } from '../graph/cut-graph.js';
import { applyEdits } from '../graph/edits.js';
import { GraphPatch } from '../graph/graph-patch.js';
import type { Layer } from '../graph/layers.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import { realCount, type FedBatch, type RowTensor } from './loss-accumulator.js';
import { NonFiniteError } from './non-finite-error.js';

/** A graph whose outputs give the means of layer outputs, and which output belongs to which layer. */
export interface OutputMeansGraph {
  readonly model: OnnxModel;
  /** Means are of outputs divided by `2^exponent`. */
  readonly outputs: readonly { readonly layer: string; readonly tensor: string; readonly exponent: number }[];
}

/**
 * The part of the model that makes the given layers' outputs, averaged over positions where they are a convolution's; of
 * matrices the output itself.
 *
 * @param given tensors that are fed, so that what makes them is not computed again
 * @param further tensors that are outputs as well
 * @param exponents of layers whose outputs' sums float32 does not hold, see `outputExponent`
 */
export function outputMeansGraph(
  model: OnnxModel,
  layers: readonly Layer[],
  given: ReadonlySet<string> = new Set(),
  further: readonly string[] = [],
  exponents: ReadonlyMap<string, number> = new Map(),
): OutputMeansGraph {
  const patch = new GraphPatch(model);
  const outputs = layers.map(({ name, outputTensor, inputRank }, index) => {
    if (inputRank === null || inputRank <= 2) return { layer: name, tensor: outputTensor, exponent: 0 };
    const exponent = Math.max(0, exponents.get(name) ?? 0);
    const positions = Array.from({ length: inputRank - 2 }, (_, axis) => axis + 2);
    const summed =
      exponent === 0
        ? outputTensor
        : patch.apply('Mul', [outputTensor, patch.scalar(2 ** -exponent)], `quantsweep/mean/${index}/scaled`);
    const tensor = patch.reduce('ReduceMean', summed, positions, `quantsweep/mean/${index}`);
    return { layer: name, tensor, exponent };
  });
  const tensors = new Set([...outputs.map(({ tensor }) => tensor), ...further]);
  return { model: cutGraph(applyEdits(model, patch.edits), [...tensors], given), outputs };
}

/** Averages rows of a graph of {@link outputMeansGraph} per channel, in float64. */
export class OutputMeans {
  readonly #sums: readonly (OutputMeansGraph['outputs'][number] & { readonly sum: Float64Array })[];
  readonly #rows = new Map<string, number>();

  constructor({ outputs }: OutputMeansGraph, layers: readonly Layer[]) {
    const channels = new Map(layers.map((layer) => [layer.name, layer.outputChannels]));
    this.#sums = outputs.map((output) => ({ ...output, sum: new Float64Array(channels.get(output.layer)!) }));
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const { layer, tensor, sum } of this.#sums) {
      const own = outputs[tensor]!;
      const count = realCount(own, batch);
      for (let i = 0; i < count; i++) sum[i % sum.length] = sum[i % sum.length]! + own.data[i]!;
      this.#rows.set(layer, (this.#rows.get(layer) ?? 0) + count / sum.length);
    }
  }

  /** `[O]` by layer. @throws NonFiniteError naming the first layer whose output is not finite */
  finish(): ReadonlyMap<string, Float64Array> {
    return new Map(
      this.#sums.map(({ layer, exponent, sum }) => {
        const mean = sum.map((total) => (2 ** exponent * total) / this.#rows.get(layer)!);
        if (!mean.every(Number.isFinite)) throw new NonFiniteError(`the output of layer "${layer}"`);
        return [layer, mean];
      }),
    );
  }
}
