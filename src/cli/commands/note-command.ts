import type { CommandModule } from 'yargs';
import { UsageError } from '../../errors/usage-error.js';
import type { NoteArguments } from '../note/run-note.js';

/** `quantsweep note`: writes, lists and removes notes and tags on trials and sweeps. */
export const noteCommand: CommandModule<object, NoteArguments> = {
  command: 'note [trial] [text]',
  describe: 'Write a note or tag on a trial or a sweep, list them, or remove one',
  builder: (yargs) =>
    yargs
      .positional('trial', {
        type: 'string',
        describe: 'Its number, the start of its key, its label, or `best`; with --sweep: the text',
      })
      .positional('text', { type: 'string', describe: 'The note; without it, and without --tag, notes are listed' })
      .option('tag', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Write a tag, one word. May be given several times',
      })
      .option('sweep', { type: 'string', requiresArg: true, describe: 'Write on this sweep instead of a trial' })
      .option('in', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'the latest',
        describe: 'Sweep to look the trial up in',
      })
      .option('remove', { type: 'boolean', default: false, describe: 'Remove the note of this text, or the tags' })
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .example('$0 note best "runs on the old board too" --tag release', 'a note and a tag on the best trial')
      .example('$0 note --sweep demo "calibrated on the March images"', 'on a sweep, also while it runs')
      .example('$0 note 7 -- "-2 points on the old board"', 'a text that begins with a dash')
      .example('$0 note', 'lists all of the latest sweep'),
  handler: async (args) => {
    const { runNote } = await import('../note/run-note.js');
    process.stdout.write(runNote({ ...args, ...withWordsAfterDashes(args, process.argv) }));
  },
};

/** yargs leaves what comes after `--` aside, and would make numbers of it. */
function withWordsAfterDashes(
  { trial, text }: Pick<NoteArguments, 'trial' | 'text'>,
  argv: readonly string[],
): Pick<NoteArguments, 'trial' | 'text'> {
  const dashes = argv.indexOf('--');
  const after = dashes < 0 ? [] : argv.slice(dashes + 1);
  const words = [trial, text].filter((word) => word !== undefined).concat(after);
  if (words.length > 2) {
    throw new UsageError(
      `Expected a trial and one text, got ${words.length} arguments (the third is "${words[2]!}"). Put the text in quotes.`,
    );
  }
  return { trial: words[0], text: words[1] };
}
