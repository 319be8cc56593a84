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
 * - `table`: aligned, for the eye: 6 significant digits, NULL as `-`, control characters as spaces.
 *   Text is clipped with `…` so that lines fit `width` columns; null: never clipped. Widths follow
 *   the first 1000 rows and grow, never shrink, with later ones: no row is left out.
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
  let numeric: readonly boolean[] | null = null;
  for (const block of blocksOf(rows)) {
    const cells = block.map((row) => row.map((cell) => (cell === null ? '-' : onOneLine(displayText(cell)))));
    const isFirst = numeric === null;
    numeric ??= columns.map((_, index) => isNumeric(block, index));
    natural = natural.map((most, index) => cells.reduce((widest, row) => Math.max(widest, row[index]!.length), most));
    const widths = width === null ? natural : fitWidths(natural, numeric, width);
    if (isFirst) {
      yield tableLine(names, widths, numeric);
      yield `${widths.map((columnWidth) => '-'.repeat(columnWidth)).join('  ')}\n`;
    }
    for (const row of cells) yield tableLine(row, widths, numeric);
  }
}

function tableLine(texts: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string {
  const cells = texts.map((text, index) => {
    const clipped = clip(text, widths[index]!);
    return numeric[index] === true ? clipped.padStart(widths[index]!) : clipped.padEnd(widths[index]!);
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

/**
 * Takes from the widest text columns, down to 8 characters, until the lines fit; numbers are never
 * clipped.
 */
function fitWidths(natural: readonly number[], numeric: readonly boolean[], width: number): readonly number[] {
  const widths = [...natural];
  let excess = natural.reduce((sum, columnWidth) => sum + columnWidth, 0) + 2 * (natural.length - 1) - width;
  for (; excess > 0; excess -= 1) {
    let widest = -1;
    widths.forEach((columnWidth, index) => {
      if (numeric[index] !== true && columnWidth > 8 && columnWidth > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) break;
    widths[widest]! -= 1;
  }
  return widths;
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

/** Integers as they are, others in 6 significant digits. */
function displayNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
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
