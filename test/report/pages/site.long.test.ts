import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Query } from '../../../src/report/query.js';
import type { Site } from '../../../src/report/pages/site.js';
import { openSite } from '../../../src/report/pages/site.js';
import type { Compared } from '../../../src/report/addresses/site-map.js';
import type { SampleDatabase } from '../sample-database.js';
import { hostileName, sampleDatabase, sampleSweeps } from '../sample-database.js';
import { addOutcomes, judgeAlike } from '../sample-outcomes.js';
import { embeddedRows, figurePieces, shownSql } from '../shown-sql.js';

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' as const };
let database: SampleDatabase;
const ran: string[] = [];

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
  // The third sweep and those with bits and hostile names are judged as the first is, so that
  // trials of both pair up.
  judgeAlike(database.path, [2, 0]);
  judgeAlike(database.path, [7, 0]);
  addOutcomes(database.path);
});

afterAll(() => {
  database.remove();
});

const recording: Query = (sql, params) => {
  expect(params).toEqual([]);
  ran.push(sql);
  return database.query(sql, params);
};

function siteOf(...sweeps: readonly string[]): Site {
  return openSite(recording, names, sweeps, options);
}

const main = 'smoothquant-alpha';

/**
 * Every page of a sweep's report, and its comparisons with the main sweep: of both, and of trials
 * of either.
 */
function pagesOf(name: string): { readonly site: Site; readonly path: string }[] {
  const own = siteOf(name);
  const base = 1000 * (names.indexOf(name) + 1);
  // One of the sweeps has one trial.
  const pairs: Compared[] = [
    ...(name === 'single' ? [] : [[base + 1, base + 3]]),
    ...[
      [base, 1006],
      [base, 1006, 1010],
    ],
  ];
  const compared = openSite(recording, names, [...new Set([main, name])], {
    ...options,
    pairs: new Map([[name, pairs]]),
    sweepPairs:
      name === main
        ? []
        : [
            [main, name],
            [name, main],
          ],
  });
  const folder = compared.sweepPath(name).split('/')[0] ?? '';
  const ofBoth = compared
    .paths()
    .filter((path) => path.startsWith('compare-') || path.startsWith(`${folder}/compare-`));
  expect(ofBoth.filter((path) => path.startsWith('compare-'))).toHaveLength(name === main ? 0 : 2);
  expect(ofBoth.length).toBeGreaterThan(name === 'single' ? 3 : 2);
  expect(ofBoth).toContain(`${folder}/compare-${base}-1006-1010.html`);
  return [
    ...own.paths().map((path) => ({ site: own, path })),
    ...ofBoth.map((path) => ({ site: compared, path })),
    { site: compared, path: 'index.html' },
  ].filter(({ path }) => path.endsWith('.html'));
}

describe.each(names)('every page of %j', (name) => {
  it('shows the SQL of each figure, which gives exactly its rows, and every query that it ran', () => {
    const pages = pagesOf(name);
    expect(pages.length).toBeGreaterThan(12);
    for (const { site, path } of pages) {
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
    for (const { site, path } of pagesOf(name)) {
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
    for (const { site, path } of pagesOf(name)) {
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

  it('has a page of three trials where it was asked for, and a server has that of any', () => {
    const [asked, other] = ['compare-1003-1001-1005.html', 'compare-1004-1001-1005.html'];
    const folder = openSite(database.query, names, [main], {
      ...options,
      pairs: new Map([[main, [[1003, 1001, 1005]]]]),
    });
    const server = openSite(database.query, names, [main], { ...options, mode: 'server' });
    for (const site of [folder, server]) {
      const html = site.render(`${main}/${asked}`) ?? '';
      expect(html).toContain('<h1>3 trials side by side</h1>');
      expect([...figurePieces(html).keys()]).toEqual(['settings', 'numbers', 'tests', 'losses', 'alphas']);
      const { rows } = embeddedRows(figurePieces(html).get('numbers')!) as { rows: unknown[][] };
      expect(rows.map(([trial]) => trial)).toEqual([1003, 1001, 1005]);
    }
    expect(folder.paths()).toContain(`${main}/${asked}`);
    expect(folder.paths()).not.toContain(`${main}/${other}`);
    expect(server.render(`${main}/${other}`)).not.toBeNull();
    for (const wrong of ['compare-1003-1001-999999.html', 'compare-1003-1001-1003.html'])
      expect(server.render(`${main}/${wrong}`), wrong).toBeNull();
  });

  it('keeps the folders of sweeps whichever are shown', () => {
    expect(siteOf('bits').sweepPath('bits')).toBe(siteOf(...names).sweepPath('bits'));
  });
});
