import { decodeModel, copyGraph, withGraph, type OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import { copyNode } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { INTEGER_OPERATOR } from './deployed-operators.js';
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

/** The runtime's name for scales of two pairs that became one. */
const MERGED = 'DoubleQDQRemoved';

/** What a node is called by its number. */
const NUMBERED = 'quantsweep node ';

/** A model as the runtime rewrites it by default. */
export interface OptimizedGraphs {
  /** The model itself, its nodes named by their number. */
  readonly numbered: OnnxModel;
  /** At level basic, where operators are themselves, and what is quantized anew is to be seen. */
  readonly basic: OnnxModel;
  /** As far as the default goes before kernels and layouts are of this machine alone. */
  readonly extended: OnnxModel;
}

/**
 * Has the runtime rewrite the model as it does by default: what no run shows, as tensors that are
 * asked for are left alone.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function optimizedGraphs(model: OnnxModel, settings: SessionSettings): Promise<OptimizedGraphs> {
  const numbered = withNumbers(model);
  const bytes = splitModel(numbered, null);
  const at = async (optimizationLevel: 'basic' | 'extended'): Promise<OnnxModel> =>
    decodeModel(await optimizeModel(bytes, { ...settings, fuseQuantized: true, optimizationLevel }));
  return { numbered, basic: await at('basic'), extended: await at('extended') };
}

/**
 * Has the runtime rewrite the model, and reads what became of its layers.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function defaultBehaviour(model: OnnxModel, settings: SessionSettings): Promise<DefaultBehaviour> {
  return changesByDefault(model, await optimizedGraphs(model, settings));
}

/** Reads from the runtime's graphs what became of a model's layers. */
export function changesByDefault(model: OnnxModel, { numbered, basic, extended }: OptimizedGraphs): DefaultBehaviour {
  const after = new Map(basic.graph.node.map((node) => [numberOf(node), node]));
  const isQuantized = (of: OnnxModel, node: NodeProto | undefined, index: number): boolean => {
    let producer = of.index.producers.get(node?.input[index] ?? '');
    // To the type of the layer, where its model's floats have 16 bits.
    while (producer?.opType === 'Cast') producer = of.index.producers.get(producer.input[0] ?? '');
    return producer?.opType === 'DequantizeLinear';
  };
  const becomesQuantized = (node: NodeProto, number: number, index: number): boolean =>
    isQuantized(basic, after.get(number), index) && !isQuantized(numbered, node, index);
  const found = numbered.graph.node.map((node, number) => ({
    node: model.graph.node[number]!,
    isWeighted: /^(?:Conv|ConvTranspose|Gemm|MatMul)$/.test(node.opType),
    weight: becomesQuantized(node, number, 1),
    bias: becomesQuantized(node, number, 2),
  }));
  const layers = found.filter(({ isWeighted }) => isWeighted);
  return {
    weights: layers.filter(({ weight }) => weight).map(({ node }) => node),
    biases: layers.filter(({ weight, bias }) => bias && !weight).map(({ node }) => node),
    mergedPairs: basic.graph.initializer.filter(({ name }) => name.startsWith(`${MERGED}_`)).length,
    integerKernels: countIntegerKernels(extended),
  };
}

/** The number of an optimized node in the model; null of one that the runtime added. */
export function numberOf({ name }: Pick<NodeProto, 'name'>): number | null {
  const number = /^(?:fused )?quantsweep node (\d+)(?:\D.*)?$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

/** Nodes named by their number: their own names may be missing or there twice. */
function withNumbers(model: OnnxModel): OnnxModel {
  const node = model.graph.node.map((own, index) => copyNode(own, { name: `${NUMBERED}${index}` }));
  return withGraph(model, copyGraph(model.graph, { node }));
}

function countIntegerKernels({ graph }: OnnxModel): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { opType } of graph.node) {
    if (INTEGER_OPERATOR.test(opType)) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
