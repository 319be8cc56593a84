import { firstOutput } from '../graph-index.js';
import { readIntAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import { TensorProto_DataType, type GraphProto, type NodeProto, type ValueInfoProto } from '../proto/onnx_pb.js';
import { sortNodes } from '../sort-nodes.js';
import { subgraphsOf } from '../subgraphs.js';

const { BOOL, FLOAT, INT32, INT64, STRING, UINT8, UNDEFINED } = TensorProto_DataType;

/** Element types by tensor, as messages store them; tensors of unknown type are not there. */
export type ElementTypes = ReadonlyMap<string, number>;

/** Types of a node's outputs, given those of its inputs; 0 where one is not known. */
type OutputTypes = (node: NodeProto, inputs: readonly number[]) => readonly number[];

/**
 * Element types of the tensors of a graph (ONNX operator specifications, opset 7 to 26): what the
 * model says of its inputs, outputs and values, and what follows for the rest. An operator that is
 * not known here gives the type of its first input, as nearly all do.
 */
export function elementTypes({ graph }: Pick<OnnxModel, 'graph'>): ElementTypes {
  const types = new Map<string, number>();
  const learn = (name: string, type: number): void => {
    if (name !== '' && type !== 0 && !types.has(name)) types.set(name, type);
  };
  for (const { name, dataType } of graph.initializer) learn(name, dataType);
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) learn(value.name, statedType(value));
  for (const node of sortNodes(graph.node)) {
    const inputs = node.input.map((name) => types.get(name) ?? UNDEFINED);
    const outputs = outputTypes(node, inputs);
    for (const [index, name] of node.output.entries()) learn(name, outputs[index] ?? outputs[0] ?? UNDEFINED);
  }
  return types;
}

/** 0 where it is not stated, or no tensor. */
export function statedType({ type }: ValueInfoProto): number {
  return type?.tensorType?.elemType ?? UNDEFINED;
}

/**
 * Types of a node's outputs by its operator, given those of its inputs; outputs beyond the last are
 * of the first's type. 0: not known.
 */
export function outputTypes(node: NodeProto, inputs: readonly number[]): readonly number[] {
  const known = node.domain === '' || node.domain === 'ai.onnx' || node.domain === 'com.microsoft';
  if (!known) return [UNDEFINED];
  return (rules.get(node.opType) ?? ofInput(0))(node, inputs);
}

function ofInput(index: number): OutputTypes {
  return (_node, inputs) => [inputs[index] ?? UNDEFINED];
}

function fixed(...types: readonly number[]): OutputTypes {
  return () => types;
}

/** The first output like the first input, the others of one type. */
function firstThen(type: number): OutputTypes {
  return (_node, inputs) => [inputs[0] ?? UNDEFINED, type, type, type];
}

/** Named by an attribute; else the type of an input, or one that the operator has by default. */
function ofAttribute(attribute: string, fallback: { readonly input: number } | { readonly type: number }): OutputTypes {
  return (node, inputs) => [
    readIntAttribute(node, attribute, 0) ||
      ('type' in fallback ? fallback.type : (inputs[fallback.input] ?? UNDEFINED)),
  ];
}

function ofTensor(node: NodeProto): number | undefined {
  return node.attribute.find(({ name }) => name === 'value')?.t?.dataType;
}

const ofConstant: OutputTypes = (node) => {
  for (const { name } of node.attribute) {
    if (name === 'value_float' || name === 'value_floats') return [FLOAT];
    if (name === 'value_int' || name === 'value_ints') return [INT64];
    if (name === 'value_string' || name === 'value_strings') return [STRING];
  }
  return [ofTensor(node) ?? UNDEFINED];
};

/** What the branches or the body state of their outputs, as ONNX demands. */
function ofSubgraph(first: (graph: GraphProto) => readonly ValueInfoProto[]): OutputTypes {
  return (node, inputs) => {
    const [graph] = subgraphsOf(node);
    if (graph === undefined || firstOutput(node) === '') return [inputs[0] ?? UNDEFINED];
    return [...first(graph).map(statedType), UNDEFINED];
  };
}

const rules: ReadonlyMap<string, OutputTypes> = new Map<string, OutputTypes>([
  ...['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero', 'NonMaxSuppression', 'SequenceLength'].map(
    (op) => [op, fixed(INT64)] as const,
  ),
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'].map(
    (op) => [op, fixed(BOOL)] as const,
  ),
  ...['TopK', 'MaxPool', 'Unique'].map((op) => [op, firstThen(INT64)] as const),
  ['Dropout', firstThen(BOOL)],
  ['LayerNormalization', (node, inputs) => firstThen(readIntAttribute(node, 'stash_type', FLOAT))(node, inputs)],
  ['Cast', ofAttribute('to', { type: UNDEFINED })],
  ['BitCast', ofAttribute('to', { type: UNDEFINED })],
  ['CastLike', ofInput(1)],
  ['Where', ofInput(1)],
  ['OneHot', ofInput(2)],
  ['Constant', ofConstant],
  ['ConstantOfShape', (node) => [ofTensor(node) ?? FLOAT]],
  ['RandomNormal', ofAttribute('dtype', { type: FLOAT })],
  ['RandomUniform', ofAttribute('dtype', { type: FLOAT })],
  ['Multinomial', ofAttribute('dtype', { type: INT32 })],
  ...['RandomNormalLike', 'RandomUniformLike', 'EyeLike', 'Bernoulli'].map(
    (op) => [op, ofAttribute('dtype', { input: 0 })] as const,
  ),
  ...['HannWindow', 'HammingWindow', 'BlackmanWindow', 'MelWeightMatrix'].map(
    (op) => [op, ofAttribute('output_datatype', { type: FLOAT })] as const,
  ),
  ['QuantizeLinear', (node, inputs) => [readIntAttribute(node, 'output_dtype', 0) || inputs[2] || UINT8]],
  ['DequantizeLinear', ofAttribute('output_dtype', { input: 1 })],
  ['DynamicQuantizeLinear', fixed(UINT8, FLOAT, UINT8)],
  ['ConvInteger', fixed(INT32)],
  ['MatMulInteger', fixed(INT32)],
  ['QLinearConv', ofInput(7)],
  ['QLinearMatMul', ofInput(7)],
  ['MatMulIntegerToFloat', ofInput(2)],
  ['TfIdfVectorizer', fixed(FLOAT)],
  ['ImageDecoder', fixed(UINT8)],
  ['RegexFullMatch', fixed(BOOL)],
  ['If', ofSubgraph(({ output }) => output)],
  ['Loop', ofSubgraph(({ output }) => output.slice(1))],
  ['Scan', ofSubgraph(({ output }) => output)],
]);
