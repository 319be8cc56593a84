import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyntheticGrid } from '../../bench/synthetic-experiment.js';
import { largeGrid, plainGrid } from '../../bench/synthetic-experiment.js';
import { writeSynthetic } from '../../bench/write-synthetic.js';
import { drawnLimits } from '../../src/report/charts/drawn-limits.js';
import type { Query } from '../../src/report/query.js';
import { renderReport } from '../../src/report/pages/render-report.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openQueries, type QueryConnection } from '../../src/store/query/query-database.js';
import { Chromium, chromiumPath } from './chromium.js';
import { embeddedRows, figurePieces, shownSql, unescapeHtml } from './shown-sql.js';

const large: SyntheticGrid = {
  ...largeGrid,
  alphas: 9,
  calibrators: ['max', 'mse'],
  seeds: [1, 2],
  layers: 8,
  channels: 4,
  evaluationSamples: 400,
};
const plain: SyntheticGrid = { ...plainGrid, layers: 40, channels: 4, evaluationSamples: 400 };
const options = { database: 'large.db', generatedAt: new Date(0) };
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-large-'));
const ran: string[] = [];
let trials: number;
let queries: QueryConnection;
let page: string;
let pieces: ReadonlyMap<string, string>;

beforeAll(() => {
  const path = join(folder, 'large.db');
  trials = writeSynthetic(path, large);
  writeSynthetic(path, plain);
  const database = openDatabase(path);
  // So many failed attempts at one trial, as a machine without memory leaves behind.
  database.exec(`WITH RECURSIVE place(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM place WHERE n < 150)
    INSERT INTO attempt (trial_id, number, status, started_at, host, parent_pid, device)
    SELECT (SELECT trial_id FROM attempt WHERE status = 'failed' LIMIT 1), n, 'failed', '2026-11-23T08:00:01.000Z', 'h', 1, 'cpu:0' FROM place`);
  database.close();
  queries = openQueries(path);
  const query: Query = (sql) => {
    ran.push(sql);
    return queries.query(sql);
  };
  page = renderReport(query, large.name, options);
  pieces = figurePieces(page);
});

afterAll(() => {
  queries.close();
  rmSync(folder, { recursive: true });
});

/** What a figure says of what it leaves out: how many of how many. */
function leftOut(piece: string): readonly [number, number] | null {
  const texts = [/<figcaption>([^]*?)<\/figcaption>/, /<details class="explained">([^]*?)<\/details>/];
  const caption = texts.map((text) => unescapeHtml(text.exec(piece)?.[1] ?? '')).join(' ');
  const said =
    /(?:Drawn|Listed|Told): (?:the latest |the )?(\d+) of (\d+)[^.]*(?:\.\d[^.]*)*; the SQL without its/.exec(caption);
  return said === null ? null : [Number(said[1]), Number(said[2])];
}

/** One number that a query gives. */
function count(sql: string): number {
  return Number(queries.query(sql).rows[0]![0]);
}

function rowsOf(id: string): readonly Readonly<Record<string, unknown>>[] {
  const { columns, rows } = embeddedRows(pieces.get(id) ?? '') as { columns: string[]; rows: unknown[][] };
  return rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]])));
}

describe('the report of a sweep of more than a thousand trials', () => {
  it('shows with every figure the SQL that gives exactly its rows, and every query that it ran', () => {
    expect([...shownSql(page)].sort()).toEqual([...ran].sort());
    for (const [id, piece] of pieces) {
      expect({ id, ...queries.query(shownSql(piece)[0] ?? '') }).toEqual({ id, ...embeddedRows(piece) });
    }
  });

  it('stays under 3 MB', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(3_000_000);
  });

  it.each([
    'accuracy-by-alpha',
    'static-against-dynamic',
    'layer-loss',
    'pareto',
    'chosen-alpha',
    'search-curve',
    'calibration-noise',
    'absmax-accuracy',
    'absmax-layers',
    'execution',
    'parallel-coordinates',
  ])('says what %s leaves out', (id) => {
    const [drawn, all] = leftOut(pieces.get(id) ?? '') ?? [0, 0];
    expect(drawn).toBeGreaterThan(0);
    expect(all).toBeGreaterThan(drawn);
  });

  it('counts right what it leaves out', () => {
    expect(rowsOf('failed-attempts').reduce((sum, row) => sum + Number(row['attempts']), 0)).toBe(
      count(
        `SELECT count(*) FROM v_attempt JOIN v_trial USING (trial) WHERE sweep = 'large' AND v_attempt.status = 'failed'`,
      ),
    );
    expect(leftOut(pieces.get('execution')!)).toEqual([
      drawnLimits.tableRows,
      count(`SELECT count(*) FROM v_execution WHERE sweep = 'large'`),
    ]);
    expect(leftOut(pieces.get('search-curve')!)).toEqual([
      new Set(rowsOf('search-curve').map((row) => row['trial'])).size,
      count(`SELECT count(*) FROM v_trial WHERE sweep = 'large' AND alpha_mode = 'dynamic' AND status = 'done'`),
    ]);
    expect(leftOut(pieces.get('pareto')!)).toEqual([
      rowsOf('pareto').length,
      count(`SELECT count(*) FROM v_pareto WHERE sweep = 'large'`),
    ]);
    expect(leftOut(pieces.get('calibration-noise')!)).toEqual([
      new Set(rowsOf('calibration-noise').map((row) => row['first_trial'])).size,
      count(`SELECT count(DISTINCT first_trial) FROM v_calibration_noise WHERE sweep = 'large' AND seeds > 1`),
    ]);
  });

  it('has every trial in the table, the first hundred of them in the page itself', () => {
    expect(rowsOf('trials')).toHaveLength(trials);
    const piece = pieces.get('trials')!;
    expect(unescapeHtml(piece)).toContain(`All ${trials} trials are here, ${drawnLimits.tablePage} at a time.`);
    expect(piece).toContain(`The first ${drawnLimits.tablePage} of ${trials} rows`);
    expect(piece.match(/<tr/g)).toHaveLength(1 + drawnLimits.tablePage);
  });

  it('keeps the best setting and all of the front', () => {
    const best = count(
      `SELECT trial FROM v_trial WHERE sweep = 'large' AND role = 'candidate' ORDER BY value DESC, position LIMIT 1`,
    );
    for (const id of ['accuracy-by-alpha', 'layer-loss', 'trials', 'pareto', 'absmax-accuracy', 'absmax-layers']) {
      expect(
        rowsOf(id).some((row) => row['trial'] === best),
        id,
      ).toBe(true);
    }
    expect(rowsOf('pareto').filter((row) => row['on_front'] === 1).length).toBe(
      count(`SELECT count(*) FROM v_pareto WHERE sweep = 'large' AND on_front`),
    );
    expect(rowsOf('trials')[0]!['role']).toBe('fp32');
    expect(rowsOf('layer-loss').length).toBeLessThanOrEqual(drawnLimits.heatRows);
  });

  it('leaves nothing out of a sweep of 43 trials', () => {
    const html = renderReport((sql) => queries.query(sql), plain.name, options);
    for (const [id, piece] of figurePieces(html)) {
      expect(leftOut(piece), id).toBeNull();
      // These two offer a few trials of any sweep to choose from.
      if (id !== 'network' && id !== 'layer-damage') expect(shownSql(piece)[0], id).not.toMatch(/trial IN \(\d/);
    }
  });

  const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';
  it.skipIf(chromiumPath === null && !required)('is drawn without a console message', async () => {
    const path = join(folder, 'page.html');
    writeFileSync(path, page);
    const browser = new Chromium();
    await browser.open(path, { width: 390, height: 900, scheme: 'dark' });
    expect(browser.problems).toEqual([]);
    expect(
      await browser.evaluate(
        `[...document.querySelectorAll('.chart')].every((chart) => chart.querySelector('svg path'))`,
      ),
    ).toBe(true);
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await browser.close();
  });
});
