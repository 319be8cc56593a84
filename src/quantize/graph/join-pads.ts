import { applyEdits, type GraphEdit } from '../../onnx/edits/edits.js';
import { joinedPads } from '../../onnx/folding/join-pad.js';
import { firstOutput } from '../../onnx/graph-index.js';
import { isDefaultDomain } from '../../onnx/layers/hidden-layers.js';
import { copyNode, intsAttribute } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';

/**
 * The model with each Pad of quantized values a part of the Conv that alone reads it, as runtimes
 * have no Pad on integers: 0 is a level, and quantizing it again in the same steps changes nothing.
 *
 * @param model with QuantizeLinear and DequantizeLinear; tied ones share their initializers
 */
export function joinPads(model: OnnxModel): OnnxModel {
  const edits: GraphEdit[] = [];
  for (const pad of model.graph.node) {
    if (pad.opType !== 'Pad' || !isDefaultDomain(pad)) continue;
    const before = model.index.producers.get(pad.input[0]!);
    if (before?.opType !== 'DequantizeLinear') continue;
    const pair = pairBehind(model, pad, before);
    const conv = onlyReader(model, pair.at(-1) ?? pad);
    if (conv?.opType !== 'Conv' || !isDefaultDomain(conv)) continue;
    const pads = joinedPads(model, pad, conv);
    if (pads === null) continue;
    for (const node of [pad, ...pair, conv]) edits.push({ kind: 'removeNode', node: firstOutput(node) });
    const others = conv.attribute.filter(({ name }) => name !== 'pads' && name !== 'auto_pad');
    const input = [pad.input[0]!, ...conv.input.slice(1)];
    edits.push({
      kind: 'addNode',
      node: copyNode(conv, { input, attribute: [...others, intsAttribute('pads', pads)] }),
    });
  }
  return edits.length === 0 ? model : applyEdits(model, edits);
}

/** The pair of the same scale and zero point as the one before; empty where there is none. */
function pairBehind(model: OnnxModel, pad: NodeProto, { input }: NodeProto): readonly NodeProto[] {
  const isTied = (node: NodeProto | null): node is NodeProto =>
    node?.input[1] === input[1] && node?.input[2] === input[2];
  const quantize = onlyReader(model, pad);
  if (quantize?.opType !== 'QuantizeLinear' || !isTied(quantize)) return [];
  const dequantize = onlyReader(model, quantize);
  return dequantize?.opType === 'DequantizeLinear' && isTied(dequantize) ? [quantize, dequantize] : [];
}

/** The node that alone reads what a node makes, as its first input; null where there is none. */
function onlyReader({ index }: OnnxModel, node: NodeProto): NodeProto | null {
  const output = firstOutput(node);
  const [reader, ...others] = index.consumers.get(output) ?? [];
  return reader?.index === 0 && others.length === 0 && !index.outputs.has(output) ? reader.node : null;
}
