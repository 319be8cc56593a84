import type { Cell } from '../../query.js';

/**
 * Rows as comma-separated values (RFC 4180): lines end in CR LF, cells with commas, quotes or line
 * breaks are quoted. Numbers have all the digits that tell them from their neighbours, NULL is
 * empty: the bytes of `quantsweep query --format csv`.
 */
export function csvText(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
