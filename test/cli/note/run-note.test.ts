import { describe, expect, it } from 'vitest';
import { runNote, type NoteArguments } from '../../../src/cli/note/run-note.js';
import { database, firstShard } from '../../store/merge/shard-databases.js';
import { quantsweep, temporaryFolder } from '../command-line.js';

const nothing = { trial: undefined, text: undefined, tag: [], sweep: undefined, in: undefined, remove: false };

/** `quantsweep note` on a fresh database of the sample sweep. */
function noting(): (given: Partial<NoteArguments>) => string {
  const db = database(temporaryFolder(), 'sweep.db', firstShard);
  return (given) => runNote({ ...nothing, db, ...given });
}

describe('quantsweep note', () => {
  it('lists what it wrote, of a trial, and of the sweep with its trials', () => {
    const note = noting();
    expect(note({})).toContain('Neither sweep tiny nor its trials have a note.');
    expect(note({ trial: 'FP32', text: 'the reference', tag: ['ref'] })).toMatch(/^Noted on trial \d+ of tiny\.\n$/);
    expect(note({ sweep: 'tiny', trial: 'all of it' })).toBe('Noted on sweep tiny.\n');
    expect(note({ trial: 'FP32', tag: ['ref'] })).toMatch(/Nothing new: it was there\.\n$/);
    expect(note({ trial: 'FP32', text: 'the reference', tag: ['ref'] })).toMatch(/Nothing new: all were there\.\n$/);
    expect(note({ sweep: 'tiny', trial: 'all of it', tag: ['a'] })).toBe(
      'Noted on sweep tiny. 1 of 2 was there already.\n',
    );
    expect(note({ sweep: 'tiny', tag: ['a'], remove: true })).toBe('Removed from sweep tiny.\n');
    expect(note({ trial: 'FP32', in: 'tiny' })).toMatch(/note +the reference .*\ntag +ref /);
    expect(note({})).toMatch(/sweep +note +all of it .*\n\d+ +note +the reference .*\n\d+ +tag +ref /);
    expect(note({ trial: 'best' })).toMatch(/^Trial \d+ of tiny has no note\.\n$/);
  });

  it('removes a note or tag, and says where there is none', () => {
    const note = noting();
    note({ trial: 'FP32', text: 'x', tag: ['a'] });
    expect(note({ trial: 'FP32', text: 'x', remove: true })).toMatch(/^Removed from trial \d+ of tiny\.\n$/);
    expect(() => note({ trial: 'FP32', text: 'x', remove: true })).toThrow('of exactly this text, found none');
    expect(note({ trial: 'FP32', tag: ['a', 'b'], remove: true })).toContain('1 of 2 was not there.');
  });

  it('refuses what can be meant in two ways', () => {
    const note = noting();
    expect(() => note({ sweep: 'tiny', trial: 'FP32', text: 'x' })).toThrow('write --in tiny.');
    expect(() => note({ sweep: 'tiny', in: 'tiny', trial: 'x' })).toThrow('either --sweep or --in');
    expect(() => note({ trial: 'FP32', remove: true })).toThrow('the text of the note to remove');
    expect(() => note({ tag: ['a'] })).toThrow('Expected a trial to tag');
  });

  it('is a command of the program, with exit code 2 for wrong usage', async () => {
    const folder = temporaryFolder();
    database(folder, 'quantsweep.db', firstShard);
    const wrote = await quantsweep(folder, 'note', 'FP32', 'seen', '--tag', 'a', '--tag', 'b');
    expect(wrote).toMatchObject({ code: 0, stderr: '' });
    expect((await quantsweep(folder, 'show', 'FP32')).stdout).toMatch(/\nnotes\n.*\n.*\nnote +seen /);
    const refused = await quantsweep(folder, 'note', 'FP32', 'a\nb');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('Expected a note on one line');
  });

  it('takes a text that begins with a dash after --, and says how to write one and several words', async () => {
    const folder = temporaryFolder();
    database(folder, 'quantsweep.db', firstShard);
    expect(await quantsweep(folder, 'note', 'FP32', '--tag', 'old', '--', '-1.50 points')).toMatchObject({ code: 0 });
    expect(await quantsweep(folder, 'note', '--', 'FP32', '2.50')).toMatchObject({ code: 0 });
    const { stdout } = await quantsweep(folder, 'note', 'FP32');
    expect(stdout).toMatch(/note +-1\.50 points .*\ntag +old .*\nnote +2\.50 /);
    const mistakes = [['-5 points'], ['two', 'words'], ['two', '--', 'words']];
    for (const words of mistakes) {
      const { code, stderr } = await quantsweep(folder, 'note', 'FP32', ...words);
      expect(code).toBe(2);
      expect(stderr).toMatch(/text (of several words goes )?in quotes/);
    }
  });

  it('refuses of other commands what comes after --', async () => {
    const { code, stderr } = await quantsweep(temporaryFolder(), 'query', '--list', '--', 'SELECT 1');
    expect(code).toBe(2);
    expect(stderr).toContain('Expected no arguments after --, got SELECT 1.');
  });
});
