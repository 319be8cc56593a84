import { escapeHtml } from './escape-html.js';

/**
 * Numbers that stand out, each with what it is: kind (a class of the style sheet), number, words.
 */
export function tileRow(tiles: readonly (readonly [string, string, string])[]): string {
  return `<div class="tiles">${tiles
    .map(
      ([kind, value, text]) =>
        `<div class="tile ${kind}"><b>${escapeHtml(value)}</b><span>${escapeHtml(text)}</span></div>`,
    )
    .join('')}</div>`;
}
