import { describe, expect, it } from 'vitest';
import { exploredRows, nextSorting } from '../../../../../src/report/browser/client/explorer/explored-rows.js';
import { plainState } from '../../../../../src/report/browser/client/explorer/explorer-state.js';
import type { ExploredColumn, ExploredTable } from '../../../../../src/report/explored-table.js';
import { metricText } from '../../../../../src/report/number-text.js';

const column = (id: string, format: ExploredColumn['format'], more: Partial<ExploredColumn> = {}): ExploredColumn => ({
  id,
  title: id,
  hint: '',
  field: id,
  format,
  better: null,
  shown: 'wide',
  isChoice: false,
  isSetting: false,
  ...more,
});
const table: ExploredTable = {
  columns: [
    column('trial', 'trial', { field: 'position' }),
    column('alpha', 'setting', { isSetting: true }),
    column('value', 'value', { better: 'higher' }),
    column('loss', 'loss', { better: 'lower' }),
    column('tags', 'written'),
  ],
  metric: metricText('top1'),
  perPage: 100,
  sweep: 'one',
  best: 3,
};
const rows = [
  { trial: 1, position: 0, label: 'fp32', alpha: null, value: 0.9, loss: null },
  {
    trial: 2,
    position: 1,
    label: 'static alpha=0.5, 4 batches',
    alpha: 0.5,
    value: 0.7,
    loss: 3,
    tags: 'Release, old',
  },
  { trial: 3, position: 2, label: 'static alpha=0.25, 32 batches', alpha: 0.25, value: 0.8, loss: 10 },
  { trial: 4, position: 3, label: 'dynamic', alpha: null, value: null, loss: 2 },
];
const shown = (state: Partial<typeof plainState>): readonly unknown[] =>
  exploredRows(table, rows, { ...plainState, ...state }).map(({ trial }) => trial);

describe('exploredRows', () => {
  it('keeps the order of the sweep where none is asked for', () => {
    expect(shown({})).toEqual([1, 2, 3, 4]);
  });

  it('sorts by value either way, NULL last', () => {
    expect(shown({ sort: { column: 'value', isDown: true } })).toEqual([1, 3, 2, 4]);
    expect(shown({ sort: { column: 'loss', isDown: false } })).toEqual([4, 2, 3, 1]);
  });

  it('filters by a value, NULL included', () => {
    expect(shown({ filters: { alpha: '0.5' } })).toEqual([2]);
    expect(shown({ filters: { alpha: '–' } })).toEqual([1, 4]);
  });

  it('finds rows that contain every word, in labels and settings', () => {
    expect(shown({ text: 'STATIC batches' })).toEqual([2, 3]);
    expect(shown({ text: 'static 32' })).toEqual([3]);
    expect(shown({ text: 'static dynamic' })).toEqual([]);
  });

  it('finds rows by what people wrote on them', () => {
    expect(shown({ text: 'release' })).toEqual([2]);
    expect(shown({ text: 'release dynamic' })).toEqual([]);
  });
});

describe('nextSorting', () => {
  const [, alpha, value, loss] = table.columns as [ExploredColumn, ExploredColumn, ExploredColumn, ExploredColumn];

  it('begins with the better end: accuracy descending, loss ascending', () => {
    expect(nextSorting(value, null)).toEqual({ column: 'value', isDown: true });
    expect(nextSorting(loss, { column: 'value', isDown: true })).toEqual({ column: 'loss', isDown: false });
    expect(nextSorting(alpha, null)).toEqual({ column: 'alpha', isDown: false });
  });

  it('turns round at the second click, and ends at the third', () => {
    const second = nextSorting(value, nextSorting(value, null));
    expect(second).toEqual({ column: 'value', isDown: false });
    expect(nextSorting(value, second)).toBeNull();
  });
});
