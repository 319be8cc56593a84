import type { NetworkNode } from './network-node.js';

/** One box of the picture: a layer, a place where branches meet, or an end, with what follows. */
export interface Box {
  /** Number of its first node. */
  readonly id: number;
  readonly kind: 'layer' | 'join' | 'end';
  readonly name: string;
  readonly op: string;
  /** Position of the layer; null where it is none. */
  readonly position: number | null;
  /** Operators that follow within the box, in order, e.g. `Relu`, `MaxPool`. */
  readonly followers: readonly string[];
  /** How many nodes it stands for. */
  readonly nodes: number;
}

/** An arrow from one box to another. */
export interface BoxEdge {
  readonly from: number;
  readonly to: number;
}

/** The picture before it is laid out. Each edge leads to a box further down the order. */
export interface BoxGraph {
  readonly boxes: readonly Box[];
  /** By ids, each pair once. */
  readonly edges: readonly BoxEdge[];
  /** Nodes that only compute shapes, which no box stands for. */
  readonly leftOut: number;
}

/**
 * The boxes of a graph. A layer begins one; so does an operator that reads several boxes. Every
 * other operator (Relu, a pool, Sigmoid and Mul of SiLU, ...) reads one box and becomes part of it:
 * that makes no cycle, as nothing else leads to it. What only computes shapes is left out.
 */
export function boxGraph(nodes: readonly NetworkNode[]): BoxGraph {
  const known = new Map(nodes.map((node) => [node.node, node]));
  const ofShapes = shapeArithmetic(nodes);
  const boxOf = new Map<number, MutableBox>();
  const boxes: MutableBox[] = [];
  const edges = new Map<string, BoxEdge>();
  for (const node of nodes) {
    if (ofShapes.has(node.node)) continue;
    const reads = node.reads.filter((read) => known.has(read) && !ofShapes.has(read));
    // At the border of a part it is not known whether branches meet: they may.
    const isWhole = node.reads.every((read) => known.has(read));
    const sources = [...new Set(reads.map((read) => boxOf.get(read)!))];
    const [source] = sources;
    const isEnd = node.op === 'Input' || node.op === 'Output';
    if (node.position === null && !isEnd && isWhole && source !== undefined && sources.length === 1) {
      source.followers.push(node.op);
      source.nodes += 1;
      boxOf.set(node.node, source);
      continue;
    }
    const box: MutableBox = {
      id: node.node,
      kind: node.position === null ? (isEnd ? 'end' : 'join') : 'layer',
      name: node.name,
      op: node.op,
      position: node.position,
      followers: [],
      nodes: 1,
    };
    boxes.push(box);
    boxOf.set(node.node, box);
    for (const { id } of sources) edges.set(`${id} ${box.id}`, { from: id, to: box.id });
  }
  const all = [...edges.values()];
  return { boxes: endsBesideOthers(boxes, all), edges: all, leftOut: ofShapes.size };
}

type MutableBox = { -readonly [Field in keyof Box]: Box[Field] } & { followers: string[] };

/** Nodes whose result depends on shapes alone: Shape, Size, and what reads nothing else. */
function shapeArithmetic(nodes: readonly NetworkNode[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { node, op, reads, position } of nodes) {
    const follows = op !== 'Output' && position === null && reads.length > 0 && reads.every((read) => found.has(read));
    if (op === 'Shape' || op === 'Size' || follows) found.add(node);
  }
  return found;
}

/** Each input just before its first reader and each output just after its maker. */
function endsBesideOthers(boxes: readonly Box[], edges: readonly BoxEdge[]): Box[] {
  const place = new Map(boxes.map(({ id }, index) => [id, index]));
  const orderOf = (box: Box, index: number): number => {
    if (box.op === 'Input' && box.kind === 'end') {
      const readers = edges.filter(({ from }) => from === box.id).map(({ to }) => place.get(to)!);
      return Math.min(...readers, boxes.length) - 0.5;
    }
    if (box.op === 'Output' && box.kind === 'end') {
      const maker = edges.find(({ to }) => to === box.id);
      return maker === undefined ? index : place.get(maker.from)! + 0.5;
    }
    return index;
  };
  return boxes
    .map((box, index) => ({ box, order: orderOf(box, index), index }))
    .sort((a, b) => a.order - b.order || a.index - b.index)
    .map(({ box }) => box);
}
