import type { Cell } from '../../query.js';

/** Sorts a table by the column of a head: ascending at first, then descending, and so on. */
export function sortTable(table: HTMLTableElement, head: Element): void {
  const heads = [...head.parentElement!.children];
  const index = heads.indexOf(head);
  const isDown = head.getAttribute('aria-sort') === 'ascending';
  for (const other of heads) other.setAttribute('aria-sort', 'none');
  head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
  const valueOf = (row: HTMLTableRowElement): Cell => JSON.parse(row.cells[index]!.dataset['sort']!) as Cell;
  const body = table.tBodies[0]!;
  body.append(...[...body.rows].sort((one, other) => compareCells(valueOf(one), valueOf(other), isDown)));
}

/** Order of two cells: numbers by value, text by the reader's language; NULL last either way. */
export function compareCells(a: Cell, b: Cell, isDown: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return isDown ? -order : order;
}
