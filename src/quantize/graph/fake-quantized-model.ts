import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { copyNode, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { layerPrefix } from '../../onnx/own-names.js';
import { targets } from '../../targets/registry.js';
import type { PlacedQuantizer } from '../../targets/placement.js';
import type { PlacedModel, TensorQuantizer } from '../placed-model.js';
import type { PreparedLayer, PreparedModel } from '../prepare-layers.js';
import { int32Bias } from '../quantizers/int32-bias.js';
import { correctBias, correctedBias, needsCorrectingAdd } from './correct-bias.js';
import { realTensor } from './placed-qdq-graph.js';
import { channelShape } from './quantized-graph.js';

/**
 * The model with a fake quantizer on every tensor that its target quantizes, fake-quantized
 * weights, and biases in the steps that the target stores them in; between them float arithmetic.
 *
 * A fake quantizer is `Clip(Round(x / d), qmin - z, qmax - z) * scale`, with the scale as `d`, or
 * that times s where smoothing is inside. Its readers read what it makes; the tensor itself keeps
 * its name and its numbers. An output of the model that is quantized has the quantized numbers
 * under its name, and the others under that of {@link realTensor}.
 */
export function fakeQuantizedModel({ base, layers, placed }: PreparedModel): OnnxModel {
  if (placed === undefined) throw new Error('Invariant: no placement of a target to simulate.');
  const patch = new GraphPatch(base);
  const { quantizers } = placed.placement;
  const renamed = new Set(quantizers.filter(({ isOutput }) => isOutput).map(({ tensor }) => tensor));
  const realName = (tensor: string): string => (renamed.has(tensor) ? realTensor(base, tensor) : tensor);
  for (const [index, quantizer] of quantizers.entries()) {
    const own = placed.quantizers[index]!;
    fakeQuantize(patch, quantizer, own, realName(quantizer.tensor), divisorShape(layers, own));
  }
  const inputs = inputScales(placed);
  for (const prepared of layers) {
    const { layer, weight } = prepared;
    const name = layerPrefix(base, layer.name);
    const values = patch.floats(`${name}/weight`, layer.weightShape, weight.values);
    patch.edit({ kind: 'setInput', node: layer.outputTensor, index: 1, tensor: values });
    writeBias(patch, base, placed, prepared, inputs, realName(layer.outputTensor));
  }
  const corrected = new Set(
    layers.filter((prepared) => needsCorrectingAdd(base, prepared)).map(({ layer }) => layer.outputTensor),
  );
  for (const tensor of renamed) renameReal(patch, base, tensor, quantizers, corrected);
  return applyEdits(base, patch.edits);
}

function fakeQuantize(
  patch: GraphPatch,
  { tensor, readers, isOutput }: PlacedQuantizer,
  { quantizer, divisor }: TensorQuantizer,
  real: string,
  shape: readonly number[],
): void {
  const name = `${patch.prefix}tensor/${tensor}`;
  const { qmin, qmax, zeroPoint } = quantizer;
  const d = patch.floats(`${name}/divisor`, shape, divisor ?? Float32Array.of(quantizer.scale));
  const divided = patch.apply('Div', [real, d], `${name}/divided`);
  const steps = patch.roundAndClip(divided, qmin - zeroPoint, qmax - zeroPoint, `${name}/steps`);
  const scale = patch.floats(`${name}/scale`, [], Float32Array.of(quantizer.scale));
  const dequantized = isOutput ? tensor : `${name}/dequantized`;
  // Not named like its output: the node that made the tensor often is already.
  patch.node(copyNode(makeNode('Mul', [steps, scale], dequantized), { name: `${name}/dequantized` }));
  for (const { node, index } of readers) patch.edit({ kind: 'setInput', node, index, tensor: dequantized });
}

/** Of a divisor per channel the shape that its readers' layout gives it; else that of a number. */
function divisorShape(layers: readonly PreparedLayer[], { tensor, divisor }: TensorQuantizer): readonly number[] {
  if (divisor === null) return [];
  const reader = layers.find(({ layer }) => layer.inputTensor === tensor);
  if (reader === undefined) throw new Error(`Invariant: no layer reads the smoothed tensor "${tensor}".`);
  return channelShape(reader.layer);
}

/** What an input of a node is dequantized with, by first output and index. */
function inputScales({ placement, quantizers }: PlacedModel): ReadonlyMap<string, number> {
  return new Map(
    placement.quantizers.flatMap(({ readers }, index) =>
      readers.map((reader) => [`${reader.node} ${reader.index}`, quantizers[index]!.quantizer.scale] as const),
    ),
  );
}

function writeBias(
  patch: GraphPatch,
  base: OnnxModel,
  { target }: PlacedModel,
  prepared: PreparedLayer,
  inputs: ReadonlyMap<string, number>,
  output: string,
): void {
  const { layer, weight } = prepared;
  const bias = correctedBias(base, prepared);
  const inputScale = inputs.get(`${layer.outputTensor} 0`);
  if (targets[target].bias === 'float' || bias === null || inputScale === undefined) {
    correctBias(patch, base, prepared, output);
    return;
  }
  const { values, scales } = int32Bias(bias, inputScale, weight.quantizers);
  const rounded = Float32Array.from(values, (steps, c) => Math.fround(steps) * scales[scales.length === 1 ? 0 : c]!);
  const name = `${layerPrefix(base, layer.name)}/bias`;
  const tensor = patch.floats(name, [layer.outputChannels], rounded);
  patch.edit({ kind: 'setInput', node: layer.outputTensor, index: layer.biasIndex!, tensor });
}

/** Who does not read the quantized numbers of an output of the model reads the others. */
function renameReal(
  patch: GraphPatch,
  base: OnnxModel,
  tensor: string,
  quantizers: readonly PlacedQuantizer[],
  corrected: ReadonlySet<string>,
): void {
  const real = realTensor(base, tensor);
  const quantized = quantizers
    .filter((quantizer) => quantizer.tensor === tensor)
    .flatMap(({ readers }) => readers.map(({ node, index }) => `${node} ${index}`));
  for (const { node, index } of base.index.consumers.get(tensor) ?? []) {
    const reader = firstOutput(node);
    if (index < 0 || quantized.includes(`${reader} ${index}`)) continue;
    patch.edit({ kind: 'setInput', node: reader, index, tensor: real });
  }
  // The Add that corrects a layer makes it.
  if (corrected.has(tensor)) return;
  const producer = base.index.producers.get(tensor)!;
  const index = producer.output.indexOf(tensor);
  patch.edit({ kind: 'renameOutput', node: firstOutput(producer), tensor: real, index });
}
