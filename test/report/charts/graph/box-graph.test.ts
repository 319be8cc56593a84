import { describe, expect, it } from 'vitest';

import { boxGraph } from '../../../../src/report/charts/graph/box-graph.js';
import type { NetworkNode } from '../../../../src/report/charts/graph/network-node.js';
import { NetworkBuilder } from './sample-networks.js';

/** `name +followers` of each box, `from > to` of each arrow, by names. */
function text(nodes: readonly NetworkNode[]): { boxes: string[]; edges: string[]; leftOut: number } {
  const { boxes, edges, leftOut } = boxGraph(nodes);
  const nameOf = (id: number): string => boxes.find((box) => box.id === id)!.name;
  return {
    boxes: boxes.map(({ name, kind, followers }) => [`${kind} ${name}`, ...followers].join(' +')),
    edges: edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`),
    leftOut,
  };
}

describe('boxGraph', () => {
  it('puts what follows a layer into its box, and keeps where branches meet', () => {
    const network = new NetworkBuilder();
    const image = network.add('image', 'Input');
    const first = network.add('relu', 'Relu', network.add('a', 'Conv', image));
    const sum = network.add('sum', 'Add', network.add('b', 'Conv', first), first);
    network.add('out', 'Output', network.add('pool', 'GlobalAveragePool', network.add('relu2', 'Relu', sum)));
    expect(text(network.nodes)).toEqual({
      boxes: ['end image', 'layer a +Relu', 'layer b', 'join sum +Relu +GlobalAveragePool', 'end out'],
      edges: ['image > a', 'a > b', 'b > sum', 'a > sum', 'sum > out'],
      leftOut: 0,
    });
  });

  it('takes branches that leave and reach one box for a part of it, as Sigmoid and Mul of SiLU are', () => {
    const network = new NetworkBuilder();
    const layer = network.add('a', 'Conv', network.add('image', 'Input'));
    const mul = network.add('mul', 'Mul', layer, network.add('sigmoid', 'Sigmoid', layer));
    network.add('b', 'Conv', mul);
    expect(text(network.nodes)).toMatchObject({
      boxes: ['end image', 'layer a +Sigmoid +Mul', 'layer b'],
      edges: ['image > a', 'a > b'],
    });
  });

  it('leaves out what only computes shapes', () => {
    const network = new NetworkBuilder();
    const layer = network.add('a', 'Conv', network.add('image', 'Input'));
    const size = network.add('gather', 'Gather', network.add('shape', 'Shape', layer));
    network.add('b', 'Gemm', network.add('reshape', 'Reshape', layer, size));
    expect(text(network.nodes)).toEqual({
      boxes: ['end image', 'layer a +Reshape', 'layer b'],
      edges: ['image > a', 'a > b'],
      leftOut: 2,
    });
  });

  it('puts ends beside what reads and makes them', () => {
    const network = new NetworkBuilder();
    const [one, other] = [network.add('one', 'Input'), network.add('other', 'Input')];
    const first = network.add('a', 'Conv', one);
    const second = network.add('b', 'Conv', first);
    const last = network.add('c', 'Conv', network.add('sum', 'Add', second, other));
    network.add('early', 'Output', first);
    network.add('late', 'Output', last);
    expect(text(network.nodes).boxes).toEqual([
      ...['end one', 'layer a', 'end early', 'layer b', 'end other', 'join sum', 'layer c', 'end late'],
    ]);
  });

  it('keeps an operator at the border of a part apart, as branches may meet there', () => {
    const network = new NetworkBuilder();
    const image = network.add('image', 'Input');
    const layer = network.add('a', 'Conv', image);
    network.add('sum', 'Add', layer, image);
    expect(text(network.nodes.slice(1)).boxes).toEqual(['layer a', 'join sum']);
  });
});
