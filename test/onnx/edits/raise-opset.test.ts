import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { raiseOpset } from '../../../src/onnx/edits/raise-opset.js';
import { intAttribute, stringAttribute } from '../../../src/onnx/node.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  type AttributeProto,
  type NodeProto,
} from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, graphAttribute, graphText, node, subgraph, tensor, value } from '../build-model.js';
import { randomFloats } from '../pseudo-random.js';
import { runOnX } from '../run-model.js';

const x = { data: randomFloats(1, 48), dims: [1, 3, 4, 4] };

const ints = (name: string, values: readonly bigint[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: [...values] });

const floats = (name: string, values: readonly number[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOATS, floats: [...values] });

function model(nodes: readonly NodeProto[], opset: number) {
  const scales = tensor('scales', [4], [1, 1, 2, 2]);
  const reads = nodes.some(({ input }) => input.includes('scales'));
  return buildModel({ nodes, opset, inputs: [value('x', x.dims)], initializers: reads ? [scales] : [] });
}

const END = 2n ** 63n - 1n;

describe('raiseOpset', () => {
  it.each([
    [
      'a Slice with axes',
      [node('Slice', ['x'], 'y', [ints('starts', [1n, -3n]), ints('ends', [END, -1n]), ints('axes', [1n, 3n])])],
      9,
    ],
    ['a Slice without axes', [node('Slice', ['x'], 'y', [ints('starts', [0n, 1n]), ints('ends', [1n, 3n])])], 7],
    ['TopK', [node('TopK', ['x'], ['y', 'places'], [intAttribute('k', 2)])], 9],
    ['an Upsample that repeats', [node('Upsample', ['x', 'scales'], 'y')], 9],
    ['an Upsample with scales as attribute', [node('Upsample', ['x'], 'y', [floats('scales', [1, 1, 2, 3])])], 7],
    ['an Upsample that interpolates', [node('Upsample', ['x', 'scales'], 'y', [stringAttribute('mode', 'linear')])], 9],
    ['an operator that is the same', [node('Relu', ['x'], 'y')], 8],
  ] as const)('leaves what %s gives', async (_, nodes, opset) => {
    const before = model(nodes, opset);
    const after = raiseOpset(before)!;
    expect(after.opset).toBe(10);
    expect(await runOnX(after, x)).toEqual(await runOnX(before, x));
  });

  it('leaves newer models as they are', () => {
    const newer = model([node('Relu', ['x'], 'y')], 11);
    expect(raiseOpset(newer)).toBe(newer);
  });

  it('drops an attribute that says nothing', () => {
    const constants = ['scale', 'bias', 'mean', 'variance'].map((name) => tensor(name, [3], [1, 1, 1]));
    const norm = (spatial: number) =>
      buildModel({
        nodes: [
          node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'variance'], 'y', [
            intAttribute('spatial', spatial),
          ]),
        ],
        opset: 8,
        initializers: constants,
      });
    expect(graphText(raiseOpset(norm(1))!)).toBe('y = BatchNormalization(x, scale, bias, mean, variance)');
    expect(raiseOpset(norm(0))).toBeNull();
  });

  it('refuses branches and masks', () => {
    const branch = graphAttribute('then_branch', subgraph([node('Neg', ['x'], 'n')], ['n']));
    const other = graphAttribute('else_branch', subgraph([node('Abs', ['x'], 'n2')], ['n2']));
    expect(raiseOpset(model([node('Not', ['x'], 'c'), node('If', ['c'], 'y', [branch, other])], 9))).toBeNull();
    expect(raiseOpset(model([node('Dropout', ['x'], ['y', 'mask'])], 9))).toBeNull();
  });
});
