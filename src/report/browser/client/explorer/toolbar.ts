import { fieldsOf, type ExploredColumn } from '../../../explored-table.js';
import { exploredText } from '../../../explored-cell.js';
import type { Row } from '../../../query.js';
import { downloadCsv } from '../download-csv.js';
import { element } from '../element.js';
import { choicesOf } from './explored-rows.js';
import { choiceOf, plainState } from './explorer-state.js';
import type { Explored } from './explored.js';

/** What stands above an explored table. */
export interface Toolbar {
  readonly node: HTMLElement;
  /** Says how many rows are left. */
  readonly count: (rows: readonly Row[]) => void;
  /** Follows a change; `isAll` where it came from outside and the fields have to follow, too. */
  readonly follow: (explored: Explored, isAll: boolean) => void;
}

/** Search, filters, columns, the selection and the download. @param typed told what is searched */
export function createToolbar(first: Explored, typed: (text: string) => void): Toolbar {
  let explored = first;
  let shown: readonly Row[] = first.rows;
  const { table, rows } = first;
  const node = element('div', 'controls explorer');
  const search = element('input');
  search.type = 'search';
  search.dataset['focus'] = 'search';
  search.placeholder = 'part of a setting';
  search.value = first.state.text;
  search.addEventListener('input', () => {
    typed(search.value);
  });
  const selects = table.columns
    .filter((column) => column.isChoice)
    .map((column) => ({ column, choices: choicesOf(column, rows) }))
    .filter(({ choices }) => choices.length > 1)
    .map(({ column }) => ({ column, select: filterSelect(column) }));
  const menu = columnsMenu();
  const count = element('span', 'count');
  count.setAttribute('role', 'status');
  const compare = button('Compare', () => {
    explored.change({ isComparing: !explored.state.isComparing });
    node.closest('figure')?.querySelector('.compared')?.scrollIntoView({ block: 'nearest' });
  });
  const clear = button('Clear selection', () => {
    for (const box of node.closest('figure')!.querySelectorAll<HTMLInputElement>('td input')) box.checked = false;
    explored.change({ selected: [], isComparing: false });
  });
  const reset = button('Show all', () => {
    search.value = '';
    explored.change({ text: '', filters: {}, sort: null });
    follow(explored, true);
  });
  const csv = button('CSV of these rows', () => {
    const fields = [...new Set(['trial', ...explored.columns.flatMap(fieldsOf)])];
    downloadCsv(
      explored.id,
      fields,
      shown.map((row) => fields.map((field) => row[field] ?? null)),
    );
  });
  const searchLabel = element('label', '', 'Find ');
  searchLabel.append(search);
  const lines = [element('div', 'line'), element('div', 'line')];
  lines[0]!.append(searchLabel, ...selects.map(({ column, select }) => labelled(column, select)), reset);
  lines[1]!.append(count, menu.button, csv, compare, clear);
  node.append(...lines, menu.list);
  follow(first, true);
  return {
    node,
    count(left) {
      shown = left;
      count.textContent =
        left.length === rows.length ? `${rows.length} trials` : `${left.length} of ${rows.length} trials`;
    },
    follow,
  };

  function follow(now: Explored, isAll: boolean): void {
    explored = now;
    const { selected, isComparing, filters, text, sort } = now.state;
    compare.disabled = selected.length < 2;
    compare.textContent = selected.length < 2 ? 'Compare: select two or more' : `Compare ${selected.length} trials`;
    compare.setAttribute('aria-pressed', String(isComparing && selected.length > 1));
    clear.hidden = selected.length === 0;
    reset.hidden = text === '' && sort === null && Object.keys(filters).length === 0;
    menu.follow();
    for (const { column, select } of selects) {
      const wanted = filters[column.id] ?? '';
      select.classList.toggle('chosen', wanted !== '');
      if (isAll) select.value = wanted === '' ? '' : `=${wanted}`;
    }
    if (isAll && search.value !== text) search.value = text;
  }

  function filterSelect(column: ExploredColumn): HTMLSelectElement {
    const select = element('select');
    select.dataset['focus'] = `filter ${column.id}`;
    select.append(new Option('all', ''));
    for (const cell of choicesOf(column, rows)) {
      const row = rows.find((one) => (one[column.field] ?? null) === cell)!;
      const text = column.format === 'status' ? choiceOf(cell) : exploredText(column, row, table.metric);
      // The empty value is of `all`.
      select.append(new Option(text, `=${choiceOf(cell)}`));
    }
    select.addEventListener('change', () => {
      const { [column.id]: _, ...others } = explored.state.filters;
      const choice = select.value.slice(1);
      explored.change({ filters: select.value === '' ? others : { ...others, [column.id]: choice } });
    });
    return select;
  }

  function columnsMenu(): { readonly button: HTMLElement; readonly list: HTMLElement; readonly follow: () => void } {
    const list = element('fieldset', 'columns');
    list.hidden = true;
    list.append(element('legend', '', 'Columns'));
    const open = button('Columns', () => {
      list.hidden = !list.hidden;
      open.setAttribute('aria-expanded', String(!list.hidden));
    });
    open.setAttribute('aria-expanded', 'false');
    const boxes = table.columns
      .filter(({ format }) => format !== 'trial')
      .map((column) => {
        const box = element('input');
        box.type = 'checkbox';
        box.dataset['focus'] = `column ${column.id}`;
        box.addEventListener('change', () => {
          const kept = new Set(explored.columns.map(({ id }) => id));
          if (box.checked) kept.add(column.id);
          else kept.delete(column.id);
          explored.change({ columns: table.columns.map(({ id }) => id).filter((id) => kept.has(id)) });
        });
        const label = labelled(column, box, true);
        list.append(label);
        return { column, box };
      });
    const plain = button('As at first', () => {
      explored.change({ columns: plainState.columns });
    });
    list.append(plain);
    return {
      button: open,
      list,
      follow() {
        const ids = new Set(explored.columns.map(({ id }) => id));
        for (const { column, box } of boxes) box.checked = ids.has(column.id);
      },
    };
  }
}

function button(text: string, act: () => void): HTMLButtonElement {
  const node = element('button', '', text);
  node.type = 'button';
  node.dataset['focus'] = text;
  node.addEventListener('click', act);
  return node;
}

function labelled(column: ExploredColumn, field: HTMLElement, isAfter = false): HTMLLabelElement {
  const label = element('label');
  if (column.hint !== '') label.title = column.hint;
  if (isAfter) label.append(field, ` ${column.title}`);
  else label.append(`${column.title} `, field);
  return label;
}
