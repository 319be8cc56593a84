import { describe, expect, it } from 'vitest';
import { cutGraph } from '../../src/graph/cut-graph.js';
import { layersByDepth } from '../../src/graph/layer-depths.js';
import { buildModel, graphAttribute, graphText, layersOf, node, subgraph, tensor } from './build-model.js';

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
