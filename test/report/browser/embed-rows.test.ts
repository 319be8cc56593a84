import { describe, expect, it } from 'vitest';
import { embedRows } from '../../../src/report/browser/embed-rows.js';
import { restoreRows } from '../../../src/report/browser/embedded-rows.js';
import { packFigure, unpackFigure } from '../../../src/report/browser/pack-figure.js';

describe('embedRows', () => {
  const columns = ['trial', 'layer', 'mixed', 'once', 'none'];
  const rows = Array.from({ length: 10 }, (_, index) => [
    index,
    index === 3 ? null : `layer ${index % 2}`,
    index % 2 === 0 ? 'text' : 1,
    `own ${index}`,
    null,
  ]);

  it('holds repeated text once', () => {
    const embedded = embedRows({ columns, rows });
    expect(embedded.texts).toEqual([null, ['layer 0', 'layer 1'], null, null, null]);
    expect(embedded.rows[2]).toEqual([2, 0, 'text', 'own 2', null]);
  });

  it('is undone in the page, cell by cell', () => {
    const embedded = unpackFigure(packFigure({ columns, rows }, []));
    expect(restoreRows(embedded)).toEqual(rows);
    expect(restoreRows(embedRows({ columns, rows: [] }))).toEqual([]);
  });
});
