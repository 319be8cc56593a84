import type { NodeProto } from './onnx_pb.js';
import { capturedTensors, describeNode } from './graph-index.js';
import { ModelError } from './model-error.js';

/**
 * The nodes in an order in which every tensor is made before it is read, as ONNX demands; nodes that are already in
 * order keep their places. Tensors that no node makes (inputs, initializers) count as given.
 *
 * @throws ModelError for a cycle, naming a node on it
 */
export function sortNodes(nodes: readonly NodeProto[]): NodeProto[] {
  const producers = new Map<string, number>();
  for (const [position, node] of nodes.entries()) {
    for (const output of node.output) if (output !== '') producers.set(output, position);
  }
  const sorted: NodeProto[] = [];
  const state = new Uint8Array(nodes.length);
  const entered = 1;
  const done = 2;
  for (const root of nodes.keys()) {
    const stack = [root];
    while (stack.length > 0) {
      const position = stack[stack.length - 1]!;
      if (state[position] === done) {
        stack.pop();
        continue;
      }
      const node = nodes[position]!;
      state[position] = entered;
      const missing = [...node.input, ...capturedTensors(node)]
        .map((tensor) => producers.get(tensor))
        .find((p) => p !== undefined && state[p] !== done);
      if (missing === undefined) {
        state[position] = done;
        sorted.push(node);
        stack.pop();
      } else if (state[missing] === entered) {
        throw new ModelError(`The graph has a cycle through ${describeNode(nodes[missing]!)}.`);
      } else {
        stack.push(missing);
      }
    }
  }
  return sorted;
}
