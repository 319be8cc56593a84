import type { RowLinks } from '../../../addresses/page-links.js';
import { exploredText, rowClass } from '../../../explored-cell.js';
import { isRightAligned, type ExploredColumn } from '../../../explored-table.js';
import type { Row } from '../../../query.js';
import { element } from '../element.js';
import { trialHref } from '../row-objects.js';
import type { Explored } from './explored.js';
import { nextSorting } from './explored-rows.js';

/** Letters of a setting that a cell shows at most; its tooltip has the whole. */
const longestSetting = 24;

/** Puts rows into their place as a table; the head of the column in focus keeps it. */
export function exploredTable(holder: Element, explored: Explored, rows: readonly Row[], links: RowLinks): void {
  const { columns, state } = explored;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['focus'] : undefined;
  const table = element('table');
  const head = table.createTHead().insertRow();
  const box = element('th');
  box.scope = 'col';
  box.append(element('span', 'hidden', 'select'));
  head.append(box, ...columns.map((column) => headCell(column, explored)));
  const body = table.createTBody();
  for (const row of rows) body.append(bodyRow(row, explored, links));
  if (rows.length === 0) {
    const cell = body.insertRow().insertCell();
    cell.colSpan = columns.length + 1;
    cell.textContent = 'No trial is like that.';
  }
  for (const row of body.rows) row.classList.toggle('selected', state.selected.includes(Number(row.dataset['trial'])));
  holder.replaceChildren(table);
  if (focused !== undefined) holder.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

function headCell(column: ExploredColumn, { state: { sort }, change }: Explored): HTMLElement {
  const cell = element('th', isRightAligned(column) ? 'right' : '');
  cell.scope = 'col';
  const direction = sort?.column !== column.id ? 'none' : sort.isDown ? 'descending' : 'ascending';
  cell.setAttribute('aria-sort', direction);
  if (column.hint !== '') cell.title = column.hint;
  const button = element('button', '', column.title);
  button.type = 'button';
  button.dataset['focus'] = `head ${column.id}`;
  button.addEventListener('click', () => {
    change({ sort: nextSorting(column, sort) });
  });
  cell.append(button);
  return cell;
}

function bodyRow(row: Row, explored: Explored, links: RowLinks): HTMLTableRowElement {
  const { columns, table, state } = explored;
  const trial = Number(row['trial']);
  const line = element('tr', rowClass(row, table.best) ?? '');
  line.dataset['trial'] = String(trial);
  const box = element('input');
  box.type = 'checkbox';
  box.checked = state.selected.includes(trial);
  box.dataset['focus'] = `trial ${trial}`;
  box.setAttribute('aria-label', `select trial ${trial}, ${String(row['label'])}`);
  line.insertCell().append(box);
  line.append(...columns.map((column) => bodyCell(column, row, explored, links)));
  return line;
}

function bodyCell(column: ExploredColumn, row: Row, { table }: Explored, links: RowLinks): HTMLTableCellElement {
  const text = exploredText(column, row, table.metric);
  const cell = element('td', isRightAligned(column) ? 'right' : column.format);
  if (column.format === 'trial') {
    const href = trialHref(Number(row['trial']), links);
    const label = element(href === null ? 'span' : 'a', '', text);
    if (label instanceof HTMLAnchorElement) label.href = href!;
    cell.title = text;
    // Before the label, whose end may be cut.
    if (typeof row['notes'] === 'string') cell.append(noteMark(row['notes']), ' ');
    cell.append(label);
    return cell;
  }
  const isLong = ['setting', 'word', 'written'].includes(column.format) && text.length > longestSetting;
  cell.textContent = isLong ? `${text.slice(0, longestSetting - 1)}…` : text;
  if (isLong) cell.title = text;
  return cell;
}

/** Says of a trial that people wrote on it; pointed at, what they wrote. */
function noteMark(notes: string): HTMLElement {
  const mark = element('span', 'noted', '✎');
  mark.title = notes;
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', `note: ${notes}`);
  return mark;
}
