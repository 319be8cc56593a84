import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { findLayers } from '../../../src/onnx/layers/layers.js';
import { copyNode, makeNode } from '../../../src/onnx/node.js';
import { encodeModel, decodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
  type NodeProto,
} from '../../../src/onnx/proto/onnx_pb.js';
import { toBinary } from '@bufbuild/protobuf';

const value = (name: string) =>
  create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: TensorProto_DataType.FLOAT } },
  });

function modelOf(nodes: readonly NodeProto[], functions: readonly NodeProto[] = []): OnnxModel {
  const graph = create(GraphProtoSchema, { name: 'g', node: [...nodes], input: [value('x')], output: [value('y')] });
  const own = create(FunctionProtoSchema, { name: 'Block', domain: 'mine', node: [...functions] });
  const proto = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph,
    functions: functions.length > 0 ? [own] : [],
  });
  return decodeModel(toBinary(ModelProtoSchema, proto));
}

const reasons = (model: OnnxModel): readonly (readonly [string, string])[] =>
  findLayers(model).map((l) => [l.name, l.supported ? 'supported' : l.reason] as const);

describe('weighted operators that cannot be quantized are named, not skipped', () => {
  it('inside a branch of If', () => {
    const branch = create(GraphProtoSchema, {
      name: 'then',
      node: [makeNode('Conv', ['x', 'w'], 'inner')],
      output: [value('inner')],
    });
    const attribute = create(AttributeProtoSchema, {
      name: 'then_branch',
      type: AttributeProto_AttributeType.GRAPH,
      g: branch,
    });
    const model = modelOf([makeNode('If', ['x'], 'y', [attribute])]);
    expect(reasons(model)).toEqual([['inner', 'it is inside a branch or loop body of If "y"']]);
    expect(encodeModel(model).length).toBeGreaterThan(0);
  });

  it('of another domain or an integer kind', () => {
    const fused = copyNode(makeNode('FusedConv', ['x', 'x'], 'a'), { domain: 'com.microsoft' });
    const model = modelOf([fused, makeNode('ConvInteger', ['a', 'a'], 'y')]);
    expect(reasons(model)).toEqual([
      ['a', 'it is a com.microsoft FusedConv'],
      ['y', 'it is a ConvInteger'],
    ]);
  });

  it("inside one of the model's functions", () => {
    const model = modelOf([makeNode('Relu', ['x'], 'y')], [makeNode('MatMul', ['p', 'q'], 'product')]);
    expect(reasons(model)).toEqual([['Block/product', 'it is inside the model\'s function "Block"']]);
  });
});
