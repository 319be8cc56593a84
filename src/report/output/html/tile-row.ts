import { escapeHtml } from './escape-html.js';

/**
 * Numbers that stand out, each with what it is: kind (a class of the style sheet), number, words.
 * What was not measured, an en dash, has no tile.
 */
export function tileRow(tiles: readonly (readonly [string, string, string])[]): string {
  const measured = tiles.filter(([, value]) => value !== '–');
  if (measured.length === 0) return '';
  return `<div class="tiles">${measured
    .map(
      ([kind, value, text]) =>
        `<div class="tile ${kind}"><b>${escapeHtml(value)}</b><span>${escapeHtml(text)}</span></div>`,
    )
    .join('')}</div>`;
}
