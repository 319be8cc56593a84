import { cutGraph } from '../onnx/edits/cut-graph.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { flattenScaled } from './loss-graph.js';
import { addChannelMeans, type FedBatch, type RowTensor } from './loss-accumulator.js';
import { isConvolution, meanOfRows } from './mean-of-rows.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import { PreciseSums } from '../statistics/precise-sums.js';

/**
 * A graph whose outputs give the means of layer outputs, and which output belongs to which layer.
 */
export interface OutputMeansGraph {
  readonly model: OnnxModel;
  /** Means are of outputs divided by `2^exponent`. */
  readonly outputs: readonly { readonly layer: string; readonly tensor: string; readonly exponent: number }[];
}

/**
 * The part of the model that makes the given layers' outputs, averaged over positions where they
 * are a convolution's; of matrices the output itself.
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
  const outputs = layers.map((layer, index) => {
    const { name, outputTensor } = layer;
    if (!isConvolution(layer)) return { layer: name, tensor: outputTensor, exponent: 0 };
    const id = `${patch.prefix}mean/${index}`;
    const exponent = Math.max(0, exponents.get(name) ?? 0);
    const positions = flattenScaled(patch, layer, outputTensor, exponent, `${id}/positions`);
    return { layer: name, tensor: meanOfRows(patch, layer, positions, id), exponent };
  });
  const tensors = new Set([...outputs.map(({ tensor }) => tensor), ...further]);
  return { model: cutGraph(applyEdits(model, patch.edits), [...tensors], given), outputs };
}

/** Averages rows of a graph of {@link outputMeansGraph} per channel, as losses are. */
export class OutputMeans {
  readonly #sums: readonly (OutputMeansGraph['outputs'][number] & { readonly sum: PreciseSums })[];
  #samples = 0;

  constructor({ outputs }: OutputMeansGraph, layers: readonly Layer[]) {
    const channels = new Map(layers.map((layer) => [layer.name, layer.outputChannels]));
    this.#sums = outputs.map((output) => ({ ...output, sum: new PreciseSums(channels.get(output.layer)!) }));
  }

  add(outputs: Readonly<Record<string, RowTensor>>, batch: FedBatch): void {
    for (const { tensor, sum } of this.#sums) addChannelMeans(sum, outputs[tensor]!, batch.samples);
    this.#samples += batch.samples;
  }

  /** `[O]` by layer. @throws NonFiniteError naming the first layer whose output is not finite */
  finish(): ReadonlyMap<string, Float64Array> {
    return new Map(
      this.#sums.map(({ layer, exponent, sum }) => {
        const mean = sum.values().map((total) => (2 ** exponent * total) / this.#samples);
        if (!mean.every(Number.isFinite)) throw new NonFiniteError(`the output of layer "${layer}"`);
        return [layer, mean];
      }),
    );
  }
}
