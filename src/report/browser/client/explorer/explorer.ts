import type { ExploredColumn } from '../../../explored-table.js';
import type { Row } from '../../../query.js';
import { element } from '../element.js';
import type { FigureState } from '../figure-state.js';
import { rowObjects } from '../row-objects.js';
import { comparePanel } from './compare-panel.js';
import type { Explored, Exploring } from './explored.js';
import { exploredRows } from './explored-rows.js';
import { choiceOf, plainState, readFragment, stateFragment, type ExplorerState } from './explorer-state.js';
import { exploredTable } from './explored-table.js';
import { tablePager } from './table-pager.js';
import { createToolbar } from './toolbar.js';

/** A table narrower than this begins with few columns. */
const narrowBelow = 700;

/** For so long a reader types before the rows follow. */
const typingMs = 120;

/** An explored table in the page. */
export interface Explorer {
  /** Ends it, as its table leaves the page; returns what the reader had chosen, or was typing. */
  readonly leave: () => ExplorerState;
  /** Takes what the address says, where it is of this table. */
  readonly readAddress: () => void;
}

/**
 * Takes over the table of a figure: sorting, filters, columns, pages, and trials set side by side.
 * What the reader chose stands in the page's address, in place of what stood there, so that Back
 * leaves the page.
 *
 * @param before what the reader had chosen in a table that this one takes the place of
 */
export function createExplorer(figure: FigureState, exploring: Exploring, before?: ExplorerState): Explorer | null {
  const table = figure.explored;
  const holder = document.getElementById(figure.id)?.querySelector('.explored');
  if (table === null || holder === null || holder === undefined) return null;
  const ids = table.columns.map(({ id }) => id);
  const rows = rowObjects(figure.columns, figure.rows, exploring.links) as readonly Row[];
  const trials = new Set(rows.map((row) => row['trial']));
  const addressed = readFragment(figure.id, location.hash, ids);
  let state = known(before ?? addressed ?? plainState);
  let typing: ReturnType<typeof setTimeout> | undefined;
  /** What was typed and the rows do not follow yet. */
  let pending: string | null = null;

  const toolbar = createToolbar(explored(), typed);
  const body = element('div', 'scroll');
  body.tabIndex = 0;
  body.setAttribute('role', 'region');
  body.setAttribute('aria-label', 'Trials');
  body.dataset['focus'] = 'rows';
  const foot = element('div', 'pager');
  const panel = element('div', 'compared');
  holder.replaceChildren(toolbar.node, body, foot, panel);
  body.addEventListener('change', ({ target }) => {
    const trial = Number((target as Element).closest('tr')?.dataset['trial']);
    const { selected } = state;
    const isChecked = (target as HTMLInputElement).checked;
    change({ selected: isChecked ? [...selected, trial] : selected.filter((one) => one !== trial) });
  });
  render();
  if (before === undefined && addressed !== null) holder.closest('figure')?.scrollIntoView();

  return {
    leave() {
      clearTimeout(typing);
      if (pending !== null) change({ text: pending });
      return state;
    },
    readAddress() {
      const named = readFragment(figure.id, location.hash, ids);
      if (named === null) return;
      state = known(named);
      toolbar.follow(explored(), true);
      render();
    },
  };

  /**
   * Trials and values of an address that the sweep does not have are neither selected nor filtered
   * by: no field would show such a filter.
   */
  function known(wanted: ExplorerState): ExplorerState {
    const filters = Object.entries(wanted.filters).filter(([id, choice]) => hasChoice(id, choice));
    const selected = wanted.selected.filter((trial) => trials.has(trial));
    return { ...wanted, filters: Object.fromEntries(filters), selected };
  }

  function hasChoice(id: string, choice: string): boolean {
    const column = table!.columns.find((one) => one.id === id && one.isChoice);
    return column !== undefined && rows.some((row) => choiceOf(row[column.field] ?? null) === choice);
  }

  function explored(): Explored {
    return { id: figure.id, table: table!, rows, columns: shownColumns(), state, change };
  }

  function shownColumns(): readonly ExploredColumn[] {
    const { columns } = table!;
    if (state.columns !== null)
      return columns.filter(({ id, format }) => format === 'trial' || state.columns!.includes(id));
    const isNarrow = holder!.clientWidth < narrowBelow;
    return columns.filter(({ shown }) => shown === 'always' || (shown === 'wide' && !isNarrow));
  }

  function typed(text: string): void {
    clearTimeout(typing);
    pending = text;
    typing = setTimeout(() => {
      change({ text });
    }, typingMs);
  }

  function change(changed: Partial<ExplorerState>): void {
    if ('text' in changed) pending = null;
    const isSelection = Object.keys(changed).every((name) => name === 'selected' || name === 'isComparing');
    state = { ...state, ...(isSelection || 'page' in changed ? {} : { page: 1 }), ...changed };
    history.replaceState(history.state, '', stateFragment(figure.id, state));
    if (isSelection) renderSelection();
    else render();
  }

  function render(): void {
    const shown = exploredRows(table!, rows, state);
    const { perPage } = table!;
    const pages = Math.max(1, Math.ceil(shown.length / perPage));
    const page = Math.min(state.page, pages);
    const part = shown.slice((page - 1) * perPage, page * perPage);
    exploredTable(body, explored(), part, exploring.links);
    foot.replaceChildren(...tablePager({ page, pages, perPage, rows: shown.length }, turnTo));
    toolbar.count(shown);
    renderSelection();
  }

  function turnTo(page: number): void {
    change({ page });
    body.scrollTo(0, 0);
  }

  function renderSelection(): void {
    for (const row of body.querySelectorAll<HTMLTableRowElement>('tr[data-trial]'))
      row.classList.toggle('selected', state.selected.includes(Number(row.dataset['trial'])));
    toolbar.follow(explored(), false);
    panel.replaceChildren(
      ...(state.isComparing && state.selected.length > 1 ? comparePanel(explored(), exploring) : []),
    );
  }
}
