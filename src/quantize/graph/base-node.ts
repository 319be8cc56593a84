import { firstOutput } from '../../onnx/graph-index.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';

/** What a MatMul's output is called in front of the Add that corrects it. */
const UNCORRECTED = '/uncorrected';

/** How `realTensor` ends. */
const REAL = '/real';

/**
 * The node of the base model, by its first output, that a node of its deployable model is; null of
 * one that was added.
 *
 * @param model made from the base model by edits
 */
export function baseNodeOf(model: OnnxModel, node: NodeProto): string | null {
  const { ownPrefix, index } = model;
  const output = firstOutput(node);
  if (!output.startsWith(ownPrefix)) return node.name.startsWith(ownPrefix) ? null : output;
  if (output.endsWith(UNCORRECTED)) {
    const [reader] = index.consumers.get(output) ?? [];
    return reader === undefined ? null : (realOf(ownPrefix, firstOutput(reader.node)) ?? firstOutput(reader.node));
  }
  // What only smooths is a convolution of the base model.
  if (node.opType === 'Conv' && !output.endsWith(REAL)) return output;
  return node.name.startsWith(ownPrefix) ? null : realOf(ownPrefix, output);
}

/** As `realTensor` names it. */
function realOf(prefix: string, tensor: string): string | null {
  const start = `${prefix}tensor/`;
  return tensor.startsWith(start) && tensor.endsWith(REAL) ? tensor.slice(start.length, -REAL.length) : null;
}
