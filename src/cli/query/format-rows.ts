import { digitsBelowOne } from './digits-below-one.js';

/** A cell as SQLite returns it. */
export type Cell = string | number | bigint | Uint8Array | null;

/** Column names, which may repeat, and rows of cells in the same order. */
export interface RowSet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** As a {@link RowSet} whose rows come one at a time and are walked once. */
export interface RowStream {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Cell[]>;
}

export const rowFormats = ['table', 'csv', 'json', 'markdown'] as const;
export type RowFormat = (typeof rowFormats)[number];

/**
 * Rows that a table or a Markdown table looks at together: to choose widths, and which columns hold
 * numbers.
 */
const BLOCK_ROWS = 1000;

/**
 * Rows as text that ends with a line break, in pieces: memory does not grow with their number.
 *
 * - `table`: aligned, for the eye: 4 significant digits below 1 (more near 1) and 5 above, NULL as
 *   `-`, control characters as spaces. So that lines fit `width` columns text is clipped with `…`,
 *   then columns are left out from the right, which a last line names; labels and values stay.
 *   Null: nothing is. Widths follow the first 1000 rows and grow, never shrink, with later ones: no
 *   row is left out.
 * - `csv`: RFC 4180 with a header, full precision, NULL empty, bytes as hexadecimal digits.
 * - `json`: an array of objects, full precision; of columns of one name the last wins, as in every
 *   JSON reader. Infinities are `9e999` and `-9e999`, as SQLite's own JSON functions write them:
 *   numbers, which overflow to an infinity when read. Bytes are
 *   `{"$base64": true, "encoded": "..."}`, as Datasette writes them.
 * - `markdown`: a table, digits as in `table`, pipes, tags and line breaks escaped.
 */
export function rowTexts(stream: RowStream, format: RowFormat, width: number | null = null): Iterable<string> {
  switch (format) {
    case 'table':
      return tableTexts(stream, width);
    case 'csv':
      return csvTexts(stream);
    case 'json':
      return jsonTexts(stream);
    case 'markdown':
      return markdownTexts(stream);
  }
}

/** The pieces of {@link rowTexts} joined, for few rows. */
export function formatRows(rowSet: RowSet, format: RowFormat, width: number | null = null): string {
  return [...rowTexts(rowSet, format, width)].join('');
}

function* tableTexts({ columns, rows }: RowStream, width: number | null): Generator<string> {
  const names = columns.map(onOneLine);
  let natural: readonly number[] = names.map((name) => name.length);
  let kept: readonly TableColumn[] | null = null;
  for (const block of blocksOf(rows)) {
    const cells = block.map((row) => row.map((cell) => (cell === null ? '-' : onOneLine(displayText(cell)))));
    natural = natural.map((most, index) => cells.reduce((widest, row) => Math.max(widest, row[index]!.length), most));
    const isFirst = kept === null;
    kept ??= keptColumns(
      names.map((name, index) => ({
        index,
        isLabel: isLabel(name),
        isValue: name === 'value',
        isNumeric: isNumeric(block, index),
      })),
      natural,
      width,
    );
    const widths = fitWidths(kept, natural, width);
    if (isFirst) {
      yield tableLine(kept, names, widths);
      yield `${widths.map((columnWidth) => '-'.repeat(columnWidth)).join('  ')}\n`;
    }
    for (const row of cells) yield tableLine(kept, row, widths);
  }
  const left = names.filter((_, index) => kept?.some((column) => column.index === index) === false);
  if (left.length > 0)
    yield `(${left.length} more ${left.length === 1 ? 'column does' : 'columns do'} not fit: ${left.join(', ')})\n`;
}

/** A column of a table, by its place in the rows. */
interface TableColumn {
  readonly index: number;
  /** It says which trial a row is of. */
  readonly isLabel: boolean;
  /** What a row is about. */
  readonly isValue: boolean;
  readonly isNumeric: boolean;
}

function isLabel(name: string): boolean {
  return name === 'label' || name.endsWith('_label');
}

function tableLine(columns: readonly TableColumn[], texts: readonly string[], widths: readonly number[]): string {
  const cells = columns.map(({ index, isNumeric: isRight }, place) => {
    const clipped = clip(texts[index]!, widths[place]!);
    return isRight ? clipped.padStart(widths[place]!) : clipped.padEnd(widths[place]!);
  });
  return `${cells.join('  ').trimEnd()}\n`;
}

/** The rows in blocks; one empty block where there are none. */
function* blocksOf(rows: RowStream['rows']): Generator<readonly (readonly Cell[])[]> {
  let block: (readonly Cell[])[] = [];
  let isEmpty = true;
  for (const row of rows) {
    block.push(row);
    if (block.length < BLOCK_ROWS) continue;
    isEmpty = false;
    yield block;
    block = [];
  }
  if (block.length > 0 || isEmpty) yield block;
}

/** Characters that a clipped text keeps. */
const CLIPPED = 8;

/**
 * All columns, or without the last ones where the others fill the width; the first, labels and the
 * value stay.
 */
function keptColumns(
  columns: readonly TableColumn[],
  natural: readonly number[],
  width: number | null,
): readonly TableColumn[] {
  if (width === null) return columns;
  const least = (column: TableColumn): number =>
    column.isNumeric || column.isLabel ? natural[column.index]! : Math.min(CLIPPED, natural[column.index]!);
  let kept = columns;
  while (lineWidth(kept.map(least)) > width) {
    const last = kept.findLast((column) => !column.isLabel && !column.isValue && column.index > 0);
    if (last === undefined) break;
    kept = kept.filter((column) => column !== last);
  }
  return kept;
}

/**
 * Takes from the widest text columns, down to 8 characters, until the lines fit; from labels last,
 * from numbers never.
 */
function fitWidths(
  columns: readonly TableColumn[],
  natural: readonly number[],
  width: number | null,
): readonly number[] {
  const widths = columns.map(({ index }) => natural[index]!);
  if (width === null) return widths;
  for (const labels of [false, true]) {
    for (let excess = lineWidth(widths) - width; excess > 0; excess -= 1) {
      let widest = -1;
      widths.forEach((columnWidth, place) => {
        const { isNumeric: stays, isLabel: own } = columns[place]!;
        if (!stays && own === labels && columnWidth > CLIPPED && columnWidth > (widths[widest] ?? 0)) widest = place;
      });
      if (widest < 0) break;
      widths[widest]! -= 1;
    }
  }
  return widths;
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, columnWidth) => sum + columnWidth + 2, -2);
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** True where a column holds numbers and NULLs only, and at least one number. */
function isNumeric(rows: RowSet['rows'], index: number): boolean {
  const values = rows.map((row) => row[index]).filter((cell) => cell !== null);
  return values.length > 0 && values.every((cell) => typeof cell === 'number' || typeof cell === 'bigint');
}

function displayText(cell: Exclude<Cell, null>): string {
  return typeof cell === 'number' ? displayNumber(cell) : exactText(cell);
}

/** Integers as they are; 0.9134, 19.438, 1357.5: what an interval of a metric resolves. */
function displayNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? Math.max(4, digitsBelowOne(value)) : 5)));
}

function exactText(cell: Exclude<Cell, null>): string {
  if (typeof cell === 'string') return cell;
  return cell instanceof Uint8Array ? `<blob ${cell.byteLength} bytes>` : String(cell);
}

/**
 * Control characters (also the escapes that a terminal obeys) and the Unicode ones that reorder
 * text become spaces.
 */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

function* csvTexts({ columns, rows }: RowStream): Generator<string> {
  const line = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  yield line(columns);
  for (const row of rows) yield line(row);
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  return quoteCsv(cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : exactText(cell));
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* jsonTexts({ columns, rows }: RowStream): Generator<string> {
  const names = columns.map((column) => JSON.stringify(column));
  let before = '[\n';
  for (const row of rows) {
    yield `${before}  {${row.map((cell, index) => `${names[index]!}: ${jsonText(cell)}`).join(', ')}}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

function jsonText(cell: Cell): string {
  // JSON has no limit to the digits of a number, only JSON.stringify refuses bigints and makes null
  // of infinities.
  if (typeof cell === 'bigint') return String(cell);
  if (cell === Infinity) return '9e999';
  if (cell === -Infinity) return '-9e999';
  return JSON.stringify(
    cell instanceof Uint8Array ? { $base64: true, encoded: Buffer.from(cell).toString('base64') } : cell,
  );
}

function* markdownTexts({ columns, rows }: RowStream): Generator<string> {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |\n`;
  let isFirst = true;
  for (const block of blocksOf(rows)) {
    if (isFirst) {
      yield line(columns.map(escapeMarkdown));
      yield line(columns.map((_, index) => (isNumeric(block, index) ? '---:' : '---')));
    }
    isFirst = false;
    for (const row of block) yield line(row.map((cell) => (cell === null ? '' : escapeMarkdown(displayText(cell)))));
  }
}

/** `<` too: an HTML comment in a name would hide the rest of the document. */
function escapeMarkdown(text: string): string {
  return onOneLine(text.replaceAll(/[\\|<]/g, '\\$&').replace(/\r\n|\r|\n/g, '<br>'));
}
