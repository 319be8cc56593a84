import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  NodeProtoSchema,
  type AttributeProto,
  type NodeProto,
} from './proto/onnx_pb.js';

/** A new node of the default domain with one output, named like that output. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: output,
    input: [...inputs],
    output: [output],
    attribute: [...attributes],
  });
}

export function intAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
}

export function intsAttribute(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });
}

export function floatAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value });
}

export function stringAttribute(name: string, value: string): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s: Buffer.from(value) });
}

/** Value of an integer attribute, or the default that ONNX gives it. */
export function readIntAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = node.attribute.find((a) => a.name === name);
  return attribute === undefined ? fallback : Number(attribute.i);
}

/** Values of a list of integers, or null where the node has none of that name. */
export function readIntsAttribute(node: NodeProto, name: string): readonly number[] | null {
  return node.attribute.find((a) => a.name === name)?.ints.map(Number) ?? null;
}

export function readFloatAttribute(node: NodeProto, name: string, fallback: number): number {
  return node.attribute.find((a) => a.name === name)?.f ?? fallback;
}

/** The attribute, name included, as a text that equal attributes share. */
export function attributeText(attribute: AttributeProto): string {
  return Buffer.from(toBinary(AttributeProtoSchema, attribute)).toString('hex');
}

/** A copy of the node with some fields replaced; attributes and unknown fields are kept. */
export function copyNode(node: NodeProto, changes: Partial<NodeProto>): NodeProto {
  return Object.assign(create(NodeProtoSchema), node, changes);
}
