/** What a reader chose in an explored table; the address of the page holds it. */
export interface ExplorerState {
  /** Null: the sweep's own order. */
  readonly sort: Sorting | null;
  /** Words that a row has to contain. */
  readonly text: string;
  /** By id of the column: the value that rows must have, as {@link choiceOf} writes it. */
  readonly filters: Readonly<Record<string, string>>;
  /** Ids of the columns shown; null: those that fit. */
  readonly columns: readonly string[] | null;
  /** Numbers of the trials selected, in the order of their selection. */
  readonly selected: readonly number[];
  /** True where those are set side by side. */
  readonly isComparing: boolean;
  /** Page of the table, from 1. */
  readonly page: number;
}

/** Order of an explored table. */
export interface Sorting {
  /** Id of the column. */
  readonly column: string;
  readonly isDown: boolean;
}

/** What a table begins with. */
export const plainState: ExplorerState = {
  sort: null,
  text: '',
  filters: {},
  columns: null,
  selected: [],
  isComparing: false,
  page: 1,
};

/** How a filter names the value of a cell. */
export function choiceOf(cell: string | number | null): string {
  return cell === null ? '–' : String(cell);
}

/**
 * A state as the fragment of an address: `#trials?sort=-value&f=smoothing.alpha:0.5&sel=3,7`; the
 * figure alone where nothing was chosen.
 */
export function stateFragment(figure: string, state: ExplorerState): string {
  const { sort, text, filters, columns, selected, isComparing, page } = state;
  const parts = [
    ...(sort === null ? [] : [['sort', `${sort.isDown ? '-' : ''}${sort.column}`]]),
    ...(text === '' ? [] : [['q', text]]),
    ...Object.entries(filters).map(([column, choice]) => ['f', `${column}:${choice}`]),
    ...(columns === null ? [] : [['cols', columns.join(',')]]),
    ...(selected.length === 0 ? [] : [['sel', selected.join(',')]]),
    ...(isComparing ? [['compare', '1']] : []),
    ...(page === 1 ? [] : [['page', String(page)]]),
  ] as [string, string][];
  const query = parts.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll(/%(2C|3A)/g, unescaped)}`);
  return `#${figure}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Commas and colons may stand in a fragment as they are, and read better so. */
function unescaped(escaped: string): string {
  return decodeURIComponent(escaped);
}

/**
 * The state that a fragment names; null where it is not of this figure. What it names and the table
 * does not have is left out.
 *
 * @param ids of the table's columns
 */
export function readFragment(figure: string, fragment: string, ids: readonly string[]): ExplorerState | null {
  const [name, query] = splitOnce(fragment.replace(/^#/, ''), '?');
  if (name !== figure || query === null) return null;
  const values = new URLSearchParams(query.replaceAll('+', '%2B'));
  const sorted = values.get('sort') ?? '';
  const column = sorted.replace(/^-/, '');
  const columns =
    values
      .get('cols')
      ?.split(',')
      .filter((id) => ids.includes(id)) ?? [];
  const pairs = values.getAll('f').map((pair) => splitOnce(pair, ':'));
  return {
    sort: ids.includes(column) ? { column, isDown: sorted.startsWith('-') } : null,
    text: values.get('q') ?? '',
    filters: Object.fromEntries(pairs.filter(([id, choice]) => choice !== null && ids.includes(id))) as Record<
      string,
      string
    >,
    columns: columns.length === 0 ? null : columns,
    selected: [
      ...new Set(
        (values.get('sel') ?? '')
          .split(',')
          .filter((text) => /^\d{1,15}$/.test(text))
          .map(Number),
      ),
    ],
    isComparing: values.get('compare') === '1',
    page: Math.max(1, Math.trunc(Number(values.get('page') ?? 1)) || 1),
  };
}

function splitOnce(text: string, at: string): readonly [string, string | null] {
  const place = text.indexOf(at);
  return place < 0 ? [text, null] : [text.slice(0, place), text.slice(place + at.length)];
}
