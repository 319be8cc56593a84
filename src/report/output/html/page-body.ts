import type { PageFigure } from '../../figures/figure.js';
import { escapeHtml } from './escape-html.js';
import type { LiveFacts } from '../../facts/live-facts.js';
import type { PageLinks } from '../../addresses/page-links.js';
import type { Query } from '../../query.js';
import { timeText } from '../../time-text.js';
import type { AbsentFigure } from './not-shown.js';
import { notShownHtml } from './not-shown.js';
import type { RenderedFigures } from './render-figure.js';
import { renderFigures } from './render-figure.js';
import { linked } from './linked.js';

/** What a report says about itself. */
export interface ReportOptions {
  /** Where the rows come from, as shown in the page. */
  readonly database: string;
  /** When the page was made; given, so that equal input makes an equal page. */
  readonly generatedAt: Date;
  /** Given by a server whose pages follow a running database. */
  readonly live?: LiveFacts;
}

/** A part of a page under a heading of its own, with its figures. */
export interface Section<Facts> {
  readonly id: string;
  readonly title: string;
  /** HTML before the figures; empty without. */
  readonly before?: string;
  /** HTML after the figures; empty without. */
  readonly after?: string;
  readonly figures: readonly PageFigure<Facts>[];
}

/** One step of the way from the index to the page. */
export interface Crumb {
  readonly text: string;
  /** Null for the page itself, and where the report has no such page. */
  readonly href: string | null;
}

/** What every page is made of. */
export interface PageBody<Facts> {
  /** Last is the page itself. Not shown where it is alone. */
  readonly crumbs: readonly Crumb[];
  readonly heading: string;
  /** Short facts in a row under the heading. */
  readonly about: readonly string[];
  /** HTML between heading and sections. */
  readonly first: string;
  /** Figures of the first screen that have nothing to show; the sections' own are added. */
  readonly absent?: readonly AbsentFigure[];
  readonly sections: readonly Section<Facts>[];
  /** Which sweep or database the page is of, for the foot. */
  readonly source: string;
  readonly links: PageLinks;
}

/**
 * The body of a page: way to it, heading, first screen, sections of figures, and where it came
 * from.
 */
export function pageBody<Facts>(page: PageBody<Facts>, facts: Facts, query: Query, options: ReportOptions): string {
  const revision =
    options.live === undefined
      ? ''
      : ` data-revision="${escapeHtml(options.live.revision)}" data-made="${options.generatedAt.toISOString()}"`;
  const sections = page.sections.map((section) => renderSection(section, facts, query));
  const absent = [...(page.absent ?? []), ...sections.flatMap((section) => section.absent)];
  return `<main class="page" data-links="${escapeHtml(JSON.stringify(page.links.ofRows))}"${revision}>
${crumbsHtml(page.crumbs)}<header><h1>${escapeHtml(page.heading)}</h1>
<p class="about">${page.about.map((part) => `<span>${escapeHtml(part)}</span>`).join('')}</p></header>
${contentsHtml(sections)}${page.first}
<noscript><p class="warning">The charts need JavaScript; the text and the tables do not.</p></noscript>
${sections.map(({ html }) => html).join('\n')}
${notShownHtml(absent)}
<footer>Made by quantsweep report at ${escapeHtml(timeText(options.generatedAt.toISOString()))} from ${escapeHtml(options.database)}, ${escapeHtml(page.source)}. Every number comes from the SQL shown beside it: <code>quantsweep query "…"</code> gives the same rows.</footer>
</main>`;
}

/** Links to the parts of a long page. */
function contentsHtml(sections: readonly RenderedSection[]): string {
  const shown = sections.filter(({ html }) => html !== '');
  if (shown.length < 4) return '';
  const links = shown.map(({ id, title }) => `<a href="#${id}">${escapeHtml(title)}</a>`);
  return `<nav class="contents" aria-label="Parts of this page">${links.join('')}</nav>\n`;
}

function crumbsHtml(crumbs: readonly Crumb[]): string {
  if (crumbs.length < 2) return '';
  const items = crumbs.map(({ text, href }, index) =>
    index === crumbs.length - 1
      ? `<li aria-current="page">${escapeHtml(text)}</li>`
      : `<li>${linked(escapeHtml(text), href)}</li>`,
  );
  return `<nav class="crumbs" aria-label="Where this page is"><ol>${items.join('')}</ol></nav>\n`;
}

interface RenderedSection extends RenderedFigures {
  /** The element's. */
  readonly id: string;
  readonly title: string;
}

/** A section without figures to show and without anything after them is left out. */
function renderSection<Facts>(
  { id, title, figures, before = '', after = '' }: Section<Facts>,
  facts: Facts,
  query: Query,
): RenderedSection {
  const { html, absent } = renderFigures(figures, facts, query);
  if (html === '' && before === '' && after === '') return { id, title, html: '', absent };
  // An id is of one element: where a figure is called as its section is, the figure has it.
  const own = figures.some((figure) => figure.id === id) ? `${id}-section` : id;
  return {
    html: `<section id="${own}"><h2>${escapeHtml(title)}</h2>${before}${html}${after}</section>`,
    absent,
    id: own,
    title,
  };
}
