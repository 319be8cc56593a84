/** A cell as SQLite returns it. */
export type Cell = string | number | bigint | Uint8Array | null;

/** Column names, which may repeat, and rows of cells in the same order. */
export interface RowSet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export const rowFormats = ['table', 'csv', 'json', 'markdown'] as const;
export type RowFormat = (typeof rowFormats)[number];

/**
 * Rows as text that ends with a line break.
 *
 * - `table`: aligned, for the eye: 6 significant digits, NULL as `-`, control characters as spaces. Text is clipped
 *   with `…` so that lines fit `width` columns; null: never clipped.
 * - `csv`: RFC 4180 with a header, full precision, NULL empty.
 * - `json`: an array of objects, full precision; of columns of one name the last wins, as in every JSON reader.
 * - `markdown`: a table, digits as in `table`, pipes, tags and line breaks escaped.
 */
export function formatRows(rowSet: RowSet, format: RowFormat, width: number | null = null): string {
  switch (format) {
    case 'table':
      return formatTable(rowSet, width);
    case 'csv':
      return formatCsv(rowSet);
    case 'json':
      return formatJson(rowSet);
    case 'markdown':
      return formatMarkdown(rowSet);
  }
}

function formatTable({ columns, rows }: RowSet, width: number | null): string {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '-' : onOneLine(displayText(cell)))));
  const numeric = columns.map((_, index) => isNumeric(rows, index));
  const names = columns.map(onOneLine);
  const natural = names.map((name, index) =>
    cells.reduce((most, row) => Math.max(most, row[index]!.length), name.length),
  );
  const widths = width === null ? natural : fitWidths(natural, numeric, width);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const clipped = clip(text, widths[index]!);
        return numeric[index] === true ? clipped.padStart(widths[index]!) : clipped.padEnd(widths[index]!);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((columnWidth) => '-'.repeat(columnWidth)).join('  ');
  return `${[line(names), rule, ...cells.map(line)].join('\n')}\n`;
}

/** Takes from the widest text columns, down to 8 characters, until the lines fit; numbers are never clipped. */
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

/** Control characters (also the escapes that a terminal obeys) and the Unicode ones that reorder text become spaces. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

function formatCsv({ columns, rows }: RowSet): string {
  const line = (cells: readonly Cell[]): string =>
    `${cells.map((cell) => (cell === null ? '' : quoteCsv(exactText(cell)))).join(',')}\r\n`;
  return [columns, ...rows].map(line).join('');
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function formatJson({ columns, rows }: RowSet): string {
  const names = columns.map((column) => JSON.stringify(column));
  const objects = rows.map(
    (row) => `  {${row.map((cell, index) => `${names[index]!}: ${jsonText(cell)}`).join(', ')}}`,
  );
  return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`;
}

function jsonText(cell: Cell): string {
  // JSON has no limit to the digits of a number, only JSON.stringify refuses bigints.
  if (typeof cell === 'bigint') return String(cell);
  return JSON.stringify(cell instanceof Uint8Array ? exactText(cell) : cell);
}

function formatMarkdown({ columns, rows }: RowSet): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rule = columns.map((_, index) => (isNumeric(rows, index) ? '---:' : '---'));
  const body = rows.map((row) => line(row.map((cell) => (cell === null ? '' : escapeMarkdown(displayText(cell))))));
  return `${[line(columns.map(escapeMarkdown)), line(rule), ...body].join('\n')}\n`;
}

/** `<` too: an HTML comment in a name would hide the rest of the document. */
function escapeMarkdown(text: string): string {
  return onOneLine(text.replaceAll(/[\\|<]/g, '\\$&').replace(/\r\n|\r|\n/g, '<br>'));
}
