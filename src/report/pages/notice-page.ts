import { noLinks } from '../addresses/page-links.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { sharedAssets } from '../output/html/page-assets.js';
import { pageHtml } from '../output/html/page-html.js';

/** What a page says that stands in place of one of the report. */
export interface Notice {
  readonly title: string;
  readonly text: string;
}

/** A page of a server that says why there is no other. */
export function noticePage({ title, text }: Notice): string {
  return pageHtml({
    title: `${title} · quantsweep`,
    body: `<main class="page"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p><p><a href="/">All sweeps</a></p></main>`,
    assets: { ...sharedAssets('/', 'server'), scripts: [], live: false },
  });
}

/**
 * A page for while the database can't be read, that follows as the report's own do and turns into
 * the asked one.
 */
export function waitingPage(message: string): string {
  return pageHtml({
    title: 'Waiting for the database · quantsweep',
    body: `<main class="page" data-links="${escapeHtml(JSON.stringify(noLinks.ofRows))}" data-revision="">
<h1>Waiting for the database</h1>
<p class="warning">${escapeHtml(message)}</p>
<p>The report appears here automatically once the database can be read.</p></main>`,
    assets: sharedAssets('/', 'server'),
  });
}
