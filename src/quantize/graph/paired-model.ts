import { addTwin } from '../../onnx/edits/add-twin.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { tensorDepths } from '../../onnx/layers/layer-depths.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import type { TensorQuantizer } from '../placed-model.js';
import type { PreparedLayer, PreparedModel } from '../prepare-layers.js';
import { realTensor } from './placed-qdq-graph.js';
import { channelShape } from './quantized-graph.js';
import { simulatedModel } from './simulated-model.js';

/** What a layer reads in two models that are fed the same samples. */
export interface LayerInputs {
  /** FP32's tensor. */
  readonly float: string;
  /** What multiplies the quantized weight: behind smoothing and quantizer. */
  readonly quantized: string;
}

/** The untouched FP32 model and the quantized one in one graph. */
export interface PairedModel {
  readonly model: OnnxModel;
  /** By layer. */
  readonly inputs: ReadonlyMap<string, LayerInputs>;
  /**
   * Float32 tensors that a later run may start from, with the most layers that lie one behind the
   * other in front of them.
   */
  readonly depths: ReadonlyMap<string, number>;
}

export function pairedModel(untouched: OnnxModel, prepared: PreparedModel): PairedModel {
  const { model: simulated, inputs: quantized } = withLayerInputs(prepared);
  const patch = new GraphPatch(untouched);
  const twinOf = addTwin(patch, simulated);
  const model = applyEdits(untouched, patch.edits);
  const { base, layers } = prepared;
  const originals = layers.map(({ original }) => original);
  const ofFloat = tensorDepths(untouched, originals);
  const ofBase = tensorDepths(
    base,
    layers.map(({ layer }) => layer),
  );
  const depths = new Map<string, number>();
  // Each the only output of its node: a node of which a part is given can't be left out.
  const offer = (name: string, depth: number | undefined): void => {
    const producer = model.index.producers.get(name);
    if (depth !== undefined && producer?.output.length === 1) depths.set(name, depth);
  };
  for (const { inputTensor, outputTensor } of originals) {
    for (const tensor of [inputTensor, outputTensor]) offer(tensor, ofFloat.get(tensor));
  }
  const ofLayers = layers.flatMap(({ layer }) => [layer.inputTensor, layer.outputTensor]);
  const placed = prepared.placed?.quantizers.map(({ tensor }) => tensor) ?? [];
  for (const tensor of new Set([...ofLayers, ...placed])) {
    const steps = `${simulated.ownPrefix}tensor/${tensor}/steps`;
    for (const name of [tensor, realTensor(base, tensor), steps]) {
      if (simulated.index.producers.has(name)) offer(twinOf(name), ofBase.get(tensor));
    }
  }
  const inputs = new Map(
    layers.map(({ layer: { name }, original }): [string, LayerInputs] => [
      name,
      { float: original.inputTensor, quantized: twinOf(quantized.get(name)!) },
    ]),
  );
  return { model, inputs, depths };
}

/** The simulated model, and the tensors that its layers' quantized weights are multiplied with. */
function withLayerInputs(prepared: PreparedModel): {
  readonly model: OnnxModel;
  readonly inputs: ReadonlyMap<string, string>;
} {
  const { base, layers, placed } = prepared;
  const simulated = simulatedModel(prepared);
  if (placed === undefined) {
    const inputs = new Map(layers.map(({ layer: { name } }) => [name, `${layerPrefix(base, name)}/dequantized`]));
    return { model: simulated, inputs };
  }
  const patch = new GraphPatch(simulated);
  const byReader = new Map(
    placed.placement.quantizers.flatMap(({ readers }, index) =>
      readers.filter((reader) => reader.index === 0).map((reader) => [reader.node, placed.quantizers[index]!] as const),
    ),
  );
  const inputs = new Map(
    layers.map((prepared, index) => {
      const { name, inputTensor, outputTensor } = prepared.layer;
      const quantizer = byReader.get(outputTensor);
      // Without one it reads what an integer operator before it made.
      const read =
        quantizer === undefined
          ? inputTensor
          : fakeQuantize(patch, prepared, quantizer, `${patch.prefix}read/${index}`);
      return [name, read];
    }),
  );
  return { model: applyEdits(simulated, patch.edits), inputs };
}

/**
 * The tensor behind its quantizer. In a simulated model its name may stand for what is behind it
 * already, which quantizes to itself.
 */
function fakeQuantize(
  patch: GraphPatch,
  { layer }: PreparedLayer,
  { tensor, quantizer, divisor }: TensorQuantizer,
  name: string,
): string {
  const { qmin, qmax, zeroPoint, scale } = quantizer;
  const d =
    divisor === null
      ? patch.floats(`${name}/scale`, [], Float32Array.of(scale))
      : patch.floats(`${name}/divisor`, channelShape(layer), divisor);
  const divided = patch.apply('Div', [tensor, d], `${name}/divided`);
  const steps = patch.roundAndClip(divided, qmin - zeroPoint, qmax - zeroPoint, `${name}/steps`);
  return patch.apply('Mul', [steps, patch.floats(`${name}/scale`, [], Float32Array.of(scale))], `${name}/dequantized`);
}
