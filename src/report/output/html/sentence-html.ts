import type { Sentence } from '../../answers/sentence.js';
import { escapeHtml } from './escape-html.js';

/** A sentence as HTML, escaped. */
export function sentenceHtml(sentence: Sentence): string {
  return sentence.map(({ text, strong }) => (strong ? `<strong>${unbroken(text)}</strong>` : unbroken(text))).join('');
}

/** Escaped text in which `top-1` does not break at its hyphen. */
function unbroken(text: string): string {
  return escapeHtml(text).replaceAll(/\btop-\d\b/g, '<span class="whole">$&</span>');
}
