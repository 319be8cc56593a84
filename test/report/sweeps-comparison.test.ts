import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsApart } from '../../src/report/facts/compared-sweeps.js';
import type { Site, SweepPair } from '../../src/report/pages/site.js';
import { openSite } from '../../src/report/pages/site.js';
import { parseSweepsComparison, sweepsComparisonName } from '../../src/report/addresses/site-map.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { SampleDatabase } from './sample-database.js';
import { hostileName, sampleDatabase } from './sample-database.js';
import { addOutcomes, judgeAlike } from './sample-outcomes.js';
import { embeddedRows, figurePieces, unescapeHtml } from './shown-sql.js';

const names = ['main', 'four bits', 'other model', 'mAP', 'not begun', 'fewer', hostileName];
const pairs: readonly SweepPair[] = [
  ['main', 'four bits'],
  ['main', 'other model'],
  ['mAP', 'main'],
  ['not begun', 'main'],
  ['main', 'fewer'],
  [hostileName, 'main'],
];

let database: SampleDatabase;
let site: Site;

beforeAll(() => {
  database = sampleDatabase(
    { name: 'main' },
    { name: 'four bits', weightBits: [4], top: 0.884 },
    { name: 'other model', fp32: 0.9 },
    { name: 'mAP', metric: 'mAP', fp32: 0.75, unsmoothed: 0.51, top: 0.745, evaluationSamples: 2000 },
    { name: 'not begun', pending: 43 },
    { name: 'fewer', alphas: [0.1, 0.2, 0.3], sizes: [200], methods: ['channel', 'view'], top: 0.85 },
    { name: hostileName, question: hostileName },
  );
  judgeAlike(database.path, [1, 0]);
  judgeAlike(database.path, [5, 0]);
  addOutcomes(database.path);
  site = openSite(database.query, names, names, {
    database: 'sample.db',
    generatedAt: new Date('2026-11-23T10:00:00Z'),
    mode: 'files',
    sweepPairs: pairs,
  });
});

afterAll(() => {
  database.remove();
});

function render(a: string, b: string): string {
  return site.render(site.sweepsComparisonPath([a, b])) ?? 'no page';
}

/** Words of a page, without its data, one space for each gap. */
function words(html: string): string {
  return unescapeHtml(
    html
      .replaceAll(/<(script|style)[^>]*>[^]*?<\/\1>/g, '')
      .replaceAll(/<code[^>]*>[^]*?<\/code>/g, '')
      .replaceAll(/<[^>]*>/g, ''),
  ).replaceAll(/\s+/g, ' ');
}

function rowsOf(a: string, b: string, figure: string): Record<string, unknown>[] {
  const piece = figurePieces(render(a, b)).get(figure) ?? '';
  const { columns, rows } = embeddedRows(piece) as { columns: string[]; rows: unknown[][] };
  return rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]])));
}

describe('the comparison of two sweeps', () => {
  it('says whose best is better, by how much, whether that is noise, and gives FP32 of each', () => {
    const text = words(render('main', 'four bits'));
    expect(text).toContain(
      'A, main, is 12.31 points better in top-1 accuracy at its best than B, four bits (A 84.97 %, B 72.66 %); that is outside the noise (McNemar p < 0.001, corrected for the choice among 40 settings).',
    );
    expect(text).toContain('Best of B: static alpha=0.2, 1500 batches, 72.66 %');
    expect(text).toContain('FP32 is the same in both: 86.42 %.');
    expect(text).toContain('Each is the best of several (40 in A, 40 in B)');
    expect(words(render('main', 'other model'))).toContain('FP32: A 86.42 %, B 90.00 %.');
  });

  it('lists the settings that differ and marks those with nothing in common', () => {
    expect(rowsOf('main', 'four bits', 'settings')).toEqual([
      { setting: 'quantization.weight.bits', in_a: '8', in_b: '4', count_a: 1, count_b: 1 },
    ]);
    expect(figurePieces(render('main', 'four bits')).get('settings')).toContain('<tr class="best">');
    const differing = rowsOf('main', 'fewer', 'settings');
    expect(differing.map((row) => row['setting'])).toEqual([
      'data.calibration.batches',
      'smoothing.absmax',
      'smoothing.alpha',
    ]);
    expect(differing[0]).toMatchObject({ in_a: '200, 1500', in_b: '200' });
    expect(figurePieces(render('main', 'fewer')).get('settings')).not.toContain('<tr class="best">');
  });

  it('takes for apart only settings that the sweeps share no value of', () => {
    const facts = (name: string) => readSweepFacts(database.query, name)!;
    expect(settingsApart(facts('main'), facts('four bits'))).toEqual(['quantization.weight.bits']);
    expect(settingsApart(facts('main'), facts('fewer'))).toEqual([]);
  });

  it('pairs every setting with its counterpart, with the difference and the test', () => {
    const rows = rowsOf('main', 'four bits', 'matched');
    // Two unsmoothed ones, 38 static, 2 dynamic.
    expect(rows).toHaveLength(42);
    for (const row of rows) {
      expect(row['label']).toBe(row['other_label']);
      expect(row['difference']).toBeCloseTo((row['value'] as number) - (row['other_value'] as number), 12);
      const [test] = database.query(
        `SELECT p_value FROM compare_trials(${String(row['trial'])}, ${String(row['other_trial'])})`,
        [],
      ).rows;
      expect(row['p_value']).toBe(test?.[0]);
    }
    const text = words(figurePieces(render('main', 'four bits')).get('matched') ?? '');
    expect(text).toContain('A is better in 40 of 42 pairs, B in 0;');
    expect(text).toContain('but for what the sweeps have not in common (quantization.weight.bits)');
  });

  it('pairs only what both have where one goes through less', () => {
    const labels = rowsOf('main', 'fewer', 'matched').map((row) => [row['label'], row['other_label']]);
    expect(labels).toEqual([
      ['unsmoothed, 200 batches', 'unsmoothed, 200 batches'],
      ['static alpha=0.1, 200 batches', 'static alpha=0.1, 200 batches, absmax channel'],
      ['static alpha=0.2, 200 batches', 'static alpha=0.2, 200 batches, absmax channel'],
      ['static alpha=0.3, 200 batches', 'static alpha=0.3, 200 batches, absmax channel'],
      ['dynamic alpha, 200 batches', 'dynamic alpha, 200 batches, absmax channel'],
    ]);
  });

  it('gives the best of each at each value of an axis, also where one of them does not vary it', () => {
    expect(rowsOf('main', 'fewer', 'best-by-axis')).toEqual([
      expect.objectContaining({ axis: 'data.calibration.batches', setting: 200, trials: 20, other_trials: 8 }),
      expect.objectContaining({ axis: 'data.calibration.batches', setting: 1500, other_value: null, other_trials: 0 }),
      expect.objectContaining({ axis: 'smoothing.absmax', setting: 'channel', trials: 40, other_trials: 4 }),
      expect.objectContaining({ axis: 'smoothing.absmax', setting: 'view', value: null, trials: 0, other_trials: 4 }),
    ]);
  });

  it('says at the top that the models differ, and tests no pair', () => {
    const text = words(render('main', 'other model'));
    expect(text).toContain('Read with care. The models differ (two files called cifar10-mobilenetv2-skewed.onnx)');
    expect(text).toContain('not tested');
    expect(rowsOf('main', 'other model', 'matched').every((row) => row['p_value'] === null)).toBe(true);
  });

  it('sets no values of different metrics on one axis, and waits for a sweep that has not begun', () => {
    const text = words(render('mAP', 'main'));
    expect(text).toContain('A is judged by mAP, B by top-1 accuracy');
    expect(figurePieces(render('mAP', 'main')).get('accuracy')).toContain('class="absent"');
    const early = words(render('not begun', 'main'));
    expect(early).toContain('A is incomplete (0 of 43 trials done).');
    expect(early).toContain('Not to be told yet: no setting of A, not begun has finished.');
  });

  it('is linked to from the index, and links to the sweeps and trials', () => {
    const path = site.sweepsComparisonPath(['main', 'four bits']);
    expect(site.render('index.html')).toContain(`<a href="${path}">main against four bits</a>`);
    expect(site.paths()).toContain(path);
    const html = render('main', 'four bits');
    const targets = [...html.matchAll(/href="([^"#]+)"/g)].map(([, href = '']) => decodeURI(href));
    expect(targets).toContain('four-bits/trial-2003.html');
    for (const target of targets) expect(site.paths(), target).toContain(target);
  });

  it('has no page that was not asked for in a folder, any in a server, and none of a sweep with itself', () => {
    const path = site.sweepsComparisonPath(['four bits', 'fewer']);
    expect(site.render(path)).toBeNull();
    const server = openSite(database.query, names, names, {
      database: 'sample.db',
      generatedAt: new Date(0),
      mode: 'server',
    });
    expect(server.render(path)).toContain('<h1>four bits against fewer</h1>');
    expect(server.render('compare-main+main.html')).toBeNull();
    expect(server.render('compare-main+nothing.html')).toBeNull();
  });

  it('names pages so that two folders can be told from it', () => {
    expect(parseSweepsComparison(sweepsComparisonName('a-b', 'c'))).toEqual(['a-b', 'c']);
    expect(parseSweepsComparison(sweepsComparisonName('a', 'b-c'))).toEqual(['a', 'b-c']);
    for (const name of ['compare-1-2.html', 'compare-a+b+c.html', 'compare-a/b+c.html', 'index.html'])
      expect(parseSweepsComparison(name), name).toBeNull();
  });
});

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('the comparison of two sweeps in a browser', () => {
  let browser: Chromium;

  beforeAll(() => {
    browser = new Chromium();
  });

  afterAll(async () => {
    await browser.close();
  });

  async function open(pair: SweepPair, width = 1280): Promise<void> {
    const root = join(dirname(database.path), 'site');
    const path = site.sweepsComparisonPath(pair);
    for (const file of [path, 'assets/quantsweep.css', 'assets/vega.js', 'assets/quantsweep.js']) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), site.render(file) ?? '');
    }
    await browser.open(join(root, path), { width, height: 900, scheme: 'dark' });
  }

  it('draws a line for each sweep and a dot for each pair', async () => {
    await open(['main', 'four bits']);
    expect(browser.problems).toEqual([]);
    const marks = (figure: string, role: string): Promise<unknown> =>
      browser.evaluate(
        `[...document.querySelectorAll('#${figure} svg .${role}')].map((group) => group.children.length).filter((count) => count > 0)`,
      );
    // 19 alphas and dynamic of each; the ring around the best.
    expect(await marks('accuracy', 'mark-symbol.role-mark')).toEqual([38, 2, 1]);
    expect(await marks('accuracy', 'mark-line')).toEqual([1, 1]);
    // All pairs, and those of a static alpha.
    expect(await marks('matched', 'mark-symbol.role-mark')).toEqual([42, 38]);
    expect(await browser.evaluate(`document.querySelectorAll('#matched-table tbody tr').length`)).toBe(42);
  });

  it.each(pairs.map(([a, b]) => [a === hostileName ? 'hostile names' : a, b, a] as const))(
    'draws %s against %s on a phone without a console message',
    async (_, b, a) => {
      await open([a, b], 390);
      expect(browser.problems).toEqual([]);
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await browser.evaluate(`document.querySelector('h1').textContent`)).toBe(`${a} against ${b}`);
      expect(await browser.evaluate(`document.querySelectorAll('script:not([data-figure])').length`)).toBe(2);
    },
  );
});

describe('sweeps of which one stops early', () => {
  it('are matched trial by trial all the same', () => {
    const two = sampleDatabase({ name: 'to the end' }, { name: 'stopping', top: 0.84 });
    const sqlite = new Database(two.path);
    sqlite.exec(`UPDATE trial SET settings = json_set(settings, '$.evaluation', json('{"samples":"all"}'));
      UPDATE trial SET settings = json_set(settings, '$.evaluation.stop', json('{"confidence":0.999}'))
      WHERE role = 'candidate' AND id IN (SELECT trial_id FROM sweep_trial WHERE sweep_id = (SELECT id FROM sweep WHERE name = 'stopping'))`);
    sqlite.close();
    const pair: SweepPair = ['to the end', 'stopping'];
    const both = openSite(two.query, pair, pair, {
      database: 'sample.db',
      generatedAt: new Date('2026-11-23T10:00:00Z'),
      mode: 'files',
      sweepPairs: [pair],
    });
    const matched = figurePieces(both.render(both.sweepsComparisonPath(pair)) ?? '').get('matched') ?? '';
    // 42 quantized trials each, 40 of which have `stop` on one side only.
    expect((embeddedRows(matched) as { rows: unknown[][] }).rows).toHaveLength(42);
    two.remove();
  });
});
