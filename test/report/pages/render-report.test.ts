import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileChart } from '../../../src/report/charts/compile-chart.js';
import { applicableFigures } from '../../../src/report/figures/applicable-figures.js';
import { figures } from '../../../src/report/figures/sweep/index.js';
import type { Query } from '../../../src/report/query.js';
import { toRows } from '../../../src/report/query.js';
import { renderReport, UnknownSweepError } from '../../../src/report/pages/render-report.js';
import { readSweepFacts } from '../../../src/report/facts/sweep-facts.js';
import type { SampleDatabase } from '../sample-database.js';
import { embeddedRows, figurePieces, shownSql } from '../shown-sql.js';
import { hostileName, sampleDatabase, sampleSweeps } from '../sample-database.js';

const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z') };
const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
let database: SampleDatabase;

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
});

afterAll(() => {
  database.remove();
});

describe.each(names)('the report of %j', (name) => {
  it('shows with every figure the SQL that gives exactly its rows', () => {
    const html = renderReport(database.query, name, options);
    const found = figurePieces(html);
    expect([...found.keys()].sort()).toEqual(
      applicableFigures(figures, readSweepFacts(database.query, name)!)
        .map((figure) => figure.id)
        .sort(),
    );
    for (const [id, piece] of found) {
      const sql = shownSql(piece)[0] ?? '';
      const { columns, rows } = embeddedRows(piece);
      expect({ id, ...database.query(sql, []) }).toEqual({ id, columns, rows });
    }
  });

  it('shows every query that it ran, and no other', () => {
    const ran: string[] = [];
    const recording: Query = (sql, params) => {
      expect(params).toEqual([]);
      ran.push(sql);
      return database.query(sql, params);
    };
    const shown = shownSql(renderReport(recording, name, options));
    expect([...shown].sort()).toEqual([...ran].sort());
  });

  it('compiles every chart without a warning, with a text for those who do not see it', () => {
    const facts = readSweepFacts(database.query, name)!;
    for (const figure of applicableFigures(figures, facts)) {
      const content = figure.build(toRows(database.query(figure.sql(facts), [])), facts);
      if (content.kind !== 'charts') continue;
      for (const panel of content.panels) {
        expect({ id: figure.id, warnings: compileChart(panel.spec).warnings }).toEqual({ id: figure.id, warnings: [] });
        expect(panel.alt.length).toBeGreaterThan(30);
        expect(panel.alt).not.toMatch(/NaN|undefined|Infinity|null/);
      }
      expect(content.caption).not.toMatch(/NaN|undefined|Infinity|null/);
    }
  });

  it('stays under 3 MB', () => {
    expect(Buffer.byteLength(renderReport(database.query, name, options))).toBeLessThan(3_000_000);
  });
});

describe('renderReport', () => {
  it('returns the same page for the same input', () => {
    expect(renderReport(database.query, 'single', options)).toBe(renderReport(database.query, 'single', options));
  });

  it('names the sweeps there are where the one asked for is not there', () => {
    expect(() => renderReport(database.query, 'nope', options)).toThrow(UnknownSweepError);
    expect(() => renderReport(database.query, 'nope', options)).toThrow(/"nope"; it has .*single/s);
  });

  it('puts a banner with counts over an incomplete sweep only', () => {
    expect(renderReport(database.query, 'incomplete', options)).toContain(
      '5 of 43 trials not finished, 3 of 43 trials failed.',
    );
    expect(renderReport(database.query, 'smoothquant-alpha', options)).not.toContain('Incomplete.');
  });

  it('lets hostile names neither open a tag nor end a script', () => {
    const html = renderReport(database.query, hostileName, options);
    expect(html).not.toContain('<script>alert');
    expect(html.match(/<script/g)?.length).toBe(html.match(/<\/script>/g)?.length);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('carries the licences of the code that draws the charts', () => {
    const html = renderReport(database.query, 'single', options);
    for (const name of ['vega', 'vega-interpreter']) {
      const licence = readFileSync(new URL(`../../../node_modules/${name}/LICENSE`, import.meta.url), 'utf8').trim();
      expect(licence).toContain('Redistribution and use in source and binary forms');
      expect(html).toContain(`/* ${name}\n\n${licence}\n*/`);
    }
  });

  it('leaves out charts without data and says which setting brings them', () => {
    const html = renderReport(database.query, 'single', options);
    expect(figurePieces(html).get('chosen-alpha')).toContain('smoothing.mode: dynamic in the grid');
    expect(figurePieces(html).get('absmax-accuracy')).toContain('smoothing.absmax: [channel, view]');
  });

  it('never mixes settings: a sweep over weight bits has a panel for each', () => {
    const piece = figurePieces(renderReport(database.query, 'bits', options)).get('accuracy-by-alpha') ?? '';
    expect(piece).toContain('<h4>weight bits = 8</h4>');
    expect(piece).toContain('<h4>weight bits = 4</h4>');
  });
});
