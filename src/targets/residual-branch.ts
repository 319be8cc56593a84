import type { ComputedTensors } from './computed-tensors.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { NodeProto } from '../onnx/proto/onnx_pb.js';

/** Operators that a layer's result passes through on its own. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Relu', 'Clip', 'LeakyRelu', 'BatchNormalization', 'Add', 'Mul']);

/**
 * Index of the input of an Add whose layer has the Add computed with it, so that nothing is
 * quantized between the two; null: it is an Add as any other. Of two branches that come from a
 * layer that is the longer one, counted from where they part; of one, that one, unless the other
 * branch begins in it. As ModelOpt does it (`build_non_residual_input_map`).
 *
 * @param isInteger whether a layer computes on integers
 */
export function bareInput(
  model: OnnxModel,
  computed: ComputedTensors,
  add: NodeProto,
  isInteger: (layer: NodeProto) => boolean,
): 0 | 1 | null {
  const [a = '', b = ''] = add.input;
  if (computed.activations(add).length !== 2 || add.input.length !== 2 || a === b) return null;
  const fromLayer = (tensor: string): boolean => backbone(model, computed, tensor, isInteger);
  const depthsA = depthsBehind(computed, a);
  const depthsB = depthsBehind(computed, b);
  if (fromLayer(a) && fromLayer(b)) {
    let [shortest, longerA] = [Infinity, true];
    for (const [tensor, depthA] of depthsA) {
      const depthB = depthsB.get(tensor);
      if (depthB === undefined || depthA + depthB >= shortest) continue;
      [shortest, longerA] = [depthA + depthB, depthA > depthB];
      if (depthA === depthB) longerA = true;
    }
    return longerA ? 0 : 1;
  }
  if (fromLayer(a)) return depthsB.has(a) ? 1 : 0;
  if (fromLayer(b)) return depthsA.has(b) ? 0 : 1;
  return null;
}

/** Whether nothing but elementwise operators with constants lies between a layer and the tensor. */
function backbone(
  model: OnnxModel,
  computed: ComputedTensors,
  tensor: string,
  isInteger: (layer: NodeProto) => boolean,
): boolean {
  for (let name = tensor; ;) {
    const node = model.index.producers.get(name);
    if (node === undefined) return false;
    if (isInteger(node)) return true;
    const inputs = computed.activations(node);
    if (!ELEMENTWISE.has(node.opType) || inputs.length !== 1) return false;
    name = node.input[inputs[0]!]!;
  }
}

/** Every tensor that a tensor is made of, itself included, with the most nodes between. */
function depthsBehind(computed: ComputedTensors, tensor: string): ReadonlyMap<string, number> {
  const depths = new Map<string, number>([[tensor, 0]]);
  // Nodes in reverse order: all readers of a tensor are done before it.
  for (const node of [...computed.nodes].reverse()) {
    const depth = node.output.reduce((most, output) => Math.max(most, depths.get(output) ?? -1), -1);
    if (depth < 0) continue;
    for (const index of computed.activations(node)) {
      const input = node.input[index]!;
      depths.set(input, Math.max(depths.get(input) ?? 0, depth + 1));
    }
  }
  return depths;
}
