import { capturedTensors } from './graph-index.js';
import { readIntAttribute } from './node.js';
import type { OnnxModel } from './onnx-model.js';
import { TensorProto_DataType, type NodeProto } from './proto/onnx_pb.js';
import { subgraphsOf } from './subgraphs.js';

/**
 * Operators whose result may jump where their input moves by one rounding of float32: they choose,
 * compare, count or round. By name, in all domains: QLinearConv and others of the runtime round as
 * QuantizeLinear does.
 */
const JUMPS = new RegExp(
  `^(?:${[
    'ArgMax|ArgMin|TopK|NonMaxSuppression|NonZero|Unique|Hardmax',
    'Round|Floor|Ceil|Sign|Mod|Shrink|ThresholdedRelu',
    'Equal|Greater|GreaterOrEqual|Less|LessOrEqual|IsInf|IsNaN',
    'QuantizeLinear|DynamicQuantizeLinear|QLinear.*|QGemm|.*Integer|DynamicQuantize.*',
    'MaxRoiPool|Bernoulli|Multinomial|RandomNormalLike|RandomUniformLike|RandomNormal|RandomUniform',
  ].join('|')})$`,
);

const FLOATING = new Set<number>([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.DOUBLE,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.BFLOAT16,
]);

/** Whether a node, or one in its subgraphs, makes jumps of roundings. */
export function isDiscontinuous(node: NodeProto): boolean {
  if (JUMPS.test(node.opType)) return true;
  if (node.opType === 'Cast') return !FLOATING.has(readIntAttribute(node, 'to', TensorProto_DataType.FLOAT));
  return subgraphsOf(node).some((subgraph) => subgraph.node.some(isDiscontinuous));
}

/**
 * The discontinuous nodes that some tensors depend on, in graph order. Those that only calculate
 * with shapes are none: shapes are the same in all variants of a model.
 */
export function discontinuousBefore(model: OnnxModel, tensors: readonly string[]): readonly NodeProto[] {
  const seen = new Set<NodeProto>();
  const open = [...tensors];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = model.index.producers.get(name);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    for (const input of [...node.input, ...capturedTensors(node)]) open.push(input);
  }
  const known = new Map<string, boolean>();
  return model.graph.node.filter(
    (node) =>
      seen.has(node) &&
      isDiscontinuous(node) &&
      [...node.input, ...capturedTensors(node)].some((input) => dependsOnValues(model, input, known)),
  );
}

/** Whether a tensor depends on numbers that are fed, not on their shapes alone. */
function dependsOnValues(model: OnnxModel, tensor: string, known: Map<string, boolean>): boolean {
  const before = known.get(tensor);
  if (before !== undefined) return before;
  const node = model.index.producers.get(tensor);
  const depends =
    node === undefined
      ? model.index.inputs.includes(tensor)
      : node.opType !== 'Shape' &&
        node.opType !== 'Size' &&
        [...node.input, ...capturedTensors(node)].some((input) => dependsOnValues(model, input, known));
  known.set(tensor, depends);
  return depends;
}
