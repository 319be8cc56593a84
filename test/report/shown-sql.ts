import { restoreRows } from '../../src/report/browser/embedded-rows.js';
import { unpackFigure } from '../../src/report/browser/pack-figure.js';

/** Text of a page's HTML without its entities. */
export function unescapeHtml(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** The SQL shown in a piece of a page. */
export function shownSql(html: string): string[] {
  return [...html.matchAll(/<code class="sql">([^]*?)<\/code>/g)].map((match) => unescapeHtml(match[1] ?? ''));
}

/** Pieces of a page that begin at a figure or at a line in place of one, by id. */
export function figurePieces(html: string): Map<string, string> {
  const starts = [...html.matchAll(/<(?:figure|div class="absent") id="([^"]+)"/g)];
  return new Map(
    starts.map((match, index) => [
      match[1] ?? '',
      html.slice(match.index, starts[index + 1]?.index ?? html.indexOf('</main>')),
    ]),
  );
}

/** Columns and rows that a figure's piece holds for the page's script. */
export function embeddedRows(piece: string): { columns: unknown; rows: unknown } {
  const packed = /<script type="text\/plain" data-figure="[^"]+">([^]*?)<\/script>/.exec(piece)?.[1] ?? '';
  const embedded = unpackFigure(packed);
  return { columns: embedded.columns, rows: restoreRows(embedded) };
}
