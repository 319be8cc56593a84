import type { SearchObjective } from '../experiment/sections/settings.js';
import { addTwin } from '../onnx/edits/add-twin.js';
import { cutGraph } from '../onnx/edits/cut-graph.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { PreparedModel } from '../quantize/prepare-layers.js';
import { outputExponent } from '../quantize/graph/output-exponent.js';
import { addIsolatedLayer } from '../quantize/graph/quantized-graph.js';
import { flattenScaled } from './loss-graph.js';
import { isConvolution, meanOfRows } from './mean-of-rows.js';

/** Graph output with the error of one candidate of one layer, reduced as the objective needs it. */
export interface CandidateOutput {
  readonly layer: Layer;
  readonly alpha: number;
  readonly error: string;
  /**
   * Errors and FP32 magnitudes of the layer are of its output divided by `2^exponent`; absent: 0.
   */
  readonly exponent?: number;
}

export interface SearchGraph {
  readonly model: OnnxModel;
  readonly objective: SearchObjective;
  readonly candidates: readonly CandidateOutput[];
  /**
   * Layer -> output with the magnitude of its FP32 output, reduced as the error is; empty for mse,
   * which needs none.
   */
  readonly references: ReadonlyMap<string, string>;
}

/**
 * One graph that holds the untouched FP32 model and, for every layer and candidate alpha, the layer
 * alone in its quantized form, with the error of its output; of the FP32 model only what these
 * need.
 *
 * @param candidates prepared models by candidate alpha
 * @param predecessors the model whose tensors feed the candidates: that with the layers before them
 *   quantized; null: the FP32 model itself
 */
export function searchGraph(
  untouched: OnnxModel,
  candidates: ReadonlyMap<number, PreparedModel>,
  objective: SearchObjective,
  predecessors: OnnxModel | null = null,
): SearchGraph {
  const patch = new GraphPatch(untouched);
  const feed = predecessors === null ? (tensor: string) => tensor : addTwin(patch, predecessors);
  const outputs: CandidateOutput[] = [];
  const references = new Map<string, string>();
  for (const [alpha, { base, layers }] of candidates) {
    for (const [index, prepared] of layers.entries()) {
      const { layer } = prepared;
      const name = `${patch.prefix}search/${index}`;
      const exponent = outputExponent(base, prepared);
      if (objective !== 'mse' && !references.has(layer.name)) {
        references.set(layer.name, reduce(patch, layer, layer.outputTensor, objective, exponent, `${name}/reference`));
      }
      const branch = `${name}/${alpha}`;
      const fed = feed(prepared.original.inputTensor);
      const output = addIsolatedLayer(patch, base, prepared, branch, 'both', fed);
      const error = patch.apply('Sub', [output, layer.outputTensor], `${branch}/error`);
      const loss = reduce(patch, layer, error, objective, exponent, `${branch}/loss`);
      outputs.push({ layer, alpha, error: loss, exponent });
    }
  }
  const tensors = [...references.values(), ...outputs.map((o) => o.error)];
  const model = cutGraph(applyEdits(untouched, patch.edits), tensors);
  return { model, objective, candidates: outputs, references };
}

/**
 * Mean magnitude (l1) or mean square of each sample; for channelMse of each sample and channel, or,
 * of matrices, the squares themselves, whose last axis is the channel.
 */
function reduce(
  patch: GraphPatch,
  layer: Layer,
  tensor: string,
  objective: SearchObjective,
  exponent: number,
  name: string,
): string {
  if (objective === 'channelMse' && !isConvolution(layer)) {
    const scaled =
      exponent === 0 ? tensor : patch.apply('Mul', [tensor, patch.scalar(2 ** -exponent)], `${name}/scaled`);
    return patch.apply('Mul', [scaled, scaled], name);
  }
  const positions = flattenScaled(patch, layer, tensor, exponent, `${name}/positions`);
  if (objective === 'l1') return meanOfRows(patch, layer, patch.apply('Abs', [positions], `${name}/abs`), name);
  return meanOfRows(patch, layer, patch.apply('Mul', [positions, positions], `${name}/square`), name);
}
