import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite } from '../../src/report/pages/site.js';
import { mostAnswers } from '../../src/report/pages/index-page.js';
import type { SampleDatabase } from './sample-database.js';
import { hostileName, sampleDatabase, sampleSweeps } from './sample-database.js';
import { embeddedRows, figurePieces, shownSql, unescapeHtml } from './shown-sql.js';

const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' as const };

function indexOf(database: SampleDatabase, all: readonly string[], shown = all): string {
  return openSite(database.query, all, shown, options).render('index.html') ?? '';
}

function cards(html: string): string[] {
  return [...html.matchAll(/<article class="card"[^]*?<\/article>/g)].map(([card]) => card);
}

describe('the index', () => {
  const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
  let database: SampleDatabase;

  beforeAll(() => {
    database = sampleDatabase(...sampleSweeps);
  });

  afterAll(() => {
    database.remove();
  });

  it('begins with the sweep updated last, each with its name as a link, its answer and its numbers', () => {
    const found = cards(indexOf(database, names));
    expect(found.map((card) => unescapeHtml(/<h3[^>]*><a[^>]*>([^<]*)<\/a>/.exec(card)?.[1] ?? ''))).toEqual(
      [...names].reverse(),
    );
    const main = found.at(-1) ?? '';
    expect(main).toContain('href="smoothquant-alpha/index.html"');
    expect(main).toContain('<strong>static alpha=0.2, 1500 batches</strong> is best: <span class="whole">top-1</span>');
    expect(main).toContain('<dt>unsmoothed</dt><dd>61.71\u00a0%</dd>');
    expect(main).toContain('<span class="status complete">complete</span>');
  });

  it('says what is missing of a sweep', () => {
    const html = indexOf(database, names);
    expect(html).toContain('<span class="status incomplete">35 of 43 trials done, 3 failed</span>');
    expect(html).toContain('<span class="status incomplete">0 of 43 trials done</span>');
  });

  it('draws every finished setting of a sweep once', () => {
    const pieces = figurePieces(indexOf(database, names));
    const place = [...names].reverse().indexOf('bits');
    const { rows } = embeddedRows(pieces.get(`sparkline-${place}`) ?? '') as { rows: unknown[] };
    expect(rows).toHaveLength(85);
    expect(pieces.get(`sparkline-${[...names].reverse().indexOf('not-begun')}`)).toContain('No setting has finished.');
  });

  it('shows only the sweeps that were asked for', () => {
    const html = indexOf(database, names, ['bits', hostileName]);
    expect(cards(html)).toHaveLength(2);
    const { rows } = embeddedRows(figurePieces(html).get('sweeps') ?? '') as { rows: unknown[][] };
    expect(rows.map(([sweep]) => sweep)).toEqual([hostileName, 'bits']);
  });

  it('lists numbers of the best setting of each sweep in the table', () => {
    const { columns, rows } = embeddedRows(figurePieces(indexOf(database, names)).get('sweeps') ?? '') as {
      columns: string[];
      rows: unknown[][];
    };
    const of = (sweep: string): Record<string, unknown> =>
      Object.fromEntries(columns.map((column, index) => [column, rows.find((row) => row[0] === sweep)?.[index]]));
    expect(of('smoothquant-alpha')).toMatchObject({ value: 0.8497, fp32_value: 0.8642, unsmoothed_value: 0.6171 });
    expect(of('not-begun')).toMatchObject({ value: null, label: null, pending: 43 });
  });
});

describe('the index of many sweeps', () => {
  it('answers for the newest, lists all, and names none in its queries', () => {
    const names = Array.from({ length: mostAnswers + 5 }, (_, index) => `many ${index}`);
    const database = sampleDatabase(...names.map((name) => ({ name, alphas: [0.3, 0.6], sizes: [50], layers: ['a'] })));
    const html = indexOf(database, names);
    expect(cards(html)).toHaveLength(mostAnswers);
    expect(html).toContain(`The answers of the ${mostAnswers} sweeps that were updated last`);
    const piece = figurePieces(html).get('sweeps') ?? '';
    expect((embeddedRows(piece) as { rows: unknown[] }).rows).toHaveLength(names.length);
    expect(shownSql(piece)[0]).not.toContain('many');
    database.remove();
  });
});
