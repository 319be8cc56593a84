import { decodeModel, copyGraph, withGraph, type OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import { copyNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { optimizeModel, type SessionSettings } from './session.js';

/**
 * What a session made without options does to a model with QuantizeLinear and DequantizeLinear, by
 * the runtime's own graphs.
 */
export interface DefaultBehaviour {
  /** Nodes whose float32 weight it quantizes. */
  readonly weights: readonly NodeProto[];
  /** Nodes whose float32 bias it rounds to int32 while their weight is quantized in the model. */
  readonly biases: readonly NodeProto[];
  /** Pairs of QuantizeLinear and DequantizeLinear that it joins with the pair before. */
  readonly mergedPairs: number;
  /** Operators on integers -> how many of them. */
  readonly integerKernels: Readonly<Record<string, number>>;
}

/** Operators that compute on integers. */
const INTEGER_OPERATOR = /^(?:QLinear|QGemm$|MatMulInteger|ConvInteger|DynamicQuantizeMatMul$)/;

/** The runtime's name for scales of two pairs that became one. */
const MERGED = 'DoubleQDQRemoved';

/** What it appends to the name of a MatMul that it makes a Gemm of. */
const GEMM_OF_MATMUL = /\/MatMulAddFusion$/;

/**
 * Has the runtime rewrite the model as it does by default, and reads what became of its layers:
 * what no run shows, as tensors that are asked for are left alone.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function defaultBehaviour(model: OnnxModel, settings: SessionSettings): Promise<DefaultBehaviour> {
  const numbered = withNumbers(model);
  const bytes = splitModel(numbered, null);
  // At this level operators keep their names, and what is quantized anew is to be seen.
  const basic = decodeModel(
    await optimizeModel(bytes, { ...settings, fuseQuantized: true, optimizationLevel: 'basic' }),
  );
  const after = new Map(basic.graph.node.map((node) => [node.name.replace(GEMM_OF_MATMUL, ''), node]));
  const isQuantized = (of: OnnxModel, node: NodeProto | undefined, index: number): boolean => {
    let producer = of.index.producers.get(node?.input[index] ?? '');
    // To the type of the layer, where its model's floats have 16 bits.
    while (producer?.opType === 'Cast') producer = of.index.producers.get(producer.input[0] ?? '');
    return producer?.opType === 'DequantizeLinear';
  };
  const becomesQuantized = (node: NodeProto, index: number): boolean =>
    isQuantized(basic, after.get(node.name), index) && !isQuantized(numbered, node, index);
  const found = numbered.graph.node.map((node, index) => ({
    node: model.graph.node[index]!,
    isWeighted: /^(?:Conv|ConvTranspose|Gemm|MatMul)$/.test(node.opType),
    weight: becomesQuantized(node, 1),
    bias: becomesQuantized(node, 2),
  }));
  const layers = found.filter(({ isWeighted }) => isWeighted);
  // As far as the default goes before kernels and layouts are of this machine alone.
  const extended = decodeModel(
    await optimizeModel(bytes, { ...settings, fuseQuantized: true, optimizationLevel: 'extended' }),
  );
  return {
    weights: layers.filter(({ weight }) => weight).map(({ node }) => node),
    biases: layers.filter(({ weight, bias }) => bias && !weight).map(({ node }) => node),
    mergedPairs: basic.graph.initializer.filter(({ name }) => name.startsWith(`${MERGED}_`)).length,
    integerKernels: countIntegerKernels(extended),
  };
}

/** Nodes named by their number: their own names may be missing or there twice. */
function withNumbers(model: OnnxModel): OnnxModel {
  const node = model.graph.node.map((own, index) => copyNode(own, { name: `quantsweep node ${index}` }));
  return withGraph(model, copyGraph(model.graph, { node }));
}

function countIntegerKernels({ graph }: OnnxModel): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { opType } of graph.node) {
    if (INTEGER_OPERATOR.test(opType)) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
