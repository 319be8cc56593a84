import type { Spec } from 'vega';
import { compileChart } from '../../charts/compile-chart.js';
import type {
  AbsentContent,
  ChartContent,
  Control,
  FigureContent,
  PageFigure,
  TableContent,
} from '../../figures/figure.js';
import type { FigureData } from '../../figures/figure-data.js';
import { figureData } from '../../figures/figure-data.js';
import type { AbsentFigure } from './not-shown.js';
import { absentHtml } from './not-shown.js';
import { embeddedFigure } from './embedded-figure.js';
import { escapeHtml } from './escape-html.js';
import { graphHtml } from './graph-html.js';
import { exploredHtml } from './explored-html.js';
import { linked } from './linked.js';
import { sqlDisclosure } from './sql-disclosure.js';
import type { Query, Row } from '../../query.js';

/** Figures of a page: what is to be seen of them, and those that have nothing to show. */
export interface RenderedFigures {
  /** Of those that show something, in their order; empty where none does. */
  readonly html: string;
  /** For the page's closing line, see {@link notShownHtml}. */
  readonly absent: readonly AbsentFigure[];
}

/** Queries the figures' rows and returns their HTML, embedded rows and compiled charts included. */
export function renderFigures<Facts>(
  figures: readonly PageFigure<Facts>[],
  facts: Facts,
  query: Query,
): RenderedFigures {
  const data = figures.map((figure) => figureData(figure, facts, query));
  return {
    html: data.flatMap((one) => (one.content.kind === 'absent' ? [] : [figureHtml(one, one.content)])).join('\n'),
    absent: data.flatMap(({ id, title, name, sql, result, content }) =>
      content.kind === 'absent' ? [{ id, title, name, sql, result, content }] : [],
    ),
  };
}

/** One figure; where it has nothing to show a line in its place says why. */
export function renderFigure<Facts>(figure: PageFigure<Facts>, facts: Facts, query: Query): string {
  const { html, absent } = renderFigures([figure], facts, query);
  return html + absent.map(absentHtml).join('');
}

function figureHtml(
  { id, title, sql, result, rows }: FigureData,
  content: Exclude<FigureContent, AbsentContent>,
): string {
  const panels = content.kind === 'charts' ? content.panels.map(({ spec }) => nameless(compileChart(spec).spec)) : [];
  return `<figure id="${id}"${content.kind === 'table' ? ' class="wide"' : ''} aria-labelledby="${id}-title">
<h3 id="${id}-title">${escapeHtml(title)}</h3>
<figcaption>${escapeHtml(content.caption)}</figcaption>
${bodyHtml(content, rows, id)}
<div class="sources">${detailsHtml(content)}${content.kind !== 'table' ? dataDisclosure(id, rows.length) : ''}${sqlDisclosure(sql)}</div>
${embeddedFigure(id, result, panels, content.kind === 'table' ? content.explored : undefined)}
</figure>`;
}

/** Without its description: the page's script takes the panel's text in its place. */
function nameless({ description, ...chart }: Spec): Spec {
  return chart;
}

function detailsHtml({ details }: Exclude<FigureContent, AbsentContent>): string {
  return details === undefined
    ? ''
    : `<details class="explained"><summary>How to read it</summary><p>${escapeHtml(details)}</p></details>`;
}

function bodyHtml(content: Exclude<FigureContent, AbsentContent>, rows: readonly Row[], id: string): string {
  switch (content.kind) {
    case 'charts':
      return chartsHtml(content, id);
    case 'graph':
      return `${controlsHtml(content.controls, id)}${graphHtml(content, rows, id)}`;
    case 'table':
      return content.explored === undefined
        ? tableHtml(content, rows)
        : exploredHtml(content.explored, tableHtml(content, rows.slice(0, content.explored.perPage)), rows.length);
    case 'text':
      return '';
  }
}

function chartsHtml({ panels, controls, isCompact }: ChartContent, id: string): string {
  const charts = panels.map(
    ({ title, alt }, index) =>
      `<div>${title === '' ? '' : `<h4>${escapeHtml(title)}</h4>`}<div class="chart" data-panel="${index}" role="img" aria-label="${escapeHtml(alt)}"></div></div>`,
  );
  return `${controlsHtml(controls, id)}<div class="panels${isCompact === true ? ' compact' : ''}">${charts.join('')}</div>`;
}

function controlsHtml(controls: readonly Control[], id: string): string {
  const selects = controls.map((control) => controlHtml(control, id)).join('');
  return selects === '' ? '' : `<div class="controls">${selects}</div>`;
}

function controlHtml({ param, label, options }: Control, id: string): string {
  const choices = options.map(
    ({ value, label: text }) => `<option value="${escapeHtml(JSON.stringify(value))}">${escapeHtml(text)}</option>`,
  );
  return `<label>${escapeHtml(label)} <select data-param="${param}" name="${id}-${param}" autocomplete="off">${choices.join('')}</select></label>`;
}

function dataDisclosure(id: string, count: number): string {
  return `<details><summary>Data (${count} rows)</summary><div class="scroll data" data-rows-of="${id}" tabindex="0" role="region" aria-label="Data behind the chart"></div></details>`;
}

function tableHtml({ columns, sortable, emphasis, disclosure }: TableContent, rows: readonly Row[]): string {
  const heads = columns.map(({ title, align }) => {
    const text = sortable ? `<button type="button">${escapeHtml(title)}</button>` : escapeHtml(title);
    return `<th scope="col"${align === 'right' ? ' class="right"' : ''}${sortable ? ' aria-sort="none"' : ''}>${text}</th>`;
  });
  const lines = rows.map((row) => {
    const cells = columns.map(({ field, align, text, href, since }) => {
      const shown = text(row);
      const long = shown.length > 90 ? 'long wide' : shown.length > 40 ? 'long' : '';
      const kind = align === 'right' ? 'right' : field === 'key' ? 'code' : long;
      const sort = sortable ? ` data-sort="${escapeHtml(JSON.stringify(row[field] ?? null))}"` : '';
      const began = since?.(row) ?? null;
      const ticking = began === null ? '' : ` data-since="${escapeHtml(began)}"`;
      return `<td${kind === '' ? '' : ` class="${kind}"`}${sort}${ticking}>${linked(escapeHtml(shown), href?.(row) ?? null)}</td>`;
    });
    const marked = emphasis?.(row) ?? null;
    return `<tr${marked === null ? '' : ` class="${marked}"`}>${cells.join('')}</tr>`;
  });
  const table = `<div class="scroll" tabindex="0"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
  return disclosure === undefined ? table : `<details><summary>${escapeHtml(disclosure)}</summary>${table}</details>`;
}
