/** Where a box of a picture is, in pixels. */
export interface Placed {
  readonly id: number;
  /** Of its upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An arrow of a picture. */
export interface PlacedEdge {
  readonly from: number;
  readonly to: number;
  /** From the lower edge of one box to the upper edge of another. */
  readonly points: readonly Point[];
  /** `smooth`: upright at each point; `square`: straight lines with round corners. */
  readonly bends: 'smooth' | 'square';
}

/** A picture that is laid out. */
export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Placed[];
  readonly edges: readonly PlacedEdge[];
}

/** What is to be placed: boxes in order, each with its size, and the arrows between them. */
export interface Unplaced {
  readonly boxes: readonly { readonly id: number; readonly width: number; readonly height: number }[];
  readonly edges: readonly { readonly from: number; readonly to: number }[];
}

/** The same elsewhere. */
export function moved<Located extends Point>(one: Located, dx: number, dy: number): Located {
  return { ...one, x: one.x + dx, y: one.y + dy };
}
