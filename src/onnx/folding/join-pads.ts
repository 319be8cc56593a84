import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import { applyEdits, type GraphEdit } from '../edits/edits.js';
import { firstOutput } from '../graph-index.js';
import { isDefaultDomain } from '../layers/hidden-layers.js';
import { findLayers, type Layer } from '../layers/layers.js';
import { copyNode, intsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { joinedPads } from './join-pad.js';

/**
 * The model with each Pad of zeros a part of the Conv that alone reads it: the same function. On a
 * target the layer then reads what the Pad read, with no operator in between that has no integer
 * form or keeps smoothing from an input of the model. The same object where there is none.
 */
export const joinPads = memoizeByIdentity((model: OnnxModel): OnnxModel => {
  const edits: GraphEdit[] = [];
  for (const pad of model.graph.node) {
    if (pad.opType !== 'Pad' || !isDefaultDomain(pad)) continue;
    const conv = onlyReader(model, pad);
    if (conv?.opType !== 'Conv' || !isDefaultDomain(conv)) continue;
    const pads = joinedPads(model, pad, conv);
    if (pads === null) continue;
    for (const node of [pad, conv]) edits.push({ kind: 'removeNode', node: firstOutput(node) });
    const others = conv.attribute.filter(({ name }) => name !== 'pads' && name !== 'auto_pad');
    const input = [pad.input[0]!, ...conv.input.slice(1)];
    edits.push({
      kind: 'addNode',
      node: copyNode(conv, { input, attribute: [...others, intsAttribute('pads', pads)] }),
    });
  }
  return edits.length === 0 ? model : applyEdits(model, edits);
});

const layersByOutput = memoizeByIdentity(
  (model: OnnxModel) => new Map(findLayers(model).map((layer) => [layer.outputTensor, layer])),
);

/** Layers as they are in the model with pads joined. */
export function layersWithPads(joined: OnnxModel, layers: readonly Layer[]): readonly Layer[] {
  const own = layersByOutput(joined);
  return layers.map((layer) => {
    const found = own.get(layer.outputTensor);
    return found?.supported === true && found.inputTensor !== layer.inputTensor
      ? { ...layer, inputTensor: found.inputTensor }
      : layer;
  });
}

/** The node that alone reads what a node makes, as its first input; null where there is none. */
function onlyReader({ index }: OnnxModel, node: NodeProto): NodeProto | null {
  const output = firstOutput(node);
  const [reader, ...others] = index.consumers.get(output) ?? [];
  return reader?.index === 0 && others.length === 0 && !index.outputs.has(output) ? reader.node : null;
}
