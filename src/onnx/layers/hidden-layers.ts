import type { LayerOp } from './layer-op.js';
import type { UnsupportedLayer } from './unsupported-layer.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { subgraphsOf } from '../subgraphs.js';

const layerOps = ['ConvTranspose', 'Conv', 'Gemm', 'MatMul'] as const satisfies readonly LayerOp[];

/**
 * Weighted operators that the graph holds where they can't be quantized: inside the branches of If,
 * Loop and Scan, inside the model's own functions, and as operators of other kinds (FusedConv,
 * QLinearConv, MatMulInteger, ...). They stay as they are, but not silently.
 *
 * @param taken names of the other layers; no two layers have the same name
 */
export function findHiddenLayers(model: OnnxModel, taken: ReadonlySet<string>): readonly UnsupportedLayer[] {
  const names = new Set(taken);
  const found: UnsupportedLayer[] = [];
  const add = (node: NodeProto, place: string, reason: string): void => {
    const op = weightedOp(node.opType);
    if (op === null) return;
    const base = place + (node.name === '' ? (node.output[0] ?? node.opType) : node.name);
    let name = base;
    for (let i = 2; names.has(name); i++) name = `${base} (${i})`;
    names.add(name);
    found.push({ name, op, inputTensor: node.input[0] ?? '', outputTensor: node.output[0] ?? '', reason });
  };
  const visitSubgraphs = (node: NodeProto): void => {
    for (const subgraph of subgraphsOf(node)) {
      for (const inner of subgraph.node) {
        add(inner, '', `it is inside a branch or loop body of ${node.opType} "${node.name}"`);
        visitSubgraphs(inner);
      }
    }
  };
  for (const node of model.graph.node) {
    visitSubgraphs(node);
    const isOwnKind = isDefaultDomain(node) && (layerOps as readonly string[]).includes(node.opType);
    if (!isOwnKind) add(node, '', `it is a ${node.domain === '' ? '' : `${node.domain} `}${node.opType}`);
  }
  for (const definition of model.proto.functions) {
    const place = `${definition.name}/`;
    for (const node of definition.node) add(node, place, `it is inside the model's function "${definition.name}"`);
  }
  return found;
}

export function isDefaultDomain(node: NodeProto): boolean {
  return node.domain === '' || node.domain === 'ai.onnx';
}

/**
 * The operator of which this one is a kind, by its name: FusedConv and QLinearConv are kinds of
 * Conv.
 */
function weightedOp(opType: string): LayerOp | null {
  return layerOps.find((op) => opType.includes(op)) ?? null;
}
