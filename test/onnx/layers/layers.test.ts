import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { readFloatTensor } from '../../../src/onnx/tensor.js';
import { findLayers } from '../../../src/onnx/layers/layers.js';
import { floatAttribute, intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  TensorProtoSchema,
  TensorProto_DataType,
} from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, layersOf, node, tensor, tensorAttribute } from '../build-model.js';

const w = tensor('w', [1, 1, 1, 1], [2]);

describe('findLayers', () => {
  it('names layers after their node, or after their output where the name is missing or repeated', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'a', [], 'first'),
        node('Conv', ['a', 'w'], 'b', [], ''),
        node('Conv', ['b', 'w'], 'c', [], 'twice'),
        node('Conv', ['c', 'w'], 'y', [], 'twice'),
      ],
      initializers: [w],
    });
    expect(findLayers(model).map((l) => l.name)).toEqual(['first', 'b', 'c', 'y']);
  });

  it("gives every layer a name of its own when one layer is named like another's output", () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'conv', [], ''), node('Conv', ['conv', 'w'], 'y', [], 'conv')],
      initializers: [w],
    });
    expect(findLayers(model).map((l) => l.name)).toEqual(['conv', 'y']);
  });

  it('reads the layout of each operator', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w1'], 'a', [intAttribute('group', 2)]),
        node('ConvTranspose', ['a', 'w2'], 'b', [intAttribute('group', 3)]),
        node('Flatten', ['b'], 'f'),
        node('Gemm', ['f', 'w3'], 'c', [intAttribute('transB', 1)]),
        node('Gemm', ['c', 'w4'], 'd'),
        node('MatMul', ['d', 'w5'], 'y'),
      ],
      initializers: [
        tensor('w1', [6, 2, 3, 3], new Float32Array(108)),
        tensor('w2', [6, 5, 2, 2], new Float32Array(120)),
        tensor('w3', [4, 7], new Float32Array(28)),
        tensor('w4', [4, 3], new Float32Array(12)),
        tensor('w5', [3, 2], new Float32Array(6)),
      ],
    });
    const layers = layersOf(model).map((l) => [l.op, l.inputChannels, l.outputChannels, l.layout, l.inputRank]);
    const layout = (
      order: string,
      groups: number,
      inputsPerGroup: number,
      outputsPerGroup: number,
      kernelSize: number,
    ) => ({
      order,
      groups,
      inputsPerGroup,
      outputsPerGroup,
      kernelSize,
    });
    expect(layers).toEqual([
      ['Conv', 4, 6, layout('outputFirst', 2, 2, 3, 9), 4],
      ['ConvTranspose', 6, 15, layout('inputFirst', 3, 2, 5, 4), 4],
      ['Gemm', 7, 4, layout('outputFirst', 1, 7, 4, 1), 2],
      ['Gemm', 4, 3, layout('inputFirst', 1, 4, 3, 1), 2],
      ['MatMul', 3, 2, layout('inputFirst', 1, 3, 2, 1), null],
    ]);
  });

  it('finds weights behind Constant and Identity nodes', () => {
    const model = buildModel({
      nodes: [
        node('Constant', [], 'constant', [tensorAttribute('value', tensor('', [1, 1, 1, 1], [3]))]),
        node('Identity', ['constant'], 'same'),
        node('Identity', ['same'], 'again'),
        node('Identity', ['w'], 'shared'),
        node('Conv', ['x', 'again'], 'a'),
        node('Conv', ['a', 'shared'], 'y'),
      ],
      initializers: [w],
    });
    expect(layersOf(model).map((l) => [...new Float32Array(new Uint8Array(l.weight.rawData).buffer)])).toEqual([
      [3],
      [2],
    ]);
  });

  it('finds both layers that share one weight', () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'a'), node('Conv', ['a', 'w'], 'y')],
      initializers: [w],
    });
    expect(layersOf(model).map((l) => l.weight.name)).toEqual(['w', 'w']);
  });

  it('names what it does not support, with the reason', () => {
    const half = create(TensorProtoSchema, {
      name: 'half',
      dims: [1n, 1n, 1n, 1n],
      dataType: TensorProto_DataType.FLOAT16,
      rawData: new Uint8Array(2),
    });
    const model = buildModel({
      nodes: [
        node('Relu', ['w'], 'computed'),
        node('Conv', ['x', 'computed'], 'a'),
        node('Conv', ['a', 'half'], 'b'),
        node('Gemm', ['b', 'matrix'], 'c', [intAttribute('transA', 1)]),
        node('Gemm', ['c', 'matrix'], 'd', [floatAttribute('alpha', 0.5)]),
        node('MatMul', ['d', 'batched'], 'e'),
        node('MatMul', ['matrix', 'e'], 'f'),
        node('MatMul', ['e', 'f'], 'y'),
      ],
      initializers: [w, half, tensor('matrix', [1, 1], [1]), tensor('batched', [2, 1, 1], [1, 2])],
    });
    expect(findLayers(model).map((l) => (l.supported ? l.name : `${l.name}: ${l.reason}`))).toEqual([
      'a: its weight "computed" is computed, not constant',
      'b: its weight is float16, only float32 can be quantized',
      'c: its input is transposed (transA)',
      'd: it scales its product (alpha, beta)',
      'e: its weight has 3 dimensions, not 2',
      'f: its constant is the left operand',
    ]);
  });

  it('names a layer whose weight holds NaN as not supported', () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'bad'], 'y', [], 'a')],
      initializers: [tensor('bad', [1, 1, 1, 1], [NaN])],
    });
    expect(findLayers(model)).toMatchObject([{ supported: false, reason: 'its weight holds NaN or an infinity' }]);
  });

  it('sees a weight through Transpose, and names a MatMul whose weight is computed from constants', () => {
    const model = buildModel({
      nodes: [
        node('Transpose', ['m'], 'turned', [intsAttribute('perm', [1, 0])], 't'),
        node('MatMul', ['x', 'turned'], 'p', [], 'first'),
        node('Abs', ['m'], 'computed', [], 'abs'),
        node('MatMul', ['p', 'computed'], 'y', [], 'second'),
      ],
      initializers: [tensor('m', [2, 3], [1, 2, 3, 4, 5, 6])],
    });
    const [first, second] = findLayers(model);
    expect(first).toMatchObject({ supported: true, weightShape: [3, 2], inputChannels: 3, outputChannels: 2 });
    expect(first?.supported === true && [...readFloatTensor(first.weight)]).toEqual([1, 4, 2, 5, 3, 6]);
    expect(second).toMatchObject({ supported: false, reason: 'its weight "computed" is computed, not constant' });
  });

  it('names operators of other domains as not supported', () => {
    const foreign = node('Conv', ['x', 'w'], 'y');
    foreign.domain = 'com.example';
    const [found] = findLayers(buildModel({ nodes: [foreign], initializers: [w] }));
    expect(found).toMatchObject({ supported: false, reason: 'it is a com.example Conv' });
  });

  it('refuses a group that does not divide the channels', () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [intAttribute('group', 2)], 'odd')],
      initializers: [tensor('w', [3, 1, 1, 1], [1, 2, 3])],
    });
    expect(() => findLayers(model)).toThrow('Conv "odd": expected a group that divides 3 channels, got 2.');
  });

  it('refuses a convolution weight of 2 dimensions', () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [], 'flat')],
      initializers: [tensor('w', [1, 1], [1])],
    });
    expect(() => findLayers(model)).toThrow('Conv "flat": expected a weight of 3 to 5 dimensions, got [1, 1].');
  });

  it('reads an attribute that is given its default explicitly like one that is left out', () => {
    const explicit = create(AttributeProtoSchema, { name: 'group', type: AttributeProto_AttributeType.INT, i: 1n });
    const model = buildModel({ nodes: [node('Conv', ['x', 'w'], 'y', [explicit])], initializers: [w] });
    expect(layersOf(model)[0]!.layout.groups).toBe(1);
  });
});
