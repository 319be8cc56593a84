import { DatasetError } from '../../formats/dataset-error.js';

/** A line of a table, with its number in the file, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The rows of a table of text (RFC 4180): cells between separators, in double quotes where they
 * hold separators, quotes (doubled) or line breaks. A space before an opening quote is left out, as
 * in ICDAR's `word_1.png, "text"`, and so are spaces behind the closing one. Empty lines have no
 * row.
 *
 * @throws DatasetError when a quote is not closed, or text follows one
 */
export function csvRows(text: string, separator: ',' | '\t', where: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const first = line;
    const cells: string[] = [];
    for (;;) {
      const opening = text[at] === ' ' && text[at + 1] === '"' ? at + 1 : at;
      if (text[opening] === '"') {
        const [cell, after] = quotedCell(text, opening, `${where}, line ${first}`);
        cells.push(cell);
        line += countBreaks(cell);
        at = after;
        while (text[at] === ' ') at += 1;
        if (at < text.length && text[at] !== separator && !/[\r\n]/.test(text[at]!)) {
          throw new DatasetError({
            expected: `"${separator === '\t' ? 'a tab' : separator}" or the end of the line behind a closing quote`,
            got: JSON.stringify(text.slice(at, at + 20)),
            where: `${where}, line ${line}`,
            advice: 'Double the quotes that belong to the text: "say ""hi""".',
          });
        }
      } else {
        let end = at;
        while (end < text.length && text[end] !== separator && text[end] !== '\n') end += 1;
        cells.push(text.slice(at, end).replace(/\r$/, ''));
        at = end;
      }
      if (text[at] !== separator) break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    at += 1;
    line += 1;
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: first, cells });
  }
  return rows;
}

function quotedCell(text: string, opening: number, where: string): readonly [cell: string, after: number] {
  let cell = '';
  let from = opening + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw new DatasetError({ expected: 'a closing quote', got: 'the end of the file', where });
    cell += text.slice(from, quote);
    if (text[quote + 1] !== '"') return [cell, quote + 1];
    cell += '"';
    from = quote + 2;
  }
}

function countBreaks(text: string): number {
  return text.split('\n').length - 1;
}
