import type { Connection } from '../file/connection.js';
import { StoreError } from '../store-error.js';

/** What a note is on: a trial, whatever sweeps it is in, or a sweep. */
export type NoteSubject =
  | { readonly kind: 'trial'; /** `trial` of `v_trial`. */ readonly trial: number }
  | { readonly kind: 'sweep'; readonly sweep: string };

/** A note's text, or a tag's name, as `note-text.ts` lets it pass. */
export interface Note {
  readonly kind: 'note' | 'tag';
  readonly text: string;
}

/**
 * Writes notes that are not there yet, in one transaction.
 *
 * @returns how many were new
 * @throws StoreError `unknown` where the trial or sweep is not there
 */
export function writeNotes(connection: Connection, subject: NoteSubject, notes: readonly Note[]): number {
  return connection.transaction(() => {
    const [trial, sweep] = idsOf(connection, subject);
    const now = new Date().toISOString();
    return notes.reduce(
      (count, { kind, text }) =>
        count +
        connection.run(
          'INSERT INTO note (trial_id, sweep_id, kind, text, written_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
          ...[trial, sweep, kind, text, now],
        ).changes,
      0,
    );
  });
}

/** Removes notes in one transaction. @returns how many there were. @throws as {@link writeNotes} */
export function removeNotes(connection: Connection, subject: NoteSubject, notes: readonly Note[]): number {
  return connection.transaction(() => {
    const [trial, sweep] = idsOf(connection, subject);
    return notes.reduce(
      (count, { kind, text }) =>
        count +
        connection.run(
          'DELETE FROM note WHERE trial_id IS ? AND sweep_id IS ? AND kind = ? AND text = ?',
          ...[trial, sweep, kind, text],
        ).changes,
      0,
    );
  });
}

function idsOf(connection: Connection, subject: NoteSubject): readonly [number | null, number | null] {
  const row =
    subject.kind === 'trial'
      ? connection.get('SELECT id AS trial, NULL AS sweep FROM trial WHERE id = ?', subject.trial)
      : connection.get('SELECT NULL AS trial, id AS sweep FROM sweep WHERE name = ?', subject.sweep);
  if (row === undefined) {
    const what = subject.kind === 'trial' ? `trial ${subject.trial}` : `sweep "${subject.sweep}"`;
    throw new StoreError('unknown', `Expected ${what} in the database to write a note on, found none.`);
  }
  const { trial, sweep } = row as { readonly trial: number | null; readonly sweep: number | null };
  return [trial, sweep];
}
