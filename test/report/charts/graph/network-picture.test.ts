import { describe, expect, it } from 'vitest';

import { boxGraph } from '../../../../src/report/charts/graph/box-graph.js';
import { moduleName } from '../../../../src/report/charts/graph/module-name.js';
import type { NetworkNode } from '../../../../src/report/charts/graph/network-node.js';
import {
  neighbourhoodPicture,
  networkPictures,
  type NetworkPicture,
} from '../../../../src/report/charts/graph/network-picture.js';
import { detector, residualNetwork } from './sample-networks.js';

function names(nodes: readonly NetworkNode[]) {
  const layers = new Map(nodes.map((node) => [node.position, node]));
  return {
    shortName: (position: number) => moduleName(layers.get(position)!.name, layers.get(position)!.op),
    href: (position: number) => `layer-${position}.html`,
  };
}

const pictures = (nodes: readonly NetworkNode[]) => networkPictures(boxGraph(nodes), names(nodes));

const networks = [
  ['of one block', residualNetwork([1]), 1],
  ['of 20 layers', residualNetwork([2, 2, 2]), 1],
  ['with branches to six outputs', detector(), 1],
  ['of 500 nodes', residualNetwork([3, 20, 42, 6]), 25],
] as const;

describe.each(networks)('a network %s', (_, nodes, most) => {
  it('has boxes that do not overlap and lie within the picture', () => {
    for (const { boxes, width, height } of pictures(nodes)) {
      expect(boxes.every((box) => box.x >= 0 && box.x + box.width <= width)).toBe(true);
      expect(boxes.every((box) => box.y >= 0 && box.y + box.height <= height)).toBe(true);
      for (const one of boxes) {
        const overlapping = boxes.filter(
          (box) =>
            box.x < one.x + one.width &&
            one.x < box.x + box.width &&
            box.y < one.y + one.height &&
            one.y < box.y + box.height,
        );
        expect(overlapping).toEqual([one]);
      }
    }
  });

  it('has an arrow for every tensor between boxes, from below the one to above the other', () => {
    const graph = boxGraph(nodes);
    const shown = pictures(nodes).slice(pictures(nodes).length === 1 ? 0 : 1);
    const drawn = new Set(shown.flatMap(({ edges }) => edges.map(({ from, to }) => `${from} ${to}`)));
    expect(drawn).toEqual(new Set(graph.edges.map(({ from, to }) => `${from} ${to}`)));
    for (const { boxes, edges } of shown) {
      for (const { from, to, points } of edges) {
        const [maker, reader] = [from, to].map((id) => boxes.find((box) => box.id === id)!);
        expect(points[0]!.y).toBeCloseTo(maker!.y + maker!.height);
        expect(points.at(-1)!.y).toBeCloseTo(reader!.y);
        expect(points.at(-1)!.x).toBeGreaterThan(reader!.x);
        expect(points.at(-1)!.x).toBeLessThan(reader!.x + reader!.width);
      }
    }
  });

  it('is the same picture each time', () => {
    expect(JSON.stringify(pictures(nodes))).toBe(JSON.stringify(pictures(nodes)));
  });

  it('fits the page, in at most two screens', () => {
    const found = pictures(nodes);
    expect(found.length).toBeLessThanOrEqual(most + 1);
    for (const { width, height } of found) {
      expect(width).toBeLessThanOrEqual(1192);
      expect(height).toBeLessThanOrEqual(1800);
    }
  });
});

describe('arrows around a residual block', () => {
  it('pass beside its layers', () => {
    const [picture] = pictures(residualNetwork([2])) as [NetworkPicture];
    const joins = picture.boxes.filter(({ kind }) => kind === 'join');
    const layers = picture.boxes.filter(({ kind }) => kind === 'layer');
    const skip = picture.edges.find(({ from, to }) => from === joins[0]!.id && to === joins[1]!.id)!;
    for (const { x, y } of skip.points.slice(1, -1)) {
      const hit = layers.filter((box) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height);
      expect(hit).toEqual([]);
    }
    expect(skip.points.length).toBeGreaterThan(3);
  });
});

describe('groups of a large network', () => {
  const nodes = residualNetwork([3, 20, 42, 6]);
  const [overview, ...parts] = pictures(nodes) as [NetworkPicture, ...NetworkPicture[]];

  it('hold every layer once, as a square of the overview and as a box of a part', () => {
    const layers = nodes.filter(({ position }) => position !== null).map(({ node }) => node);
    expect(overview.boxes.every(({ kind }) => kind === 'group')).toBe(true);
    const squares = overview.boxes.flatMap(({ cells }) => cells.map(({ node }) => node));
    expect(squares.sort((a, b) => a - b)).toEqual(layers);
    const boxes = parts.flatMap((part) => part.boxes.flatMap(({ node }) => (node === null ? [] : [node])));
    expect(boxes.sort((a, b) => a - b)).toEqual(layers);
  });

  it('end between blocks, where one tensor passes', () => {
    for (const part of parts.slice(1)) {
      const before = part.boxes.filter(
        ({ kind, id }) => kind === 'outside' && id < part.boxes.find((b) => b.kind === 'layer')!.id,
      );
      expect(before.map(({ title }) => title)).toEqual(['Add · Relu']);
    }
  });

  it('are called by their modules and lead to their pictures', () => {
    expect(overview.boxes.map(({ picture }) => picture)).toEqual(parts.map((_, index) => index + 1));
    expect(parts[0]!.title).toMatch(/^layer1\.0 – layer\d\.\d+$/);
  });
});

describe('the surroundings of a layer', () => {
  it('are the boxes at most two arrows before and after it', () => {
    const nodes = residualNetwork([3]);
    const picture = neighbourhoodPicture(boxGraph(nodes), 5, 2, names(nodes))!;
    const block = ['layer1.1/conv1', 'layer1.1/conv2', 'layer1.1/conv3'];
    expect(picture.boxes.map(({ title }) => title)).toEqual(['Add · Relu', ...block, 'Add · Relu']);
    expect(picture.boxes.filter(({ isCurrent }) => isCurrent).map(({ node }) => nodes[node!]!.position)).toEqual([5]);
  });

  it('are none for a layer that is no node', () => {
    expect(neighbourhoodPicture(boxGraph(residualNetwork([1])), 99, 2, names([]))).toBeNull();
  });
});

describe('moduleName', () => {
  it.each([
    ['/layer1/layer1.0/conv1/Conv', 'Conv', 'layer1.0/conv1'],
    ['/features/features.3/conv/conv.0/conv.0.0/Conv', 'Conv', 'features.3/conv.0.0'],
    ['conv1', 'Conv', 'conv1'],
    ['Conv', 'Conv', 'Conv'],
    ['/Conv', 'Conv', 'Conv'],
    ['', 'Conv', ''],
  ])('takes of "%s" the module', (name, op, expected) => {
    expect(moduleName(name, op)).toBe(expected);
  });
});
