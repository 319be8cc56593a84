import { moved, type Placed, type PlacedEdge, type PlacedGraph, type Unplaced } from './placed-graph.js';

/** Pixels between two lines side by side, around columns, and between a line and a box. */
const lane = 7;
const gutter = 14;
const off = 9;
const margin = 2;

/**
 * Puts columns side by side and draws the arrows between them: out below the box, through the space
 * right of its column, over the columns between where there are some, and into the box from above.
 * Arrows of one box share their way as far as they can.
 */
export function routeBetweenColumns(columns: readonly PlacedGraph[], edges: Unplaced['edges']): PlacedGraph {
  const columnOf = new Map(columns.flatMap(({ boxes }, index) => boxes.map(({ id }) => [id, index] as const)));
  const crossing = edges.filter(({ from, to }) => columnOf.get(from) !== columnOf.get(to));
  const gutters = columns.map(() => new Lanes());
  const above = new Lanes();
  for (const { from, to } of crossing) {
    const [start, end] = [columnOf.get(from)!, columnOf.get(to)!];
    gutters[start]!.take(from);
    if (end > start + 1) {
      gutters[end - 1]!.take(from);
      above.take(from);
    }
  }
  const top = margin + (above.count === 0 ? 0 : above.count * lane + off) + (crossing.length === 0 ? 0 : off);
  const lefts: number[] = [];
  const gutterLefts: number[] = [];
  let x = margin;
  columns.forEach(({ width }, index) => {
    lefts.push(x);
    gutterLefts.push(x + width + gutter);
    x += width + (index === columns.length - 1 ? 0 : 2 * gutter + Math.max(0, gutters[index]!.count - 1) * lane);
  });
  const shifted = columns.map((column, index) => movedColumn(column, lefts[index]!, top));
  const at = new Map(shifted.flatMap(({ boxes }) => boxes.map((box) => [box.id, box] as const)));
  const rows = shifted.map(({ boxes }) => boxes);
  const drawn = crossing.map(({ from, to }): PlacedEdge => {
    const [start, end] = [columnOf.get(from)!, columnOf.get(to)!];
    const [one, other] = [at.get(from)!, at.get(to)!];
    const laneX = (index: number): number => gutterLefts[index]! + gutters[index]!.of(from) * lane;
    const below = Math.max(...besides(rows[start]!, one).map(({ y, height }) => y + height)) + off;
    const over = Math.min(...besides(rows[end]!, other).map(({ y }) => y)) - off;
    // Beside other arrows of the box, not on them.
    const outX = one.x + one.width * (count(edges, 'from', from) > 1 ? 0.75 : 0.5);
    const inX = other.x + other.width * (count(edges, 'to', to) > 1 ? 0.25 : 0.5);
    const last = laneX(end - 1);
    const aside =
      end === start + 1
        ? [{ x: last, y: below }]
        : [
            { x: laneX(start), y: below },
            { x: laneX(start), y: margin + above.of(from) * lane },
            { x: last, y: margin + above.of(from) * lane },
          ];
    const points = [
      { x: outX, y: one.y + one.height },
      { x: outX, y: below },
      ...aside,
      { x: last, y: over },
      { x: inX, y: over },
      { x: inX, y: other.y },
    ];
    return { from, to, points, bends: 'square' };
  });
  const bottom = crossing.length === 0 ? 0 : off;
  return {
    width: x + margin,
    height: top + Math.max(0, ...columns.map(({ height }) => height)) + bottom + margin,
    boxes: shifted.flatMap(({ boxes }) => boxes),
    edges: [...shifted.flatMap((column) => column.edges), ...drawn],
  };
}

function count(edges: Unplaced['edges'], side: 'from' | 'to', id: number): number {
  return edges.filter((edge) => edge[side] === id).length;
}

/** Lines side by side, one for each box that has some. */
class Lanes {
  readonly #lanes = new Map<number, number>();

  take(box: number): void {
    if (!this.#lanes.has(box)) this.#lanes.set(box, this.#lanes.size);
  }

  of(box: number): number {
    return this.#lanes.get(box)!;
  }

  get count(): number {
    return this.#lanes.size;
  }
}

/** The boxes in one line with a box, itself included. */
function besides(boxes: readonly Placed[], { y, height }: Placed): Placed[] {
  return boxes.filter((box) => Math.abs(box.y + box.height / 2 - y - height / 2) < 1);
}

function movedColumn(column: PlacedGraph, dx: number, dy: number): PlacedGraph {
  return {
    ...column,
    boxes: column.boxes.map((box) => moved(box, dx, dy)),
    edges: column.edges.map((edge) => ({ ...edge, points: edge.points.map((point) => moved(point, dx, dy)) })),
  };
}
