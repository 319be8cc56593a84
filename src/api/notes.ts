import { UsageError } from '../errors/usage-error.js';
import { openShared } from '../store/file/open-shared.js';
import { StoreError } from '../store/store-error.js';
import { noteText, tagName } from '../store/write/note-text.js';
import { removeNotes, writeNotes, type Note, type NoteSubject } from '../store/write/write-notes.js';
import { migrateDatabase } from './migrate-database.js';
import { pickSweep } from './pick-sweep.js';
import { pickTrial, readDatabase } from './read-database.js';

/** A note, tags, or both, on one trial or one sweep. */
export interface NoteRequest {
  /**
   * A trial's number, the beginning of its key, its label, or `best`; absent: the note is on the
   * sweep.
   */
  readonly trial?: string | number;
  /** The sweep; with `trial` the one that it is looked up in. Default: the one that ran last. */
  readonly sweep?: string;
  /** One line of at most 1000 characters. */
  readonly text?: string;
  /** Words of at most 40 characters. */
  readonly tags?: readonly string[];
}

/** What notes are on, and what was done. */
export interface NoteOutcome {
  readonly sweep: string;
  /** Number of the trial; null: the notes are on the sweep. */
  readonly trial: number | null;
  /** Notes and tags that were written or removed; without those that were there, or were not. */
  readonly changed: number;
}

/**
 * Writes a note or tags on a trial, in all sweeps that it is in, or on a sweep. A sweep may be
 * running on the database. What is there already is left as it is.
 *
 * @example addNote('quantsweep.db', { trial: 'best', text: 'shipped in 2.1', tags: ['release'] })
 * @throws UsageError for the text, a tag, or what they are on; StoreError for the database
 */
export function addNote(database: string, request: NoteRequest): NoteOutcome {
  return change(database, request, writeNotes);
}

/** Removes a note or tags, of exactly these texts. @throws as {@link addNote} */
export function removeNote(database: string, request: NoteRequest): NoteOutcome {
  return change(database, request, removeNotes);
}

function change(database: string, request: NoteRequest, work: typeof writeNotes): NoteOutcome {
  const notes = notesOf(request);
  bringUpToDate(database);
  const { sweep, trial } = readDatabase(database, (queries) => {
    const found = pickSweep(queries, request.sweep);
    return {
      sweep: found,
      trial: request.trial === undefined ? null : pickTrial(queries, found, String(request.trial)),
    };
  });
  const subject: NoteSubject = trial === null ? { kind: 'sweep', sweep } : { kind: 'trial', trial };
  const connection = openShared(database);
  try {
    return { sweep, trial, changed: work(connection, subject, notes) };
  } finally {
    connection.close();
  }
}

function notesOf({ text, tags = [] }: NoteRequest): readonly Note[] {
  const notes: readonly Note[] = [
    ...(text === undefined ? [] : [{ kind: 'note', text: noteText(text) } as const]),
    ...tags.map((tag) => ({ kind: 'tag', text: tagName(tag) }) as const),
  ];
  if (notes.length === 0) throw new UsageError('Expected the text of a note, or tags, got neither.');
  return notes;
}

/** As every writer does, with a copy beside it. */
function bringUpToDate(database: string): void {
  try {
    readDatabase(database, () => undefined);
  } catch (error) {
    if (!(error instanceof StoreError && error.code === 'older-schema')) throw error;
    migrateDatabase(database);
  }
}
