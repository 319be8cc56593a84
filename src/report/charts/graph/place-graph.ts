import { crossingEdges } from './crossing-edges.js';
import { cutOrder } from './cut-order.js';
import { layoutGraph, newGraph } from './layout-graph.js';
import { moved, type Placed, type PlacedEdge, type PlacedGraph, type Point, type Unplaced } from './placed-graph.js';
import { routeBetweenColumns } from './route-between-columns.js';

/** Pixels between a line of boxes and the next, between boxes of a line, and beside lines. */
const betweenRanks = 18;
const betweenBoxes = 16;
const betweenLines = 9;

/** Columns are about so high where the width allows it: half a screen. */
const screenHeight = 420;
const mostColumns = 7;

/**
 * Lays a graph out from top to bottom in columns like those of a newspaper, as a network is long
 * and a page is wide. Columns are stretches of the order that end where few tensors pass, so
 * branches stay within one; dagre lays each out. Equal graphs give equal pictures.
 *
 * @param width that the picture should not exceed; a graph of many branches side by side may
 * @param height that columns have about, where the width allows it
 */
export function placeGraph(
  graph: Unplaced,
  { width, height = screenHeight }: { readonly width: number; readonly height?: number },
): PlacedGraph {
  const heights = new PartHeights(graph);
  const first = Math.max(1, Math.min(mostColumns, Math.round(heights.of(0, graph.boxes.length) / height)));
  for (let columns = first; ; columns -= 1) {
    const placed = inColumns(graph, columns, heights);
    if (columns === 1 || placed.width <= width) return placed;
  }
}

function inColumns(graph: Unplaced, count: number, heights: PartHeights): PlacedGraph {
  const { boxes, edges } = graph;
  const crossing = crossingEdges(graph);
  const share = heights.of(0, boxes.length) / count;
  const starts = cutOrder({
    count: boxes.length,
    parts: count,
    longest: boxes.length,
    // A block whose branches are cut apart is worse than a column that is a quarter longer.
    costBefore: (index) => 2 * (crossing[index]! - 1),
    costOfPart: (start, end) => 8 * (heights.of(start, end) / share - 1) ** 2,
  });
  const columns = starts.map((start, index) => {
    const own = boxes.slice(start, starts[index + 1] ?? boxes.length);
    const ids = new Set(own.map(({ id }) => id));
    return placeColumn({ boxes: own, edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)) });
  });
  return routeBetweenColumns(columns, edges);
}

/** One column, by dagre. */
function placeColumn({ boxes, edges }: Unplaced): PlacedGraph {
  const graph = newGraph();
  graph.setGraph({ rankdir: 'TB', ranksep: betweenRanks, nodesep: betweenBoxes, edgesep: betweenLines });
  for (const { id, width, height } of boxes) graph.setNode(String(id), { width, height });
  const place = new Map(boxes.map(({ id }, index) => [id, index]));
  for (const { from, to } of edges) {
    // The way that the order takes stays straight; others go around.
    const weight = place.get(to)! - place.get(from)! === 1 ? 8 : 1;
    graph.setEdge(String(from), String(to), { weight });
  }
  layoutGraph(graph);
  const placed = boxes.map(({ id, width, height }): Placed => {
    const { x, y } = graph.node(String(id));
    return { id, x: x - width / 2, y: y - height / 2, width, height };
  });
  const at = new Map(placed.map((box) => [box.id, box]));
  const drawn = edges.map(({ from, to }): PlacedEdge => {
    const { points } = graph.edge(String(from), String(to));
    return { from, to, points: wayOf(points, at.get(from)!, at.get(to)!), bends: 'smooth' };
  });
  return trimmed(placed, drawn);
}

/**
 * With the upper left corner of what is drawn at the origin: arrows around a box leave dagre's
 * frame.
 */
function trimmed(boxes: readonly Placed[], edges: readonly PlacedEdge[]): PlacedGraph {
  const points = edges.flatMap((edge) => edge.points);
  const left = Math.min(...boxes.map(({ x }) => x), ...points.map(({ x }) => x));
  const right = Math.max(...boxes.map(({ x, width }) => x + width), ...points.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  return {
    width: right - left,
    height: bottom - top,
    boxes: boxes.map((box) => moved(box, -left, -top)),
    edges: edges.map((edge) => ({ ...edge, points: edge.points.map((point) => moved(point, -left, -top)) })),
  };
}

/** The way of an arrow, its ends on the lower edge of one box and the upper edge of the other. */
function wayOf(points: readonly Point[], from: Placed, to: Placed): Point[] {
  const [start, end] = [onto(from, points[0]!.x, from.y + from.height), onto(to, points.at(-1)!.x, to.y)];
  return [start, ...points.slice(1, -1).filter(({ y }) => y > start.y && y < end.y), end];
}

/** On an edge of a box, away from its corners. */
function onto({ x, width }: Placed, wanted: number, y: number): Point {
  return { x: Math.max(x + 8, Math.min(x + width - 8, wanted)), y };
}

/** Heights of columns before they are laid out: that of the longest way through each. */
class PartHeights {
  readonly #tops: readonly number[];
  readonly #bottoms: readonly number[];
  /** By start, then by length. */
  readonly #known: number[][] = [];

  constructor({ boxes, edges }: Unplaced) {
    const place = new Map(boxes.map(({ id }, index) => [id, index]));
    const tops = new Array<number>(boxes.length).fill(0);
    const sorted = edges.map(({ from, to }) => [place.get(from)!, place.get(to)!] as const).sort((a, b) => a[0] - b[0]);
    for (const [from, to] of sorted) tops[to] = Math.max(tops[to]!, tops[from]! + boxes[from]!.height + betweenRanks);
    this.#tops = tops;
    this.#bottoms = tops.map((top, index) => top + boxes[index]!.height);
  }

  of(start: number, end: number): number {
    const known = (this.#known[start] ??= this.#from(start));
    return known[end - start]!;
  }

  #from(start: number): number[] {
    let [top, bottom] = [Infinity, 0];
    const heights = [0];
    for (let index = start; index < this.#tops.length; index += 1) {
      top = Math.min(top, this.#tops[index]!);
      bottom = Math.max(bottom, this.#bottoms[index]!);
      heights.push(bottom - top);
    }
    return heights;
  }
}
