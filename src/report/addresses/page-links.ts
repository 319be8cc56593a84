/**
 * Addresses of the report's other pages, relative to the page that links; null where the report has
 * no such page.
 */
export interface PageLinks {
  readonly index: string | null;
  /** The page of the sweep that this page belongs to. */
  readonly sweep: string | null;
  readonly trial: (trial: number) => string | null;
  readonly layer: (model: string, position: number) => string | null;
  /** Comparison of two trials of the same sweep, in this order. */
  readonly comparison: (trial: number, other: number) => string | null;
  /** What the page's script needs to make marks links. */
  readonly ofRows: RowLinks;
}

/** Addresses by what rows of a figure carry. */
export interface RowLinks {
  /** By number of the trial. Null: no trial has a page; `any`: each one has. */
  readonly trials: 'any' | readonly number[] | null;
  /**
   * By position in the graph: number of the layer's page. Null where no layer has a page or a
   * position names several.
   */
  readonly layers: Readonly<Record<string, number>> | null;
  /** Trials that a page of its own compares. Null: none does; `any`: any trials have one. */
  readonly comparisons: 'any' | readonly (readonly number[])[] | null;
}

/** A page that stands alone. */
export const noLinks: PageLinks = {
  index: null,
  sweep: null,
  trial: () => null,
  layer: () => null,
  comparison: () => null,
  ofRows: { trials: null, layers: null, comparisons: null },
};
