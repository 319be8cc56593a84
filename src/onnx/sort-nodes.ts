import type { NodeProto } from './proto/onnx_pb.js';
import { capturedTensors, describeNode } from './graph-index.js';
import { ModelError } from './model-error.js';

/**
 * A node whose producers are being looked at; those before `next` are done, so that none is looked
 * at twice.
 */
interface Entered {
  readonly position: number;
  readonly reads: readonly string[];
  next: number;
}

/**
 * The nodes in an order in which every tensor is made before it is read, as ONNX demands; nodes
 * that are already in order keep their places. Tensors that no node makes (inputs, initializers)
 * count as given.
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
  const enter = (position: number): Entered => {
    state[position] = entered;
    const node = nodes[position]!;
    return { position, reads: [...node.input, ...capturedTensors(node)], next: 0 };
  };
  for (const root of nodes.keys()) {
    if (state[root] === done) continue;
    const stack = [enter(root)];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next === top.reads.length) {
        state[top.position] = done;
        sorted.push(nodes[top.position]!);
        stack.pop();
        continue;
      }
      const producer = producers.get(top.reads[top.next]!);
      top.next += 1;
      if (producer === undefined || state[producer] === done) continue;
      if (state[producer] === entered) {
        throw new ModelError(`The graph has a cycle through ${describeNode(nodes[producer]!)}.`);
      }
      stack.push(enter(producer));
    }
  }
  return sorted;
}
