import type { EmbeddedRows } from './embedded-rows.js';

/** A figure as the page holds it: its rows, and its charts compiled. */
export interface PackedFigure extends EmbeddedRows {
  readonly panels: readonly unknown[];
}
