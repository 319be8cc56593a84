import { notesSql, readNotes } from '../facts/notes.js';
import { notesHtml } from '../output/html/notes-html.js';
import type { Query } from '../query.js';

/** Notes as a page shows them. */
export interface NotesBlock {
  /** Empty where there are none. */
  readonly html: string;
  /** The queries that they come from. */
  readonly sources: readonly (readonly [string, string])[];
}

/** What was written on a trial, or on the sweep itself without one. */
export function notesBlock(query: Query, sweep: string, trial: number | null): NotesBlock {
  const html = notesHtml(readNotes(query, sweep, trial));
  return { html, sources: [['notes', notesSql(sweep, trial)]] };
}
