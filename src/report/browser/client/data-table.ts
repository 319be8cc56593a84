import type { Cell } from '../../query.js';
import { element } from './element.js';
import type { FigureState } from './figure-state.js';

/** Rows shown at most. */
const mostRows = 200;

/**
 * Puts the rows behind a chart into the disclosure's place as a table, and says above it where they
 * are not all.
 */
export function fillDataTable({ id, columns, rows }: FigureState, holder: Element): void {
  const shown = rows.slice(0, mostRows);
  if (rows.length > shown.length) {
    const text = `The first ${mostRows} of ${rows.length} rows; the SQL returns all.`;
    holder.before(element('p', 'caption', text));
  }
  const table = element('table');
  table.append(element('caption', 'hidden', document.getElementById(id)!.querySelector('h3')!.textContent));
  const head = table.createTHead().insertRow();
  const classes = columns.map((_, index) => (isNumeric(shown, index) ? 'right' : ''));
  columns.forEach((column, index) => {
    const cell = element('th', classes[index], column);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of shown) {
    body.insertRow().append(...row.map((value, index) => element('td', classes[index], cellText(value))));
  }
  holder.append(table);
}

/** True where a column holds numbers and NULL alone. */
export function isNumeric(rows: readonly (readonly Cell[])[], column: number): boolean {
  return rows.every((row) => row[column] === null || typeof row[column] === 'number');
}

/** A cell in words: numbers to six digits, an en dash for NULL. */
export function cellText(value: Cell): string {
  if (value === null) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
}
