import { create } from '@bufbuild/protobuf';
import { withCapturedRenamed } from '../edits/copy-under-prefix.js';
import { removeUnread } from '../edits/remove-unread.js';
import { capturedTensors, firstOutput } from '../graph-index.js';
import { copyNode, intAttribute, makeNode } from '../node.js';
import { copyGraph, withGraph, type OnnxModel } from '../onnx-model.js';
import {
  TensorProto_DataType,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../proto/onnx_pb.js';
import { sortNodes } from '../sort-nodes.js';
import { FLOAT32, renamedTensor } from '../tensor.js';
import { elementTypes, outputTypes, statedType, type ElementTypes } from './element-types.js';
import { floatTypes } from './float-types.js';
import { typeAttributes } from './float32-form.js';
import { tensorOfType } from './float32-tensor.js';

/** Of a tensor whose type is not known. */
const UNDEFINED = 0;

/**
 * What floats of a written model are of: the types of the original model, tensor by tensor, or
 * float32 but for inputs and outputs.
 */
export type FloatChoice = 'model' | 'float32';

const layerOps = /^(?:Conv|ConvTranspose|Gemm|MatMul)$/;

/**
 * A model that was made of the float32 form of another one, with the float types of that: its
 * inputs and outputs have the types that the original declares. With the choice `model` its own
 * operators compute in their own types as well and its constants are stored in them. What is new
 * (quantizers, smoothing, whatever another operator stood for) computes in float32, so that scales
 * keep their digits; a Cast stands wherever one type meets the other.
 *
 * @param original before `float32Form`
 * @throws ModelError for a constant that its type can't hold
 */
export function restoreTypes(model: OnnxModel, original: OnnxModel, floats: FloatChoice): OnnxModel {
  const types = new TypeRestorer(model, original, floats);
  return removeUnread(types.restored());
}

class TypeRestorer {
  readonly #model: OnnxModel;
  readonly #original: OnnxModel;
  readonly #floats: FloatChoice;
  readonly #originalTypes: ElementTypes;
  /** Of the tensors that there are so far. */
  readonly #types = new Map<string, number>();
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  /** Names of what was cast, by tensor and type. */
  readonly #casts = new Map<string, string>();

  constructor(model: OnnxModel, original: OnnxModel, floats: FloatChoice) {
    this.#model = model;
    this.#original = original;
    this.#floats = floats;
    this.#originalTypes = elementTypes(original);
  }

  restored(): OnnxModel {
    const { graph, index } = this.#model;
    const fed = new Set(index.inputs);
    for (const tensor of graph.initializer) {
      this.#types.set(tensor.name, this.#storedType(tensor));
    }
    for (const value of graph.input.filter(({ name }) => fed.has(name))) {
      this.#types.set(value.name, this.#declared(value));
    }
    for (const node of sortNodes(graph.node)) this.#add(node);
    const nodes = this.#withOutputs(this.#nodes);
    // Only what is read is stored: a constant that none reads any more need not fit its type.
    const read = new Set([...index.outputs, ...nodes.flatMap((node) => [...node.input, ...capturedTensors(node)])]);
    for (const tensor of graph.initializer) {
      if (read.has(tensor.name)) this.#store(tensor, this.#types.get(tensor.name)!, tensor.name);
    }
    return withGraph(
      this.#model,
      copyGraph(graph, {
        node: nodes,
        initializer: [...this.#initializers.values()],
        input: graph.input.map((value) => ofType(value, this.#types.get(value.name))),
        output: graph.output.map((value) => ofType(value, this.#declared(value))),
        valueInfo: graph.valueInfo.map((value) => ofType(value, this.#types.get(value.name))),
      }),
    );
  }

  /** What the original declares of an input or output. */
  #declared(value: ValueInfoProto): number {
    const { graph } = this.#original;
    const own = [...graph.input, ...graph.output].find(({ name }) => name === value.name);
    return (own === undefined ? UNDEFINED : statedType(own)) || statedType(value);
  }

  /** The type that a constant keeps its name in. */
  #storedType({ name, dataType }: TensorProto): number {
    const own = this.#original.index.initializers.get(name)?.dataType;
    return this.#floats === 'model' && dataType === FLOAT32 && own !== undefined && floatTypes.has(own)
      ? own
      : dataType;
  }

  #add(node: NodeProto): void {
    const wanted = this.#wanted(node);
    const input = node.input.map((name, index) => this.#as(name, wanted(index)));
    let restored = copyNode(node, { input, attribute: this.#attributes(node) });
    const captured = new Map(capturedTensors(node).map((name) => [name, this.#as(name, this.#capturedType(name))]));
    if (captured.size > 0) restored = withCapturedRenamed(restored, (name) => captured.get(name) ?? name);
    const outputs = outputTypes(
      restored,
      input.map((name) => this.#types.get(name) ?? UNDEFINED),
    );
    for (const [index, name] of node.output.entries()) {
      if (name !== '') this.#types.set(name, outputs[index] ?? outputs[0] ?? UNDEFINED);
    }
    this.#nodes.push(restored);
  }

  /** The node that it was in the original; undefined for what is new or another operator now. */
  #originalOf(node: NodeProto): NodeProto | undefined {
    if (this.#floats === 'float32') return undefined;
    const own = this.#original.index.producers.get(firstOutput(node));
    return own?.opType === node.opType && own.domain === node.domain ? own : undefined;
  }

  /** Returns the float type that the node takes at an input. */
  #wanted(node: NodeProto): (index: number) => number {
    if (this.#floats === 'float32') return () => FLOAT32;
    const made = this.#originalFloat(firstOutput(node)) ?? FLOAT32;
    const own = this.#originalOf(node);
    if (own !== undefined) return (index) => this.#originalFloat(own.input[index] ?? '') ?? made;
    // A layer that makes what a BatchNormalization behind it made: its own tensor is gone.
    return () => (layerOps.test(node.opType) ? made : FLOAT32);
  }

  #originalFloat(name: string): number | null {
    const type = this.#originalTypes.get(name);
    return type !== undefined && floatTypes.has(type) ? type : null;
  }

  #capturedType(name: string): number {
    return this.#floats === 'float32' ? FLOAT32 : (this.#originalFloat(name) ?? FLOAT32);
  }

  /** Types that attributes name, constants and subgraphs are the original's again. */
  #attributes(node: NodeProto): AttributeProto[] {
    const own = this.#originalOf(node);
    if (own === undefined) return node.attribute;
    return node.attribute.map((attribute) => {
      const before = own.attribute.find(({ name }) => name === attribute.name);
      const isTyped =
        typeAttributes.has(attribute.name) ||
        [attribute.t, attribute.g].some((part) => part !== undefined) ||
        attribute.graphs.length + attribute.tensors.length > 0;
      return before !== undefined && isTyped ? before : attribute;
    });
  }

  /** The tensor, of the wanted float type: behind a Cast, or stored so, where it is another. */
  #as(name: string, wanted: number): string {
    const type = this.#types.get(name) ?? UNDEFINED;
    if (name === '' || type === wanted || !floatTypes.has(type)) return name;
    const key = JSON.stringify([name, wanted]);
    const known = this.#casts.get(key);
    if (known !== undefined) return known;
    const cast = this.#castName(name, wanted);
    const constant = this.#model.index.initializers.get(name);
    if (constant === undefined) this.#nodes.push(makeNode('Cast', [name], cast, [intAttribute('to', wanted)]));
    else this.#store(constant, wanted, cast);
    this.#types.set(cast, wanted);
    this.#casts.set(key, cast);
    return cast;
  }

  #castName(name: string, type: number): string {
    return `${this.#model.ownPrefix}types/${TensorProto_DataType[type]!.toLowerCase()}/${name}`;
  }

  #store(tensor: TensorProto, type: number, name: string): void {
    const stored = tensor.dataType === type ? tensor : tensorOfType(tensor, type, name);
    this.#initializers.set(name, stored.name === name ? stored : renamedTensor(stored, name));
  }

  /** Outputs that are made in another type than they are declared: a Cast makes them of it. */
  #withOutputs(nodes: readonly NodeProto[]): NodeProto[] {
    const renamed = new Map<string, string>();
    const casts: NodeProto[] = [];
    for (const value of this.#model.graph.output) {
      const type = this.#types.get(value.name) ?? UNDEFINED;
      const declared = this.#declared(value);
      if (declared === UNDEFINED || type === declared || !floatTypes.has(type)) continue;
      if (!this.#model.index.producers.has(value.name)) continue;
      const inner = this.#castName(value.name, type);
      renamed.set(value.name, inner);
      casts.push(makeNode('Cast', [inner], value.name, [intAttribute('to', declared)]));
    }
    if (casts.length === 0) return [...nodes];
    const rename = (name: string): string => renamed.get(name) ?? name;
    return [
      ...nodes.map((node) =>
        withCapturedRenamed(copyNode(node, { input: node.input.map(rename), output: node.output.map(rename) }), rename),
      ),
      ...casts,
    ];
  }
}

/** The value of another float type; one that is no float, or says nothing, stays. */
function ofType(value: ValueInfoProto, elemType: number | undefined): ValueInfoProto {
  const stated = statedType(value);
  if (elemType === undefined || elemType === stated || !floatTypes.has(stated) || !floatTypes.has(elemType))
    return value;
  const tensorType = Object.assign(create(TypeProto_TensorSchema), value.type!.tensorType!, { elemType });
  const type = Object.assign(create(TypeProtoSchema), value.type!, { tensorType });
  return Object.assign(create(ValueInfoProtoSchema), value, { type });
}
