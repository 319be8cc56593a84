import { exploredText } from '../../../explored-cell.js';
import type { ExploredColumn, ExploredTable } from '../../../explored-table.js';
import type { Cell, Row } from '../../../query.js';
import { compareCells } from '../sort-table.js';
import { choiceOf, type ExplorerState, type Sorting } from './explorer-state.js';

/** The rows that a reader asked for, in the order asked for. */
export function exploredRows(table: ExploredTable, rows: readonly Row[], state: ExplorerState): readonly Row[] {
  const words = state.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const filters = Object.entries(state.filters).map(
    ([id, choice]) => [table.columns.find((column) => column.id === id)?.field ?? '', choice] as const,
  );
  const kept = rows.filter(
    (row) =>
      filters.every(([field, choice]) => choiceOf(row[field] ?? null) === choice) &&
      (words.length === 0 || hasWords(searchedText(table, row), words)),
  );
  const sorted = table.columns.find(({ id }) => id === state.sort?.column);
  if (sorted === undefined || state.sort === null) return kept;
  const { isDown } = state.sort;
  const { field } = sorted;
  return [...kept].sort((a, b) => compareCells(a[field] ?? null, b[field] ?? null, isDown));
}

const searchedFormats: readonly ExploredColumn['format'][] = ['trial', 'status', 'written'];

function hasWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

/**
 * What the search looks through: the label, the settings, the status with its error, tags and
 * notes.
 */
function searchedText({ columns, metric }: ExploredTable, row: Row): string {
  const searched = columns.filter(({ format, isSetting }) => isSetting || searchedFormats.includes(format));
  const texts = searched.map((column) => exploredText(column, row, metric));
  return [String(row['trial']), ...texts, String(row['key'] ?? '')].join('\n').toLowerCase();
}

/** The next order of a column's head: the better end first, then the other way round, then none. */
export function nextSorting({ id, better }: ExploredColumn, now: Sorting | null): Sorting | null {
  const first = better === 'higher';
  if (now?.column !== id) return { column: id, isDown: first };
  return now.isDown === first ? { column: id, isDown: !first } : null;
}

/** The values of a column that a reader may choose among, in order. */
export function choicesOf({ field }: ExploredColumn, rows: readonly Row[]): readonly Cell[] {
  return [...new Set(rows.map((row) => row[field] ?? null))].sort((a, b) => compareCells(a, b, false));
}
