import { describe, expect, it } from 'vitest';
import { cutGraph, readOnTheWay } from '../../../src/onnx/edits/cut-graph.js';
import { layersByDepth } from '../../../src/onnx/layers/layer-depths.js';
import { buildModel, graphAttribute, graphText, layersOf, node, subgraph, tensor, value } from '../build-model.js';
import { runModel } from '../run-model.js';

const one = (name: string) => tensor(name, [1, 1, 1, 1], [1]);

describe('cutGraph', () => {
  it('keeps what the tensors need, subgraphs included, and drops the rest with its weights', () => {
    const branch = graphAttribute('then_branch', subgraph([node('Relu', ['a'], 'inner')], ['inner']));
    const other = graphAttribute('else_branch', subgraph([node('Relu', ['x'], 'inner2')], ['inner2']));
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w1'], 'a'),
        node('Conv', ['x', 'w2'], 'b'),
        node('If', ['condition'], 'c', [branch, other]),
        node('Add', ['b', 'c'], 'y'),
      ],
      initializers: [one('w1'), one('w2'), tensor('condition', [], [1])],
    });
    const cut = cutGraph(model, ['c']);
    expect(cut.graph.node.map((n) => n.output[0])).toEqual(['a', 'c']);
    expect(cut.graph.output.map((o) => o.name)).toEqual(['c']);
    expect(cut.graph.initializer.map((t) => t.name)).toEqual(['w1', 'condition']);
    expect(graphText(cutGraph(model, ['b']))).toBe('b = Conv(x, w2)');
  });
});

describe('a graph cut at tensors that are given', () => {
  const model = buildModel({
    nodes: [
      node('Conv', ['x', 'w1'], 'a'),
      node('Relu', ['a'], 'r'),
      node('Conv', ['r', 'w2'], 'b'),
      node('Add', ['b', 'x'], 'y'),
    ],
    inputs: [value('x', [1, 1, 1, 2])],
    initializers: [tensor('w1', [1, 1, 1, 1], [3]), tensor('w2', [1, 1, 1, 1], [-2])],
  });

  it('takes them as inputs and computes only what is behind', async () => {
    const cut = cutGraph(model, ['y'], new Set(['a', 'elsewhere']));
    expect(cut.graph.input.map((i) => i.name)).toEqual(['x', 'a']);
    expect(cut.graph.initializer.map((t) => t.name)).toEqual(['w2']);
    const x = { data: Float32Array.of(1, 2), dims: [1, 1, 1, 2] };
    const a = { data: Float32Array.of(10, -10), dims: [1, 1, 1, 2] };
    expect([...(await runModel(cut, { x, a }))['y']!.data]).toEqual([-19, 2]);
  });

  it('reads a given tensor only where it lies on the way', () => {
    expect(readOnTheWay(model, ['y'], new Set(['a', 'b']))).toEqual(new Set(['b']));
    expect(readOnTheWay(model, ['r'], new Set(['a', 'b']))).toEqual(new Set(['a']));
    expect(readOnTheWay(model, ['a'], new Set(['b']))).toEqual(new Set());
  });
});

describe('layersByDepth', () => {
  it('puts layers that do not reach each other together', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w1'], 'stem'),
        node('Relu', ['stem'], 'r'),
        node('Conv', ['r', 'w2'], 'short'),
        node('Conv', ['r', 'w3'], 'long1'),
        node('Conv', ['long1', 'w4'], 'long2'),
        node('Add', ['short', 'long2'], 'sum'),
        node('Conv', ['sum', 'w5'], 'y'),
      ],
      initializers: ['w1', 'w2', 'w3', 'w4', 'w5'].map(one),
    });
    const names = (without: string) =>
      layersByDepth(
        model,
        layersOf(model).filter(({ name }) => name !== without),
      ).map((group) => group.map(({ name }) => name));
    expect(names('')).toEqual([['stem'], ['short', 'long1'], ['long2'], ['y']]);
    expect(names('long1')).toEqual([['stem'], ['short', 'long2'], ['y']]);
  });
});
