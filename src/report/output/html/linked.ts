import { escapeHtml } from './escape-html.js';

/** Escaped text as a link where there is an address. */
export function linked(html: string, href: string | null): string {
  return href === null ? html : `<a href="${escapeHtml(href)}">${html}</a>`;
}
