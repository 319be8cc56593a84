import { notesSql, readNotes } from '../facts/notes.js';
import { notesHtml } from '../output/html/notes-html.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import type { Query } from '../query.js';

/**
 * What was written on a trial, or on the sweep itself without one, with the SQL that it comes from;
 * empty where nothing was.
 */
export function notesBlock(query: Query, sweep: string, trial: number | null): string {
  const notes = notesHtml(readNotes(query, sweep, trial));
  return notes === '' ? '' : `${notes}${sourcesHtml([['notes', notesSql(sweep, trial)]])}`;
}
