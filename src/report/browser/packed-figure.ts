import type { ExploredTable } from '../explored-table.js';
import type { EmbeddedRows } from './embedded-rows.js';

/** A figure as the page holds it: its rows, and its charts compiled. */
export interface PackedFigure extends EmbeddedRows {
  readonly panels: readonly unknown[];
  /** Only of a table that readers explore. */
  readonly explored?: ExploredTable;
}
