import { create } from '@bufbuild/protobuf';
import { copyNode } from '../node.js';
import { firstOutput } from '../graph-index.js';
import { ModelError } from '../model-error.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import { sortNodes } from '../sort-nodes.js';
import { ValueInfoProtoSchema, type NodeProto, type TensorProto } from '../proto/onnx_pb.js';

/**
 * What to change in a graph. A node is named by its first output as it is before any edit of the
 * list.
 */
export type GraphEdit =
  | { readonly kind: 'addNode'; readonly node: NodeProto }
  | { readonly kind: 'addInitializer'; readonly tensor: TensorProto }
  | { readonly kind: 'removeNode'; readonly node: string }
  /**
   * Points one input of a node at another tensor; `index` may be one past the last input (a bias
   * that was not there).
   */
  | { readonly kind: 'setInput'; readonly node: string; readonly index: number; readonly tensor: string }
  /** Of several outputs the first unless `index` says otherwise. */
  | { readonly kind: 'renameOutput'; readonly node: string; readonly tensor: string; readonly index?: number }
  /** Replaces all graph outputs. Types are left to the runtime's inference. */
  | { readonly kind: 'setOutputs'; readonly tensors: readonly string[] };

/**
 * Applies the edits in one place and returns a new model, its nodes in topological order. The given
 * model stays as it is. Initializers that nothing reads any more are dropped.
 *
 * @throws ModelError when an edit names a node that is not there, or the result is not a valid
 *   graph
 */
export function applyEdits(model: OnnxModel, edits: readonly GraphEdit[]): OnnxModel {
  const nodes = new Map<string, NodeProto>(model.graph.node.map((node) => [firstOutput(node), node]));
  const added: NodeProto[] = [];
  const initializers = [...model.graph.initializer];
  let outputs = model.graph.output;
  const find = (id: string): NodeProto => {
    const node = nodes.get(id);
    if (node === undefined)
      throw new ModelError(`An edit names the node that makes "${id}", which is not in the graph.`);
    return node;
  };
  for (const edit of edits) {
    switch (edit.kind) {
      case 'addNode':
        added.push(edit.node);
        break;
      case 'addInitializer':
        initializers.push(edit.tensor);
        break;
      case 'removeNode':
        find(edit.node);
        nodes.delete(edit.node);
        break;
      case 'setInput': {
        const node = find(edit.node);
        const input = [...node.input];
        while (input.length <= edit.index) input.push('');
        input[edit.index] = edit.tensor;
        nodes.set(edit.node, copyNode(node, { input }));
        break;
      }
      case 'renameOutput': {
        const node = find(edit.node);
        nodes.set(edit.node, copyNode(node, { output: node.output.with(edit.index ?? 0, edit.tensor) }));
        break;
      }
      case 'setOutputs': {
        const known = new Map(model.graph.output.map((o) => [o.name, o]));
        outputs = edit.tensors.map((name) => known.get(name) ?? create(ValueInfoProtoSchema, { name }));
        break;
      }
      default: {
        const unreachable: never = edit;
        throw new ModelError(`Unknown edit ${JSON.stringify(unreachable)}.`);
      }
    }
  }
  const node = sortNodes([...nodes.values(), ...added]);
  const graph = copyGraph(model.graph, { node, output: outputs, initializer: initializers });
  return withGraph(model, dropUnread(graph, model));
}

/**
 * Initializers that the model read before and nothing reads now (e.g. the weight that a quantized
 * one replaced).
 */
function dropUnread(graph: OnnxModel['graph'], before: OnnxModel): OnnxModel['graph'] {
  const read = new Set<string>(graph.output.map((o) => o.name));
  for (const node of graph.node) for (const tensor of node.input) read.add(tensor);
  const keep = (name: string): boolean => {
    if (read.has(name)) return true;
    const consumers = before.index.consumers.get(name);
    return consumers?.some((c) => c.index < 0) ?? false;
  };
  const initializer = graph.initializer.filter((t) => keep(t.name));
  const dropped = new Set(graph.initializer.filter((t) => !keep(t.name)).map((t) => t.name));
  return copyGraph(graph, { initializer, input: graph.input.filter((i) => !dropped.has(i.name)) });
}
