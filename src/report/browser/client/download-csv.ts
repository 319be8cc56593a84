import type { Cell } from '../../query.js';
import { csvText } from './csv-text.js';
import { element } from './element.js';

/** For so long a browser may take to begin a download. */
const keptMs = 60_000;

/** Hands rows to the reader as a file `<page>-<name>.csv`; nothing leaves the browser. */
export function downloadCsv(name: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const file = new Blob([csvText(columns, rows)], { type: 'text/csv;charset=utf-8' });
  const link = element('a');
  link.href = URL.createObjectURL(file);
  link.download = `${fileName(document.title)}-${name}.csv`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, keptMs);
}

/** The page's title without the program's name, of letters that file systems take. */
function fileName(title: string): string {
  const name = title.replace(/ · quantsweep$/, '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  return name.replaceAll(/^[.-]+|[.-]+$/g, '').slice(0, 80) || 'quantsweep';
}
