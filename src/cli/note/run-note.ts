import { addNote, removeNote, type NoteOutcome, type NoteRequest } from '../../api/notes.js';
import { pickSweep } from '../../api/pick-sweep.js';
import { pickTrial, readDatabase } from '../../api/read-database.js';
import { UsageError } from '../../errors/usage-error.js';
import { table } from '../show/table.js';

/** What `quantsweep note` was given. */
export interface NoteArguments {
  readonly trial: string | undefined;
  readonly text: string | undefined;
  readonly tag: readonly string[];
  readonly sweep: string | undefined;
  readonly in: string | undefined;
  readonly remove: boolean;
  readonly db: string;
}

/** Writes, removes or lists notes. @returns what is to be printed */
export function runNote(args: NoteArguments): string {
  const { trial, sweep, text, isOnSweep } = subjectOf(args);
  const { db, tag: tags, remove } = args;
  if (text === undefined && tags.length === 0) {
    if (remove) throw new UsageError('Expected the text of the note to remove, or --tag, got neither.');
    return listNotes(db, sweep, trial);
  }
  if (trial === undefined && !isOnSweep)
    throw new UsageError('Expected a trial to tag, or --sweep NAME to tag a sweep, got neither.');
  const request: NoteRequest = {
    ...(trial === undefined ? {} : { trial }),
    ...(sweep === undefined ? {} : { sweep }),
    ...(text === undefined ? {} : { text }),
    tags,
  };
  const given = tags.length + (text === undefined ? 0 : 1);
  return remove ? removedText(removeNote(db, request), given) : writtenText(addNote(db, request), given);
}

/** With `--sweep` the first argument is the text. */
function subjectOf({ trial, text, sweep, in: within }: NoteArguments) {
  if (sweep === undefined) return { trial, sweep: within, text, isOnSweep: false };
  if (within !== undefined) throw new UsageError('Expected either --sweep or --in, got both. Leave one out.');
  if (text !== undefined) {
    throw new UsageError(
      `Expected a trial or --sweep, got both. To look trial "${trial ?? ''}" up in sweep ${sweep}, write --in ${sweep}.`,
    );
  }
  return { trial: undefined, sweep, text: trial, isOnSweep: true };
}

function subjectText({ sweep, trial }: NoteOutcome): string {
  return trial === null ? `sweep ${sweep}` : `trial ${trial} of ${sweep}`;
}

function writtenText(outcome: NoteOutcome, given: number): string {
  const there = given - outcome.changed;
  const already =
    there === 0
      ? ''
      : outcome.changed === 0
        ? ` Nothing new: ${given === 1 ? 'it was' : 'all were'} there.`
        : ` ${there} of ${given} ${there === 1 ? 'was' : 'were'} there already.`;
  return `Noted on ${subjectText(outcome)}.${already}\n`;
}

/** @throws UsageError where there was nothing to remove */
function removedText(outcome: NoteOutcome, given: number): string {
  if (outcome.changed === 0) {
    throw new UsageError(
      `Expected a note or tag of ${subjectText(outcome)} of exactly this text, found none. \`quantsweep note\` lists them.`,
    );
  }
  const missing = given - outcome.changed;
  return `Removed from ${subjectText(outcome)}.${missing === 0 ? '' : ` ${missing} of ${given} ${missing === 1 ? 'was' : 'were'} not there.`}\n`;
}

/** Those of one trial, or of a sweep with all of its trials. */
function listNotes(db: string, wantedSweep: string | undefined, wanted: string | undefined): string {
  return readDatabase(db, (queries) => {
    const sweep = pickSweep(queries, wantedSweep);
    if (wanted !== undefined) {
      const trial = pickTrial(queries, sweep, wanted);
      const own = 'SELECT kind, text, written_at FROM v_note WHERE sweep = :sweep AND trial = :trial ORDER BY note';
      const { rows } = queries.query(own, { sweep, trial });
      return rows.length === 0 ? `Trial ${trial} of ${sweep} has no note.\n` : table(queries, own, { sweep, trial });
    }
    const all = `SELECT coalesce(trial, 'sweep') AS "on", kind, text, written_at, label FROM v_note
      WHERE sweep = :sweep ORDER BY trial IS NOT NULL, trial, note`;
    return queries.query(all, { sweep }).rows.length === 0
      ? `Neither sweep ${sweep} nor its trials have a note. quantsweep note TRIAL "text" writes one.\n`
      : table(queries, all, { sweep });
  });
}
