import type { Query } from '../query.js';
import { sqlText, textOf, toRows } from '../query.js';

/** A line, or a tag, that somebody wrote on a sweep or trial. All of its text is foreign. */
export interface NoteFacts {
  readonly kind: 'note' | 'tag';
  readonly text: string;
  /** UTC, ISO 8601. */
  readonly writtenAt: string;
}

/** The query behind {@link readNotes}. */
export function notesSql(sweep: string, trial: number | null): string {
  return `SELECT kind, text, written_at FROM v_note WHERE sweep = ${sqlText(sweep)} AND trial IS ${trial ?? 'NULL'} ORDER BY kind DESC, note`;
}

/** Tags, then notes, of a trial; of the sweep itself without one. */
export function readNotes(query: Query, sweep: string, trial: number | null): readonly NoteFacts[] {
  return toRows(query(notesSql(sweep, trial), [])).map((row) => ({
    kind: textOf(row, 'kind') === 'tag' ? 'tag' : 'note',
    text: textOf(row, 'text'),
    writtenAt: textOf(row, 'written_at'),
  }));
}
