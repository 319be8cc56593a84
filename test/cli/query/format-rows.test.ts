import { describe, expect, it } from 'vitest';

import { formatRows, type RowSet } from '../../../src/cli/query/format-rows.js';

const rowSet: RowSet = {
  columns: ['layer', 'l1', 'n', 'data'],
  rows: [
    ['conv1', 0.123456789, 12, Uint8Array.of(1, 255)],
    ['a|b "c", d\ne', 1e-9, 9007199254740993n, null],
    [null, null, null, null],
  ],
};

describe('formatRows', () => {
  it('shows what numbers near 1 lack to it', () => {
    const rows = [[0.9999968], [0.99999], [0.9134], [-0.99999123], [1.00001]];
    const lines = formatRows({ columns: ['cosine'], rows }, 'table')
      .trimEnd()
      .split('\n')
      .slice(2);
    expect(lines.map((line) => line.trim())).toEqual(['0.9999968', '0.99999', '0.9134', '-0.9999912', '1']);
  });

  it('aligns a table, numbers to the right, NULL as a dash', () => {
    expect(formatRows(rowSet, 'table')).toBe(
      [
        'layer             l1                 n  data',
        '------------  ------  ----------------  --------------',
        'conv1         0.1235                12  <blob 2 bytes>',
        'a|b "c", d e    1e-9  9007199254740993  -',
        '-                  -                 -  -',
        '',
      ].join('\n'),
    );
  });

  it('clips the widest text so that lines fit, and never a number', () => {
    const lines = formatRows(rowSet, 'table', 50).trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(lines[3]).toContain('9007199254740993');
    expect(lines[3]).toMatch(/^a\|b .*…/);
    expect(formatRows(rowSet, 'table', 34)).toContain('9007199254740993');
  });

  it('leaves columns out from the right where text is as short as it gets, names them, and keeps labels', () => {
    const wide: RowSet = {
      columns: ['trial', 'role', 'value', 'low', 'label', 'note'],
      rows: [[1, 'candidate', 0.91340000001, -12.34567, 'static alpha=0.5, 32 batches', 'tied with the best']],
    };
    const label = 'static alpha=0.5, 32 batches';
    expect(formatRows(wide, 'table', 80)).toBe(
      [
        `trial  role        value      low  label                         note`,
        `-----  ---------  ------  -------  ${'-'.repeat(28)}  ---------------`,
        `    1  candidate  0.9134  -12.346  ${label}  tied with the …`,
        '',
      ].join('\n'),
    );
    const narrow = formatRows(wide, 'table', 60).split('\n');
    expect(narrow[0]).toMatch(/^trial {2}role +value {2}label$/);
    expect(narrow[2]).toContain(label);
    expect(narrow[3]).toBe('(2 more columns do not fit: low, note)');
    expect(narrow.slice(0, 3).every((line) => line.length <= 60)).toBe(true);
    expect(formatRows(wide, 'table', 28).split('\n')[2]).toBe('    1  0.9134  static alpha…');
    expect(formatRows(wide, 'table')).toContain('tied with the best');
    expect(formatRows(wide, 'csv')).toContain('0.91340000001,-12.34567');
  });

  it('lets no escape sequence through to the terminal', () => {
    const hostile: RowSet = { columns: ['\u001b[31m'], rows: [['\u001b]0;title\u0007\u202e']] };
    for (const format of ['table', 'markdown'] as const) {
      const text = formatRows(hostile, format);
      expect(['\u001b', '\u0007', '\u202e'].filter((character) => text.includes(character))).toEqual([]);
    }
  });

  it('quotes CSV by RFC 4180 with full precision', () => {
    expect(formatRows(rowSet, 'csv')).toBe(
      'layer,l1,n,data\r\nconv1,0.123456789,12,01ff\r\n"a|b ""c"", d\ne",1e-9,9007199254740993,\r\n,,,\r\n',
    );
  });

  it('writes JSON objects, with bigints in all digits', () => {
    const text = formatRows(rowSet, 'json');
    expect(text).toContain('"n": 9007199254740993');
    expect(JSON.parse(text)).toEqual([
      { layer: 'conv1', l1: 0.123456789, n: 12, data: { $base64: true, encoded: 'Af8=' } },
      { layer: 'a|b "c", d\ne', l1: 1e-9, n: Number(9007199254740993n), data: null },
      { layer: null, l1: null, n: null, data: null },
    ]);
    expect(formatRows({ columns: ['a'], rows: [] }, 'json')).toBe('[]\n');
  });

  it('escapes pipes and line breaks in markdown', () => {
    expect(formatRows(rowSet, 'markdown').split('\n').slice(1, 4)).toEqual([
      '| --- | ---: | ---: | --- |',
      '| conv1 | 0.1235 | 12 | \\<blob 2 bytes> |',
      '| a\\|b "c", d<br>e | 1e-9 | 9007199254740993 |  |',
    ]);
  });

  it('prints only the header where there are no rows', () => {
    expect(formatRows({ columns: ['a', 'bc'], rows: [] }, 'table')).toBe('a  bc\n-  --\n');
  });
});
