import type { MetricText } from '../../number-text.js';
import { escapeHtml } from './escape-html.js';

/** What a metric is, in a sentence; empty where that is not known. */
export function definitionHtml({ name, definition }: MetricText): string {
  return definition === null ? '' : `<p class="caption">${escapeHtml(`${name}: ${lowered(definition)}`)}</p>`;
}

/** As it stands behind a colon; names and abbreviations stay. */
function lowered(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
