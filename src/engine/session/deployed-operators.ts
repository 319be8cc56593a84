import { capturedTensors, firstOutput } from '../../onnx/graph-index.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { baseNodeOf } from '../../quantize/graph/base-node.js';
import type { DeployedOperator } from '../../records/deployment-record.js';

/** Operators that compute on integers. */
export const INTEGER_OPERATOR = /^(?:QLinear|QGemm$|MatMulInteger|ConvInteger|DynamicQuantizeMatMul$)/;

/** Of these, those that give float. */
const GIVES_FLOAT = /^(?:MatMulIntegerToFloat|DynamicQuantizeMatMul)$/;

/** Index of the scale of QGemm's output, without which that is float. */
const GEMM_OUTPUT_SCALE = 7;

/** Operators that convert, hold numbers or do nothing: none that a model is deployed for. */
const LEFT_OUT = new Set(['Constant', 'DequantizeLinear', 'Dropout', 'Identity', 'QuantizeLinear', 'Shape', 'Size']);

/**
 * What the runtime's optimizer made of each operator that depends on the model's inputs: the
 * kernel, and whether it is one on integers. An operator that became a part of another has that
 * one's.
 *
 * @param model made by `deployableModel`; operators are named by nodes of its base model
 * @param optimized the same model as the runtime wrote it, before layouts of the machine
 * @param numberOf the index in `model` of an optimized node; null of a new one
 */
export function deployedOperators(
  model: OnnxModel,
  optimized: OnnxModel,
  numberOf: (node: NodeProto) => number | null,
): readonly DeployedOperator[] {
  const kernels = new Map(optimized.graph.node.map((node) => [numberOf(node), node]));
  const integers = integerTensors(optimized);
  const fed = fedTensors(model);
  return model.graph.node.flatMap((node, number): readonly DeployedOperator[] => {
    if (LEFT_OUT.has(node.opType) || !fed.has(firstOutput(node))) return [];
    const name = baseNodeOf(model, node);
    const kernel = kernels.get(number) ?? kernelOfOutput(model, optimized, firstOutput(node));
    if (name === null || kernel === null) return [];
    const runs = isOnIntegers(kernel, integers) ? 'integer' : 'float';
    return [{ node: name, op: node.opType, runs, kernel: kernel.opType }];
  });
}

/**
 * The kernel that makes what an operator made before it became a part of another: its output, or
 * that of the only reader behind it.
 */
function kernelOfOutput({ index }: OnnxModel, optimized: OnnxModel, output: string): NodeProto | null {
  for (let tensor = output; ;) {
    const kernel = optimized.index.producers.get(tensor);
    if (kernel !== undefined) return kernel;
    const readers = index.consumers.get(tensor) ?? [];
    if (readers.length !== 1) return null;
    tensor = firstOutput(readers[0]!.node);
  }
}

/** Tensors of integers that stand for real values. */
function integerTensors({ graph }: OnnxModel): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of graph.node) {
    const { opType, input, output } = node;
    if (opType === 'DequantizeLinear' || opType === 'Shape' || GIVES_FLOAT.test(opType)) continue;
    if (opType === 'QGemm' && (input[GEMM_OUTPUT_SCALE] ?? '') === '') continue;
    if (opType === 'QuantizeLinear' || isOnIntegers(node, found)) for (const tensor of output) found.add(tensor);
  }
  return found;
}

function isOnIntegers({ opType, input }: NodeProto, integers: ReadonlySet<string>): boolean {
  if (opType === 'DequantizeLinear' || opType === 'QuantizeLinear') return false;
  return INTEGER_OPERATOR.test(opType) || input.some((tensor) => integers.has(tensor));
}

/** Tensors whose numbers depend on what is fed, not on shapes alone. */
function fedTensors({ graph, index }: OnnxModel): ReadonlySet<string> {
  const fed = new Set(index.inputs);
  for (const node of graph.node) {
    if (node.opType === 'Shape' || node.opType === 'Size') continue;
    if (![...node.input, ...capturedTensors(node)].some((tensor) => fed.has(tensor))) continue;
    for (const tensor of node.output) fed.add(tensor);
  }
  return fed;
}
