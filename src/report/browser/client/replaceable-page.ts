import type { FigureState } from './figure-state.js';
import type { Selections } from './selections.js';

/** What the page's script offers to the live one, which replaces parts of the page. */
export interface ReplaceablePage {
  /** Sorts a table by a head, as a click on it does. */
  readonly sortBy: (table: HTMLTableElement, head: Element) => void;
  /**
   * Promises the figures of a document by id, unpacked, so that `adopt` draws at once and the page
   * does not jump.
   */
  readonly unpack: (root: ParentNode) => Promise<ReadonlyMap<string, FigureState>>;
  /**
   * Ends the charts within an element that is about to leave the document; returns what was
   * selected in them.
   */
  readonly discard: (root: ParentNode) => SelectionsById;
  /**
   * Draws the charts within an element that has come into the document, with the selections of the
   * ones before.
   */
  readonly adopt: (root: ParentNode, unpacked: ReadonlyMap<string, FigureState>, selections: SelectionsById) => void;
}

/** By id of the figure: what is selected in each of its charts. */
export type SelectionsById = ReadonlyMap<string, readonly Selections[]>;

declare global {
  /** Set by page.ts, which runs after live.ts: asked for only when news comes. */
  var quantsweepPage: ReplaceablePage;
}
