import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortNodes } from '../../src/onnx/sort-nodes.js';
import { graphAttribute, node, subgraph } from './build-model.js';

const names = (nodes: readonly { readonly name: string }[]): string[] => nodes.map((n) => n.name);

describe('sortNodes', () => {
  it('keeps nodes that are in order where they are', () => {
    const nodes = [node('Relu', ['x'], 'a'), node('Abs', ['x'], 'b'), node('Add', ['a', 'b'], 'c')];
    expect(names(sortNodes(nodes))).toEqual(['a', 'b', 'c']);
  });

  it('puts makers before readers', () => {
    const nodes = [node('Add', ['a', 'b'], 'c'), node('Abs', ['a'], 'b'), node('Relu', ['x'], 'a')];
    expect(names(sortNodes(nodes))).toEqual(['a', 'b', 'c']);
  });

  it('puts the maker of a tensor before an If whose branch reads it', () => {
    const branch = subgraph([node('Relu', ['captured'], 'inner')], ['inner']);
    const nodes = [node('If', ['x'], 'y', [graphAttribute('then_branch', branch)]), node('Abs', ['x'], 'captured')];
    expect(names(sortNodes(nodes))).toEqual(['captured', 'y']);
  });

  it('takes a name that a branch makes itself for the inner tensor, not for the outer one', () => {
    const branch = subgraph([node('Relu', ['x'], 'y'), node('Abs', ['y'], 'z')], ['z']);
    expect(names(sortNodes([node('If', ['x'], 'y', [graphAttribute('then_branch', branch)])]))).toEqual(['y']);
  });

  it('sees no tie between an output that is left out and an input that is left out', () => {
    const nodes = [node('Clip', ['x', '', 'high'], 'a'), node('LSTM', ['a', 'w', 'r'], ['', 'h'], [], 'lstm')];
    expect(names(sortNodes(nodes))).toEqual(['a', 'lstm']);
  });

  it('refuses a cycle', () => {
    expect(() => sortNodes([node('Add', ['x', 'b'], 'a'), node('Relu', ['a'], 'b')])).toThrow(
      /^The graph has a cycle through (Add "a"|Relu "b")\.$/,
    );
  });

  it('refuses a node that reads its own output', () => {
    expect(() => sortNodes([node('Relu', ['a'], 'a')])).toThrow('The graph has a cycle through Relu "a".');
  });

  it('orders any shuffled graph without losing a node', () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).chain((reads) => {
      const nodes = reads.map((picks, i) =>
        node('Sum', ['x', ...picks.filter(() => i > 0).map((p) => `t${p % Math.max(i, 1)}`)], `t${i}`),
      );
      return fc.shuffledSubarray(nodes, { minLength: nodes.length });
    });
    fc.assert(
      fc.property(graph, (nodes) => {
        const sorted = sortNodes(nodes);
        const position = new Map(sorted.map((n, i) => [n.output[0]!, i]));
        expect(sorted).toHaveLength(nodes.length);
        for (const [i, n] of sorted.entries()) for (const t of n.input) expect(position.get(t) ?? -1).toBeLessThan(i);
      }),
      { numRuns: 100 },
    );
  });
});
