import { applyEdits } from '../../onnx/edits/edits.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { sortNodes } from '../../onnx/sort-nodes.js';
import type { PreparedModel } from '../prepare-layers.js';
import { writeFloatNode } from '../twin/float-node.js';
import { twinKernels } from '../twin/kernels.js';
import { TwinGraph } from '../twin/twin-graph.js';

/** The runtime whose integer kernels the twin reproduces bit for bit. */
export const REPRODUCED_RUNTIME = '1.30';

/**
 * The model as onnxruntime's integer kernels compute it (those of {@link REPRODUCED_RUNTIME}, on
 * x86), in float operators: on the CPU provider, without the fusing of QuantizeLinear and
 * DequantizeLinear, it gives the very numbers that the deployed model gives with default options.
 *
 * - Integers are float32 numbers; sums of products are split where float32 could not hold them.
 * - A node is written as its kernel computes where the runtime has one: all that it reads and all
 *   that it makes is quantized. Else it computes in float on dequantized values, as the runtime
 *   does.
 * - Every tensor of the base model is there, in real values: of a layer the output before its
 *   activation and quantizer, of others that behind the quantizer. Of a quantized output of the
 *   model it is the dequantized one. What nobody reads costs time: `removeUnread`.
 */
export function twinModel(prepared: PreparedModel): OnnxModel {
  const { base, placed } = prepared;
  if (placed === undefined) throw new Error('Invariant: the twin of a model without placement.');
  const twin = new TwinGraph(prepared, placed);
  for (const node of sortNodes(base.graph.node)) {
    if (twin.isRemoved(node)) continue;
    const kernel = node.domain === '' || node.domain === 'ai.onnx' ? twinKernels.get(node.opType) : undefined;
    if (kernel?.(twin, node) !== true) writeFloatNode(twin, node);
  }
  return applyEdits(base, twin.edits);
}
