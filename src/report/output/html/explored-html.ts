import type { ExploredTable } from '../../explored-table.js';

/**
 * A table that the page's script takes over, with its first rows for readers without it.
 *
 * @param table HTML of those rows
 */
export function exploredHtml({ perPage }: ExploredTable, table: string, rows: number): string {
  const cut = `<noscript><p class="caption">The first ${perPage} of ${rows} rows: the others need JavaScript, or the SQL.</p></noscript>`;
  return `<div class="explored">${rows > perPage ? cut : ''}${table}</div>`;
}
