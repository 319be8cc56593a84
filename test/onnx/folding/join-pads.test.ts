import { describe, expect, it } from 'vitest';
import { intsAttribute, stringAttribute } from '../../../src/onnx/node.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import type { AttributeProto, NodeProto } from '../../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { joinPads, layersWithPads } from '../../../src/onnx/folding/join-pads.js';
import { findLayers } from '../../../src/onnx/layers/layers.js';
import { buildModel, graphText, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runOnX } from '../../onnx/run-model.js';

const x = { data: randomFloats(1, 2 * 36), dims: [1, 2, 6, 6] };

const conv = (input: string, attributes: readonly AttributeProto[] = [], output = 'y'): NodeProto =>
  node('Conv', [input, 'w'], output, attributes);

function model(nodes: readonly NodeProto[], pads = [0, 0, 1, 0, 0, 0, 2, 3], outputs = ['y']): OnnxModel {
  return buildModel({
    nodes,
    inputs: [value('x', x.dims)],
    outputs,
    initializers: [
      ...[tensor('zero', [], [0]), tensor('one', [], [1])],
      ...[tensor('w', [2, 2, 3, 3], randomFloats(2, 36)), int64Tensor('pads', pads)],
    ],
  });
}

const pad = (attributes: readonly AttributeProto[] = [], more: readonly string[] = []): NodeProto =>
  node('Pad', ['x', 'pads', ...more], 'p', attributes);

describe('joinPads', () => {
  it.each([
    ['without a number', [pad(), conv('p')], '[1, 0, 2, 3]'],
    ['with 0', [pad([], ['zero']), conv('p')], '[1, 0, 2, 3]'],
    ['with the pads of the Conv', [pad(), conv('p', [intsAttribute('pads', [0, 1, 1, 0])])], '[1, 1, 3, 3]'],
    ['before a Conv without any', [pad(), conv('p', [stringAttribute('auto_pad', 'VALID')])], '[1, 0, 2, 3]'],
  ])('makes a Pad a part of a Conv, bit for bit: %s', async (_, nodes, pads) => {
    const before = model(nodes);
    const after = joinPads(before);
    expect(graphText(after).split('\n').at(-1)).toBe(`y = Conv(x, w) {pads=${pads}}`);
    expect(after.graph.node).toHaveLength(1);
    expect(await runOnX(after, x)).toEqual(await runOnX(before, x));
  });

  it.each([
    ['pads with another number', [pad([], ['one']), conv('p')]],
    ['mirrors', [pad([stringAttribute('mode', 'reflect')]), conv('p')]],
    ['pads for a Conv that pads by itself', [pad(), conv('p', [stringAttribute('auto_pad', 'SAME_UPPER')])]],
    ['has two readers', [pad(), conv('p'), node('Relu', ['p'], 'z2')]],
    ['pads what is no layer', [pad(), node('Relu', ['p'], 'y')]],
  ])('leaves one that %s', (_, nodes) => {
    const before = model(nodes);
    expect(joinPads(before)).toBe(before);
  });

  it('leaves one that pads channels, cuts off, or is an output', () => {
    const nodes = [pad(), conv('p')];
    for (const before of [
      model(nodes, [0, 1, 0, 0, 0, 0, 0, 0]),
      model(nodes, [0, 0, -1, 0, 0, 0, 0, 0]),
      model(nodes, undefined, ['y', 'p']),
    ]) {
      expect(joinPads(before)).toBe(before);
    }
  });

  it('has layers read what the Pad read', () => {
    const before = model([pad(), conv('p')]);
    const after = joinPads(before);
    const layers = findLayers(before).flatMap((layer) => (layer.supported ? [layer] : []));
    expect(layers.map(({ inputTensor }) => inputTensor)).toEqual(['p']);
    expect(layersWithPads(after, layers)).toEqual([{ ...layers[0]!, inputTensor: 'x' }]);
    expect(layersWithPads(before, layers)).toEqual(layers);
  });
});
