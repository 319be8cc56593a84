import { gunzipSync } from 'node:zlib';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeDatabases } from '../../src/api/merge-databases.js';
import { addNote, removeNote, type NoteRequest } from '../../src/api/notes.js';
import { renderReport } from '../../src/api/render-report.js';
import { UsageError } from '../../src/errors/usage-error.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { StoreError } from '../../src/store/store-error.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { temporaryFolder } from '../cli/command-line.js';
import { change, database, finish, firstShard, inOrder, secondShard } from '../store/merge/shard-databases.js';
import * as sample from '../store/sample-sweep.js';

const everything = inOrder(firstShard, finish.search, finish.dynamic);

function filled(name = 'sweep.db'): string {
  return database(temporaryFolder(), name, everything);
}

function written(path: string): readonly unknown[] {
  return queryDatabase(path, 'SELECT sweep, trial, label, kind, text FROM v_note ORDER BY note, sweep').rows;
}

describe('addNote', () => {
  it('writes a note and tags on a trial by number, start of its key, label or as the best', () => {
    const path = filled();
    const [[trial, key, label] = []] = queryDatabase(
      path,
      'SELECT t.trial, t.key, t.label FROM v_place p JOIN v_trial t USING (sweep, trial) WHERE p.place = 1',
    ).rows;
    const wanted = ['best', Number(trial), String(key).slice(0, 9), String(label)];
    for (const [index, one] of wanted.entries()) {
      expect(addNote(path, { trial: one, text: `note ${index}`, tags: [`tag${index}`] })).toEqual({
        ...{ sweep: 'tiny', trial, changed: 2 },
      });
    }
    expect(written(path)).toHaveLength(8);
    expect(written(path).slice(0, 2)).toEqual([
      ['tiny', trial, label, 'note', 'note 0'],
      ['tiny', trial, label, 'tag', 'tag0'],
    ]);
  });

  it('writes on a sweep, and nothing twice', () => {
    const path = filled();
    expect(addNote(path, { sweep: 'tiny', text: ' seen in March ' }).changed).toBe(1);
    expect(addNote(path, { text: 'seen in March', tags: ['seen'] }).changed).toBe(1);
    expect(written(path)).toEqual([
      ['tiny', null, null, 'note', 'seen in March'],
      ['tiny', null, null, 'tag', 'seen'],
    ]);
  });

  it('writes beside a run, which goes on, and leaves the log to it', () => {
    const path = join(temporaryFolder(), 'sweep.db');
    const store = openStore(path);
    sample.begin(store);
    finish.reference(store);
    const before = statSync(`${path}-wal`).size;
    const trial = Number(queryDatabase(path, 'SELECT trial FROM v_trial ORDER BY position').rows[0]![0]);
    expect(addNote(path, { trial, text: 'while it runs' }).changed).toBe(1);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(before);
    finish.fp32(store);
    // The sweep is begun anew, as by the next run.
    sample.begin(store);
    expect(store.close()).toBeNull();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(written(path)).toEqual([['tiny', trial, 'FP32', 'note', 'while it runs']]);
    expect(queryDatabase(path, "SELECT status FROM v_trial WHERE role = 'fp32'").rows).toEqual([['done']]);
  });

  it('shows the note of a trial in every sweep that the trial is in', () => {
    const path = filled();
    const store = openStore(path);
    store.beginSweep(sample.experiment, { ...sample.plan, name: 'again' }, [sample.model], sample.machine);
    store.close();
    addNote(path, { trial: 'FP32', sweep: 'tiny', text: 'shared' });
    expect(written(path).map((row) => (row as readonly unknown[])[0])).toEqual(['again', 'tiny']);
  });

  it('brings a database of an earlier version up to date, with a copy beside it', () => {
    const path = join(temporaryFolder(), 'old.db');
    const packed = new URL('../store/fixtures/schema-10.db.gz', import.meta.url);
    writeFileSync(path, gunzipSync(readFileSync(packed)));
    expect(addNote(path, { tags: ['old'] }).changed).toBe(1);
    expect(existsSync(`${path}.v10.bak`)).toBe(true);
  });

  it.each<[NoteRequest, string]>([
    [{ text: '  ' }, 'got an empty one'],
    [{ text: 'two\nlines' }, 'on one line without control characters'],
    [{ text: 'turned \u202e around' }, 'on one line without control characters'],
    [{ text: 'x'.repeat(1001) }, 'at most 1000 characters, got 1001'],
    [{ tags: ['two words'] }, 'got "two words"'],
    [{ tags: ['x'.repeat(41)] }, 'at most 40 letters'],
    [{ tags: ['red\u001b[31m'] }, 'got one with control characters'],
    [{}, 'got neither'],
    [{ trial: 'nothing like it', text: 'x' }, 'which matches none'],
    [{ sweep: 'nothing like it', text: 'x' }, 'one of tiny; got "nothing like it"'],
  ])('refuses %#: %j', (request, words) => {
    const path = filled();
    expect(() => addNote(path, request)).toThrow(UsageError);
    expect(() => addNote(path, request)).toThrow(words);
    expect(written(path)).toEqual([]);
  });

  it('takes 1000 characters, whatever they are', () => {
    const path = filled();
    addNote(path, { text: '𝛼'.repeat(1000), tags: ['größe-1'] });
    expect(written(path)).toHaveLength(2);
  });

  it('names a database that is not there', () => {
    const path = join(temporaryFolder(), 'none.db');
    expect(() => addNote(path, { text: 'x' })).toThrow(StoreError);
    expect(existsSync(path)).toBe(false);
  });
});

describe('removeNote', () => {
  it('removes what has exactly this text, on this trial or sweep alone', () => {
    const path = filled();
    for (const trial of ['FP32', 'best']) addNote(path, { trial, text: 'x', tags: ['a', 'b'] });
    addNote(path, { text: 'x' });
    expect(removeNote(path, { trial: 'FP32', text: 'x', tags: ['b', 'c'] }).changed).toBe(2);
    expect(removeNote(path, { trial: 'FP32', text: 'x' }).changed).toBe(0);
    expect(written(path)).toHaveLength(5);
  });
});

describe('merging', () => {
  it('takes each note once, with its first time, in either order', async () => {
    const folder = temporaryFolder();
    const [one, other] = [database(folder, 'a.db', firstShard), database(folder, 'b.db', secondShard)];
    addNote(one, { trial: 'FP32', text: 'both', tags: ['a'] });
    addNote(one, { text: 'of the sweep' });
    addNote(other, { trial: 'FP32', text: 'both', tags: ['b'] });
    change(other, "UPDATE note SET written_at = '2020-01-01T00:00:00.000Z' WHERE text = 'both'");
    const targets = [join(folder, 'all.db'), join(folder, 'turned.db')] as const;
    await mergeDatabases([one, other], targets[0]);
    await mergeDatabases([other, one], targets[1]);
    for (const target of targets) {
      const { rows } = queryDatabase(target, 'SELECT label, kind, text, written_at FROM v_note ORDER BY kind, text');
      expect(rows.map((row) => row.slice(0, 3))).toEqual([
        ['FP32', 'note', 'both'],
        [null, 'note', 'of the sweep'],
        ['FP32', 'tag', 'a'],
        ['FP32', 'tag', 'b'],
      ]);
      expect(rows[0]![3]).toBe('2020-01-01T00:00:00.000Z');
    }
    expect((await mergeDatabases([one, other], targets[0])).changed).toBe(false);
    addNote(one, { tags: ['new'] });
    const merged = await mergeDatabases([one], targets[0]);
    expect(merged.sources.map(({ notes, trials }) => [notes, trials])).toEqual([[1, 0]]);
    expect(merged.changed).toBe(true);
  });
});

describe('a report', () => {
  it('shows notes as text, and has them in its data', () => {
    const path = filled();
    addNote(path, { text: '<b>bold</b>', tags: ['seen'] });
    addNote(path, { trial: 'best', text: 'shipped' });
    const page = renderReport(path, { format: 'html' });
    expect(page).toContain('<li>&lt;b&gt;bold&lt;/b&gt; <time');
    expect(page).toContain('<li class="tag">seen</li>');
    expect(page).toMatch(/<td[^>]*>shipped<\/td>/);
    const data = JSON.parse(renderReport(path, { format: 'json' })) as {
      readonly sweeps: readonly { readonly figures: readonly { readonly id: string; readonly rows: unknown[][] }[] }[];
    };
    const rows = data.sweeps[0]!.figures.find(({ id }) => id === 'notes')!.rows;
    expect(rows.map((row) => row.slice(2, 4))).toEqual([
      ['tag', 'seen'],
      ['note', '<b>bold</b>'],
      ['note', 'shipped'],
    ]);
  });
});
