import { copyNode } from '../../onnx/node.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { layerPrefix } from '../../onnx/own-names.js';
import { outputChannelShape } from '../../onnx/edits/scale-output.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { correctedBias, needsCorrectingAdd } from '../graph/correct-bias.js';
import type { PreparedLayer } from '../prepare-layers.js';
import { int32Bias } from '../quantizers/int32-bias.js';
import type { TwinGraph } from './twin-graph.js';

/** A node that computes in float: on dequantized values where it reads through quantizers. */
export function writeFloatNode(twin: TwinGraph, node: NodeProto): void {
  const { patch } = twin;
  const prepared = twin.layers.get(firstOutput(node));
  const input = node.input.map((tensor, index) => (tensor === '' ? '' : twin.floatInput(node, index)));
  const output = node.output.map((tensor) => (tensor === '' ? '' : twin.floatOutput(tensor)));
  if (prepared !== undefined) quantizeLayer(twin, prepared, node, input);
  const isCorrected = prepared !== undefined && needsCorrectingAdd(twin.base, prepared);
  const isChanged = [...input.entries()].some(([i, tensor]) => tensor !== node.input[i]) || isCorrected;
  if (isChanged || output.some((tensor, index) => tensor !== node.output[index])) {
    twin.remove(node);
    const own = isCorrected ? [`${twin.nameOf(node.output[0]!)}/uncorrected`] : output;
    patch.node(copyNode(node, { name: `${twin.nameOf(firstOutput(node))}/float`, input, output: own }));
    if (isCorrected) addCorrection(twin, prepared, own[0]!, output[0]!);
  }
  for (const tensor of node.output) if (tensor !== '') twin.finishOutput(tensor);
}

/** The dequantized weight, and the bias as its int32 form holds it. */
function quantizeLayer(twin: TwinGraph, prepared: PreparedLayer, node: NodeProto, input: string[]): void {
  const { patch, base } = twin;
  const { layer, weight } = prepared;
  const name = layerPrefix(base, layer.name);
  input[1] = patch.floats(`${name}/weight`, layer.weightShape, weight.values);
  const bias = correctedBias(base, prepared);
  if (bias === null) return;
  const quantizer = twin.quantizerRead(node, 0);
  const values = quantizer === null ? bias : dequantizedBias(bias, prepared, quantizer.quantizer.scale);
  while (input.length <= layer.biasIndex!) input.push('');
  input[layer.biasIndex!] = patch.floats(`${name}/bias`, [layer.outputChannels], values);
}

function dequantizedBias(bias: Float32Array, { weight }: PreparedLayer, inputScale: number): Float32Array {
  const { values, scales } = int32Bias(bias, inputScale, weight.quantizers);
  return Float32Array.from(values, (value, c) => Math.fround(value) * scales[scales.length === 1 ? 0 : c]!);
}

/** As `correctBias` corrects the output of a layer that no vector is the bias of. */
function addCorrection(twin: TwinGraph, prepared: PreparedLayer, tensor: string, output: string): void {
  const { patch, base } = twin;
  const { layer, biasCorrection } = prepared;
  const values = biasCorrection!.map((c) => -c);
  const correction = patch.floats(`${layerPrefix(base, layer.name)}/correction`, outputChannelShape(layer), values);
  twin.apply('Add', [tensor, correction], output);
}
