import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Query } from '../../src/report/query.js';
import type { Site } from '../../src/report/site.js';
import { openSite } from '../../src/report/site.js';
import type { SampleDatabase } from './sample-database.js';
import { hostileName, sampleDatabase, sampleSweeps } from './sample-database.js';
import { embeddedRows, figurePieces, shownSql } from './shown-sql.js';

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' as const };
let database: SampleDatabase;
const ran: string[] = [];

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
});

afterAll(() => {
  database.remove();
});

function siteOf(...sweeps: readonly string[]): Site {
  const recording: Query = (sql, params) => {
    expect(params).toEqual([]);
    ran.push(sql);
    return database.query(sql, params);
  };
  return openSite(recording, names, sweeps, options);
}

function pagesOf(site: Site): string[] {
  return site.paths().filter((path) => path.endsWith('.html'));
}

describe.each(names)('every page of %j', (name) => {
  it('shows the SQL of each figure, which gives exactly its rows, and every query that it ran', () => {
    const site = siteOf(name);
    const pages = pagesOf(site);
    expect(pages.length).toBeGreaterThan(12);
    for (const path of pages) {
      ran.length = 0;
      const html = site.render(path) ?? '';
      const shown = shownSql(html);
      for (const sql of ran) expect(shown, path).toContain(sql);
      const pieces = figurePieces(html);
      expect(pieces.size, path).toBeGreaterThan(0);
      for (const [id, piece] of pieces) {
        const sql = shownSql(piece)[0] ?? '';
        expect({ path, id, ...database.query(sql, []) }).toEqual({ path, id, ...embeddedRows(piece) });
      }
    }
  });

  it('says nothing of NaN, undefined or null', () => {
    const site = siteOf(name);
    for (const path of pagesOf(site)) {
      const text = (site.render(path) ?? '')
        .replaceAll(/<(script|style)[^>]*>[^]*?<\/\1>/g, '')
        .replaceAll(/<code[^>]*>[^]*?<\/code>/g, '')
        .replaceAll(/<[^>]*>/g, ' ')
        // What a failed trial says of itself.
        .replaceAll('got NaN in the output', '');
      expect(/.{0,60}\b(?:NaN|undefined|null|Infinity|\[object)\b.{0,20}/.exec(text)?.[0] ?? null, path).toBeNull();
    }
  });

  it('opens no tag that is not its own', () => {
    const site = siteOf(name);
    for (const path of pagesOf(site)) {
      const html = site.render(path) ?? '';
      expect(html.includes('<script>alert'), path).toBe(false);
      expect(html.match(/<script/g)?.length, path).toBe(html.match(/<\/script>/g)?.length);
      expect(html, path).toContain('http-equiv="Content-Security-Policy" content="default-src \'none\'');
    }
  });
});

describe('openSite', () => {
  it('gives sweeps whose names make the same file name folders of their own', () => {
    const site = openSite(database.query, ['a b', 'a/b', 'A-b'], [], options);
    expect(['a b', 'a/b', 'A-b'].map((sweep) => site.sweepPath(sweep))).toEqual([
      'a-b/index.html',
      'a-b-2/index.html',
      'A-b-3/index.html',
    ]);
  });

  it('has no page but its own', () => {
    const site = siteOf('single');
    for (const path of [
      '',
      'single',
      'single/trial-999999.html',
      'single/layer-99.html',
      'single/../index.html',
      'bits/index.html',
      'single/index.html/index.html',
      `${hostileName}/index.html`,
    ])
      expect(site.render(path), path).toBeNull();
  });

  it('keeps the folders of sweeps whichever are shown', () => {
    expect(siteOf('bits').sweepPath('bits')).toBe(siteOf(...names).sweepPath('bits'));
  });
});
