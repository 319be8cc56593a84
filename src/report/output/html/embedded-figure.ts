import { packFigure } from '../../browser/pack-figure.js';
import type { ExploredTable } from '../../explored-table.js';
import type { QueryResult } from '../../query.js';

/** Rows (and charts) of a figure for the page's script. */
export function embeddedFigure(
  id: string,
  result: QueryResult,
  panels: readonly unknown[],
  explored?: ExploredTable,
): string {
  return `<script type="text/plain" data-figure="${id}">${packFigure(result, panels, explored)}</script>`;
}
