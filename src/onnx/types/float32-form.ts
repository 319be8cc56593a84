import { create } from '@bufbuild/protobuf';
import { constantTensor } from '../constants.js';
import { capturedTensors, firstOutput } from '../graph-index.js';
import { ModelError } from '../model-error.js';
import { copyNode, intAttribute, readIntAttribute } from '../node.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  FunctionProtoSchema,
  ModelProtoSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TypeProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.js';
import { dataTypeName, FLOAT32 } from '../tensor.js';
import { elementTypes, statedType } from './element-types.js';
import { BFLOAT16, FLOAT16, FLOAT64 } from './float-types.js';
import { float32Tensor } from './float32-tensor.js';

/** A model in float32, and what of it was of another type. */
export interface Float32Form {
  readonly model: OnnxModel;
  /** Names of the types, e.g. `float16`; empty where the model is as it was. */
  readonly types: readonly string[];
  /** What was of them. */
  readonly parts: readonly ('weights' | 'inputs' | 'outputs')[];
}

/**
 * The model with float32 in place of float16, bfloat16 and, where its inputs or weights are of it,
 * float64: constants, inputs, outputs, stated types, attributes that name a type; in subgraphs and
 * functions, too. Numbers of 16 bits are kept exactly. A Cast from one float type to another, which
 * has nothing left to do, is left out or becomes an Identity where its tensor is an output. The
 * same model where it has none of these types.
 *
 * @throws ModelError for what can't be written so: a BitCast of such numbers, a float64 constant
 *   beyond float32
 */
export function float32Form(model: OnnxModel): Float32Form {
  const found = usedTypes(model);
  const changed = new Set([FLOAT16, BFLOAT16].filter((type) => found.has(type)));
  if (needsDoubleAsFloat(model)) changed.add(FLOAT64);
  if (changed.size === 0) return { model, types: [], parts: [] };
  const rewrite = new Rewrite(changed);
  const isFloat = (type: number | undefined): boolean => type === FLOAT32 || changed.has(type ?? 0);
  const before = elementTypes(model);
  const idle = (node: NodeProto): boolean =>
    node.opType === 'Cast' &&
    isDefault(node) &&
    isFloat(before.get(node.input[0] ?? '')) &&
    isFloat(readIntAttribute(node, 'to', 0));
  const rewritten = rewrite.graph(withoutIdle(model, idle));
  const proto = Object.assign(create(ModelProtoSchema), model.proto, {
    functions: model.proto.functions.map((own) =>
      Object.assign(create(FunctionProtoSchema), own, {
        node: own.node.map((node) => rewrite.node(node)),
      }),
    ),
  });
  return {
    model: withGraph({ ...model, proto }, rewritten),
    types: [...changed].sort((a, b) => a - b).map((type) => (type === FLOAT64 ? 'float64' : dataTypeName(type))),
    parts: partsOf(model, changed),
  };
}

function isDefault({ domain }: NodeProto): boolean {
  return domain === '' || domain === 'ai.onnx';
}

function partsOf({ graph, index }: OnnxModel, changed: ReadonlySet<number>): Float32Form['parts'] {
  const states = (values: readonly ValueInfoProto[]): boolean => values.some((own) => changed.has(statedType(own)));
  const weights =
    graph.initializer.some(({ dataType }) => changed.has(dataType)) ||
    graph.node.some(({ attribute }) => attribute.some(({ t }) => t !== undefined && changed.has(t.dataType)));
  const fed = new Set(index.inputs);
  return [
    ...(weights ? (['weights'] as const) : []),
    ...(states(graph.input.filter(({ name }) => fed.has(name))) ? (['inputs'] as const) : []),
    ...(states(graph.output) ? (['outputs'] as const) : []),
  ];
}

/** True where float64 is what the model computes in: it is fed so, or a layer's weight is so. */
function needsDoubleAsFloat(model: OnnxModel): boolean {
  const { graph, index } = model;
  const isFed = graph.input.some((value) => statedType(value) === FLOAT64 && index.inputs.includes(value.name));
  return (
    isFed ||
    graph.node.some(
      ({ opType, input }) =>
        /^(?:Conv|ConvTranspose|Gemm|MatMul)$/.test(opType) &&
        constantTensor(model, input[1] ?? '')?.dataType === FLOAT64,
    )
  );
}

/** Element types that constants, stated types and attributes of a model are of. */
function usedTypes(model: OnnxModel): ReadonlySet<number> {
  const used = new Set<number>();
  const rewrite = new Rewrite(new Set(), (type) => used.add(type));
  rewrite.graph(model.graph);
  for (const { node } of model.proto.functions) for (const own of node) rewrite.node(own);
  return used;
}

/**
 * The graph without the Casts that do nothing: what they make is read where they read it. Where an
 * output or a subgraph names that, an Identity makes it.
 */
function withoutIdle({ graph, index }: OnnxModel, isIdle: (node: NodeProto) => boolean): GraphProto {
  const casts = graph.node.filter(isIdle);
  const sources = new Map(casts.map((node) => [firstOutput(node), node.input[0]!]));
  const source = (name: string): string => {
    let place = name;
    for (let next = sources.get(place); next !== undefined; next = sources.get(place)) place = next;
    return place;
  };
  const captured = new Set(graph.node.flatMap((node) => capturedTensors(node)));
  const idle = new Set(casts);
  const node = graph.node.flatMap((own) => {
    const input = own.input.map(source);
    if (!idle.has(own)) return [input.every((name, i) => name === own.input[i]) ? own : copyNode(own, { input })];
    const output = firstOutput(own);
    if (!index.outputs.has(output) && !captured.has(output)) return [];
    return [copyNode(own, { opType: 'Identity', input, attribute: [] })];
  });
  const made = new Set(node.flatMap(({ output }) => output));
  const valueInfo = graph.valueInfo.filter(({ name }) => made.has(name) || !sources.has(name));
  return copyGraph(graph, { node, valueInfo });
}

/** Attributes that name an element type, of any operator. */
export const typeAttributes: ReadonlySet<string> = new Set([
  ...['to', 'dtype', 'output_datatype', 'output_dtype', 'stash_type', 'softmax_precision', 'precision'],
]);

/** Writes float32 for some element types wherever a graph names them. */
class Rewrite {
  readonly #types: ReadonlySet<number>;
  readonly #onType: (type: number) => void;

  constructor(types: ReadonlySet<number>, onType: (type: number) => void = () => undefined) {
    this.#types = types;
    this.#onType = onType;
  }

  graph(graph: GraphProto): GraphProto {
    return copyGraph(graph, {
      node: graph.node.map((node) => this.node(node)),
      initializer: graph.initializer.map((tensor) =>
        this.#isChanged(tensor.dataType) ? float32Tensor(tensor) : tensor,
      ),
      input: graph.input.map((value) => this.value(value)),
      output: graph.output.map((value) => this.value(value)),
      valueInfo: graph.valueInfo.map((value) => this.value(value)),
    });
  }

  node(node: NodeProto): NodeProto {
    const attribute = node.attribute.map((own) => this.#attribute(node, own));
    return attribute.every((own, i) => own === node.attribute[i]) ? node : copyNode(node, { attribute });
  }

  value(value: ValueInfoProto): ValueInfoProto {
    const type = value.type && this.#type(value.type);
    return type === undefined || type === value.type
      ? value
      : Object.assign(create(ValueInfoProtoSchema), value, { type });
  }

  #isChanged(type: number): boolean {
    this.#onType(type);
    return this.#types.has(type);
  }

  #attribute(node: NodeProto, attribute: AttributeProto): AttributeProto {
    const { name, type, i, t, tensors, g, graphs } = attribute;
    if (type === AttributeProto_AttributeType.INT && typeAttributes.has(name) && this.#isChanged(Number(i))) {
      if (node.opType === 'BitCast') {
        throw new ModelError(
          `BitCast "${node.name}": expected no cast of the bits of ${dataTypeName(Number(i))}, which is computed in float32 here. Export the model in float32.`,
        );
      }
      return intAttribute(name, FLOAT32);
    }
    if (t === undefined && g === undefined && tensors.length + graphs.length === 0) return attribute;
    const tensor = (own: NonNullable<typeof t>): NonNullable<typeof t> =>
      this.#isChanged(own.dataType) ? float32Tensor(own) : own;
    const changed = {
      ...(t === undefined ? {} : { t: tensor(t) }),
      ...(g === undefined ? {} : { g: this.graph(g) }),
      tensors: tensors.map(tensor),
      graphs: graphs.map((own) => this.graph(own)),
    };
    return Object.assign(create(AttributeProtoSchema), attribute, changed);
  }

  #type(type: TypeProto): TypeProto {
    const { tensorType } = type;
    if (tensorType === undefined || !this.#isChanged(tensorType.elemType)) return type;
    const changed = Object.assign(create(TypeProto_TensorSchema), tensorType, { elemType: FLOAT32 });
    return Object.assign(create(TypeProtoSchema), type, { tensorType: changed });
  }
}
