import type { NoteFacts } from '../../facts/notes.js';
import { timeText } from '../../time-text.js';
import { escapeHtml } from './escape-html.js';

/** Tags in a row, notes below; empty where there are none. */
export function notesHtml(notes: readonly NoteFacts[]): string {
  if (notes.length === 0) return '';
  const tags = notes.filter(({ kind }) => kind === 'tag').map(({ text }) => `<li class="tag">${escapeHtml(text)}</li>`);
  const lines = notes
    .filter(({ kind }) => kind === 'note')
    .map(
      ({ text, writtenAt }) =>
        `<li>${escapeHtml(text)} <time datetime="${escapeHtml(writtenAt)}">${escapeHtml(timeText(writtenAt))}</time></li>`,
    );
  return `<div class="notes">${listHtml('Tags', tags)}${listHtml('Notes', lines)}</div>`;
}

function listHtml(name: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul aria-label="${name}">${items.join('')}</ul>`;
}
