import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { copyUnderPrefix } from '../../../src/onnx/edits/copy-under-prefix.js';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { TensorProtoSchema, TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, graphAttribute, node, subgraph, tensor, value } from '../build-model.js';
import { runModel } from '../run-model.js';

const flag = create(TensorProtoSchema, {
  name: 'flag',
  dataType: TensorProto_DataType.BOOL,
  rawData: Uint8Array.of(1),
});

const model = buildModel({
  nodes: [
    node('Add', ['x', 'one'], 'a'),
    node('If', ['flag'], 'y', [
      graphAttribute(
        'then_branch',
        subgraph([node('Mul', ['a', 'a'], 'inner'), node('Add', ['inner', 'one'], 'out')], ['out']),
      ),
      graphAttribute('else_branch', subgraph([node('Identity', ['a'], 'same')], ['same'])),
    ]),
  ],
  initializers: [tensor('one', [1], [1]), flag],
  inputs: [value('x', [1])],
});

describe('copyUnderPrefix', () => {
  it('renames what the nodes make and shares what they do not', () => {
    const [add, conditional] = copyUnderPrefix(model.graph.node, 'twin/');
    expect([add!.name, add!.input, add!.output]).toEqual(['twin/a', ['x', 'one'], ['twin/a']]);
    expect([conditional!.input, conditional!.output]).toEqual([['flag'], ['twin/y']]);
  });

  it('follows into branches, where inner names stay', () => {
    const [, conditional] = copyUnderPrefix(model.graph.node, 'twin/');
    const [mul, add] = conditional!.attribute[0]!.g!.node;
    expect([mul!.input, mul!.output]).toEqual([['twin/a', 'twin/a'], ['inner']]);
    expect([add!.input, add!.output]).toEqual([['inner', 'one'], ['out']]);
  });

  it('leaves a branch its own tensor where that hides an outer one', () => {
    const branch = subgraph([node('Abs', ['x'], 'a'), node('Relu', ['a'], 'out')], ['out']);
    const nodes = [node('Relu', ['x'], 'a'), node('If', ['flag'], 'y', [graphAttribute('then_branch', branch)])];
    const [, conditional] = copyUnderPrefix(nodes, 'twin/');
    const [abs, relu] = conditional!.attribute[0]!.g!.node;
    expect([abs!.output, relu!.input]).toEqual([['a'], ['a']]);
  });

  it('keeps outputs and inputs that are left out', () => {
    const [copy] = copyUnderPrefix([node('LSTM', ['x', '', 'r'], ['', 'h'])], 'twin/');
    expect([copy!.input, copy!.output]).toEqual([
      ['x', '', 'r'],
      ['', 'twin/h'],
    ]);
  });

  it('leaves the given nodes as they were', () => {
    copyUnderPrefix(model.graph.node, 'twin/');
    expect(model.graph.node[1]!.attribute[0]!.g!.node[0]!.input).toEqual(['a', 'a']);
  });

  it('computes the same beside the original', async () => {
    const copies = copyUnderPrefix(model.graph.node, 'twin/');
    const both = applyEdits(model, [
      ...copies.map((copy) => ({ kind: 'addNode' as const, node: copy })),
      { kind: 'setOutputs', tensors: ['y', 'twin/y'] },
    ]);
    const { y, 'twin/y': twin } = await runModel(both, { x: { data: Float32Array.of(2), dims: [1] } });
    expect([[...y!.data], [...twin!.data]]).toEqual([[10], [10]]);
  });
});
