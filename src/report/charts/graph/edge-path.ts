import type { PlacedEdge, Point } from './placed-graph.js';

/** Radius of round corners in pixels, at most. */
const corner = 5;

/** An arrow as an SVG path, its head included: two strokes that end where it ends, from above. */
export function edgePath({ points, bends }: Pick<PlacedEdge, 'points' | 'bends'>): string {
  const [start, end] = [points[0]!, points.at(-1)!];
  const line = bends === 'smooth' ? smooth(points) : square(points);
  return `M${at(start)}${line}M${round(end.x - 3)} ${round(end.y - 5)}L${at(end)}L${round(end.x + 3)} ${round(end.y - 5)}`;
}

function smooth(points: readonly Point[]): string {
  return points
    .slice(1)
    .map((point, index) => {
      const before = points[index]!;
      if (before.x === point.x) return `V${round(point.y)}`;
      const middle = (before.y + point.y) / 2;
      return `C${at({ x: before.x, y: middle })} ${at({ x: point.x, y: middle })} ${at(point)}`;
    })
    .join('');
}

function square(points: readonly Point[]): string {
  return points
    .slice(1)
    .map((point, index) => {
      const next = points[index + 2];
      if (next === undefined) return `L${at(point)}`;
      const radius = Math.min(corner, distance(points[index]!, point) / 2, distance(point, next) / 2);
      return `L${at(towards(point, points[index]!, radius))}Q${at(point)} ${at(towards(point, next, radius))}`;
    })
    .join('');
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** The point so many pixels from one on the way to another. */
function towards(from: Point, to: Point, pixels: number): Point {
  const length = distance(from, to);
  const share = length === 0 ? 0 : pixels / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
