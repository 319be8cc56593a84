import { describe, expect, it } from 'vitest';
import { trialTable } from '../../../../src/report/figures/sweep/trials.js';
import { buildFigure } from '../../build-figure.js';

const written = `INSERT INTO note (trial_id, sweep_id, kind, text, written_at) VALUES
  (1003, NULL, 'tag', 'release', '2026-11-30T10:00:01.000Z'), (1003, NULL, 'tag', 'a board', '2026-11-30T10:00:02.000Z'),
  (1003, NULL, 'note', '<b>slow</b> on ARM', '2026-11-30T10:00:03.000Z'), (NULL, 1000, 'tag', 'of the sweep', '2026-11-30T10:00:04.000Z')`;

function builtTable(change: string) {
  const { rows, content, database } = buildFigure(trialTable, change);
  if (content.kind !== 'table' || content.explored === undefined) throw new Error('Expected an explored table.');
  return { rows, database, columns: content.columns, explored: content.explored };
}

describe('what people wrote, in the table of trials', () => {
  it('is tags as a column, in the order in which they were written, and notes to be chosen', () => {
    const { rows, columns, explored } = builtTable(written);
    const row = rows.find(({ trial }) => trial === 1003)!;
    expect([row['tags'], row['notes']]).toEqual(['release, a board', '<b>slow</b> on ARM']);
    expect(columns.find(({ field }) => field === 'tags')?.text(row)).toBe('release, a board');
    expect(explored.columns.find(({ id }) => id === 'notes')).toMatchObject({ format: 'written', shown: 'chosen' });
    const others = rows.filter(({ trial }) => trial !== 1003);
    expect(others.every(({ tags, notes }) => tags === null && notes === null)).toBe(true);
    expect(others).toHaveLength(42);
  });

  it('is no column where nobody wrote on a trial', () => {
    const { columns, explored } = builtTable(`DELETE FROM note`);
    expect(columns.some(({ field }) => field === 'tags')).toBe(false);
    expect(explored.columns.some(({ format }) => format === 'written')).toBe(false);
  });
});
