import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { channelScaling } from '../../../src/onnx/folding/channel-scaling.js';
import { floatAttribute, intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { AttributeProtoSchema, AttributeProto_AttributeType, type NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { buildModel, node, tensor, value } from '../build-model.js';
import { randomFloats } from '../pseudo-random.js';
import { runOnX } from '../run-model.js';

const kernel = intsAttribute('kernel_shape', [3, 3]);
const padding = intsAttribute('pads', [1, 1, 1, 1]);
const mode = (name: string) =>
  create(AttributeProtoSchema, {
    name: 'mode',
    type: AttributeProto_AttributeType.STRING,
    s: new TextEncoder().encode(name),
  });

const initializers = [
  tensor('slope', [3, 1, 1], [0.5, -2, 0.1]),
  tensor('zero', [], [0]),
  int64Tensor('pads', [0, 0, 1, 0, 0, 0, 0, 2]),
  int64Tensor('rows', [0, -1]),
];

function modelOf(operator: NodeProto) {
  return buildModel({ nodes: [operator], inputs: [value('x', [2, 3, 4, 4])], initializers });
}

describe('channelScaling', () => {
  it.each<[string, NodeProto, number | null]>([
    ['Relu', node('Relu', ['x'], 'y'), 4],
    ['LeakyRelu', node('LeakyRelu', ['x'], 'y', [floatAttribute('alpha', 0.1)]), 4],
    ['PRelu', node('PRelu', ['x', 'slope'], 'y'), 4],
    ['MaxPool', node('MaxPool', ['x'], 'y', [kernel, padding]), 4],
    ['AveragePool', node('AveragePool', ['x'], 'y', [kernel, padding]), 4],
    [
      'AveragePool over its padding',
      node('AveragePool', ['x'], 'y', [kernel, padding, intAttribute('count_include_pad', 1)]),
      4,
    ],
    ['GlobalMaxPool', node('GlobalMaxPool', ['x'], 'y'), 4],
    ['GlobalAveragePool', node('GlobalAveragePool', ['x'], 'y'), 4],
    ['Pad with 0', node('Pad', ['x', 'pads', 'zero'], 'y'), 4],
    ['Pad by reflection', node('Pad', ['x', 'pads'], 'y', [mode('reflect')]), 4],
    ['Pad by the edge', node('Pad', ['x', 'pads'], 'y', [mode('edge')]), 4],
    ['ReduceMean', node('ReduceMean', ['x'], 'y', [intsAttribute('axes', [2, -1])]), 4],
    [
      'ReduceMean of fewer axes',
      node('ReduceMean', ['x'], 'y', [intsAttribute('axes', [3]), intAttribute('keepdims', 0)]),
      3,
    ],
    ['Identity', node('Identity', ['x'], 'y'), 4],
    ['Dropout', node('Dropout', ['x'], 'y'), 4],
  ])('says that %s commutes with it, as the runtime computes it', async (_, operator, rank) => {
    const model = modelOf(operator);
    expect(channelScaling(model, operator, 4)).toEqual({ commutes: true, rank });
    const data = randomFloats(3, 96);
    const s = [0.5, 4, 0.125];
    const before = await runOnX(model, { data, dims: [2, 3, 4, 4] });
    const scaled = data.map((v, i) => v / s[Math.floor(i / 16) % 3]!);
    const after = await runOnX(model, { data: scaled, dims: [2, 3, 4, 4] });
    const inner = before.data.length / 6;
    for (const [i, v] of before.data.entries()) expect(after.data[i]).toBeCloseTo(v / s[Math.floor(i / inner) % 3]!, 5);
  });

  it('refuses operators of other domains', () => {
    const operator = node('Relu', ['x'], 'y');
    operator.domain = 'com.example';
    expect(channelScaling(modelOf(node('Relu', ['x'], 'y')), operator, 4)).toEqual({
      commutes: false,
      reason: 'Relu "y" is not an ONNX operator',
    });
  });

  it('does not know negative axes without the rank', () => {
    const operator = node('ReduceMean', ['x'], 'y', [intsAttribute('axes', [-1])]);
    expect(channelScaling(modelOf(operator), operator, null).commutes).toBe(false);
    expect(channelScaling(modelOf(operator), operator, 2).commutes).toBe(false);
    expect(channelScaling(modelOf(operator), operator, 3).commutes).toBe(true);
  });
});
