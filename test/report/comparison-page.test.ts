import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Site } from '../../src/report/pages/site.js';
import { openSite } from '../../src/report/pages/site.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { SampleDatabase } from './sample-database.js';
import { hostileName, sampleDatabase } from './sample-database.js';
import { addOutcomes, judgeAlike } from './sample-outcomes.js';
import { embeddedRows, figurePieces, unescapeHtml } from './shown-sql.js';

const names = ['main', 'four bits', 'other model', 'mAP', hostileName];
/**
 * Of main: 1000 FP32, 1001 and 1002 unsmoothed, 1003 to 1022 with 200 batches (the last dynamic),
 * then with 1500.
 */
const pages = {
  bestAgainstUnsmoothed: 'main/compare-1026-1002.html',
  twoSweeps: 'main/compare-1006-2008.html',
  twoModels: 'main/compare-1006-3006.html',
  dynamicAgainstStatic: 'main/compare-1042-1007.html',
  againstFp32: 'main/compare-1006-1000.html',
  bootstrap: 'mAP/compare-4007-4003.html',
};

let database: SampleDatabase;
let site: Site;

beforeAll(() => {
  database = sampleDatabase(
    { name: 'main' },
    { name: 'four bits', weightBits: [4] },
    { name: 'other model' },
    { name: 'mAP', metric: 'mAP', fp32: 0.75, unsmoothed: 0.51, top: 0.745, evaluationSamples: 2000 },
    { name: hostileName, failed: 1, layers: Array.from({ length: 12 }, (_, index) => `${hostileName}${index}`) },
  );
  judgeAlike(database.path, [1, 0]);
  addOutcomes(database.path);
  site = openSite(database.query, names, names, {
    database: 'sample.db',
    generatedAt: new Date('2026-11-23T10:00:00Z'),
    mode: 'files',
  });
});

afterAll(() => {
  database.remove();
});

function render(path: string): string {
  const html = site.render(path);
  if (html === null) throw new Error(`No page ${path}`);
  return html;
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

function rowsOf(path: string, figure: string): Record<string, unknown>[] {
  const piece = figurePieces(render(path)).get(figure) ?? '';
  const { columns, rows } = embeddedRows(piece) as { columns: string[]; rows: unknown[][] };
  return rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]])));
}

describe('the comparison of two trials', () => {
  it('says which is better, by how much, and whether that is noise, as compare_trials has it', () => {
    const text = words(render(pages.bestAgainstUnsmoothed));
    const [verdict] = rowsOf(pages.bestAgainstUnsmoothed, 'samples');
    expect(text).toContain(
      'A, static alpha=0.2, 1500 batches, is 23.26 points better in top-1 accuracy than B, unsmoothed, 1500 batches (A 84.97 % against 61.71 %); that is statistically significant (McNemar p < 0.001, corrected for the choice among 40 settings).',
    );
    expect(text).toContain(
      `Of 10000 samples A alone gets ${String(verdict?.['only_trial'])} right, B alone ${String(verdict?.['only_other'])}, both ${String(verdict?.['both'])}, neither ${String(verdict?.['neither'])}.`,
    );
    expect(text).toContain(
      'A is the best of 40 settings, chosen on the samples that judge it: where it leads, p is multiplied by',
    );
  });

  it('calls a small difference inside the noise, and says so of B where B is ahead', () => {
    const text = words(render('main/compare-1005-1007.html'));
    expect(text).toMatch(
      /B, static alpha=0\.25, 200 batches, is 0\.\d\d points better .* than A, static alpha=0\.15, 200 batches .* not statistically significant \(McNemar p = 0?\.?\d/,
    );
  });

  it('lists the settings that differ, and the others behind a disclosure', () => {
    expect(rowsOf(pages.twoSweeps, 'settings')).toEqual([
      { setting: 'quantization.weight.bits', value: '8', other_value: '4' },
      { setting: 'smoothing.alpha', value: '0.2', other_value: '0.3' },
    ]);
    const shared = rowsOf(pages.twoSweeps, 'shared-settings').map((row) => row['setting']);
    expect(shared).toContain('data.calibration.batches');
    expect(shared).toContain('execution provider');
    expect(figurePieces(render(pages.twoSweeps)).get('shared-settings')).toContain(
      `<details><summary>${shared.length} settings are the same in both</summary>`,
    );
    // A setting that does not matter to one of the two.
    expect(rowsOf(pages.bestAgainstUnsmoothed, 'settings')).toContainEqual({
      setting: 'smoothing.absmax',
      value: 'channel',
      other_value: null,
    });
  });

  it('sets trials of two sweeps on one model side by side, layer by layer', () => {
    const text = words(render(pages.twoSweeps));
    expect(text).toContain('A is of sweep main, B of sweep four bits.');
    expect(rowsOf(pages.twoSweeps, 'losses')).toHaveLength(2 * 2 * 12);
    expect(rowsOf(pages.twoSweeps, 'amax')).toHaveLength(2 * 2 * 12);
    expect(render(pages.twoSweeps)).toContain('href="../four-bits/trial-2008.html"');
  });

  it('says what cannot be compared of two models, and shows no layer of them', () => {
    const html = render(pages.twoModels);
    const reason = 'The trials are of different models (two files of the same name)';
    expect(words(html)).toContain(`Caution. ${reason}`);
    expect(words(html)).toContain('; not tested because the two are not paired');
    const pieces = figurePieces(html);
    for (const id of ['losses', 'loss-ratio', 'alphas', 'amax'])
      expect(words(pieces.get(id) ?? ''), id).toContain(reason);
    expect(rowsOf(pages.twoModels, 'numbers')).toHaveLength(2);
  });

  it('has no layers of FP32 to show, and its own sentence for a trial that failed', () => {
    const pieces = figurePieces(render(pages.againstFp32));
    expect(pieces.get('losses')).toContain('FP32 quantizes no layer');
    const failed = words(render(`main/compare-1006-5042.html`));
    expect(failed).toContain('B failed: no numbers to compare.');
    expect(failed).toContain('Layers are compared once both trials have finished.');
  });

  it('ranks layers by loss of A over loss of B', () => {
    const ratios = rowsOf(pages.dynamicAgainstStatic, 'loss-ratio').map((row) => row['ratio'] as number);
    expect(ratios).toHaveLength(12);
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  });

  it('has no page for a trial that is not there', () => {
    expect(site.render('main/compare-1006-999999.html')).toBeNull();
    expect(site.render('main/compare-2006-1006.html')).toBeNull();
  });

  it('is in a folder only where it was asked for, and the index links to it', () => {
    const files = openSite(database.query, names, ['main', 'four bits'], {
      database: 'sample.db',
      generatedAt: new Date(0),
      mode: 'files',
      pairs: new Map([['main', [[1006, 2008]]]]),
    });
    expect(files.paths()).toContain(pages.twoSweeps);
    expect(files.render('index.html')).toContain(
      `<a href="${pages.twoSweeps}">main: trial 1006 against trial 2008</a>`,
    );
    expect(files.paths()).not.toContain(pages.dynamicAgainstStatic);
  });
});

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('the comparison of two trials in a browser', () => {
  let browser: Chromium;

  beforeAll(() => {
    browser = new Chromium();
  });

  afterAll(async () => {
    await browser.close();
  });

  async function open(path: string, width = 1280): Promise<void> {
    const root = join(dirname(database.path), 'site');
    for (const file of [path, 'assets/quantsweep.css', 'assets/vega.js', 'assets/quantsweep.js']) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), render(file));
    }
    await browser.open(join(root, path), { width, height: 900, scheme: 'light' });
  }

  const marks = (figure: string, role: string): Promise<unknown> =>
    browser.evaluate(
      `[...document.querySelectorAll('#${figure} svg .${role}')].map((group) => group.children.length).filter((count) => count > 0)`,
    );

  it('draws two dots a layer, a bar a layer, and a bar for each side of the test', async () => {
    await open(pages.dynamicAgainstStatic);
    expect(browser.problems).toEqual([]);
    expect(await marks('losses', 'mark-symbol.role-mark')).toEqual([24]);
    expect(await marks('losses', 'mark-rule.role-mark')).toEqual([12]);
    expect(await marks('loss-ratio', 'mark-rect.role-mark')).toEqual([12]);
    expect(await marks('alphas', 'mark-symbol.role-mark')).toEqual([24]);
    expect(await marks('amax', 'mark-symbol.role-mark')).toEqual([24, 24]);
    expect(await marks('samples', 'mark-rect.role-mark')).toEqual([2]);
  });

  it('redraws losses on a linear scale', async () => {
    await open(pages.dynamicAgainstStatic);
    const places = `[...document.querySelectorAll('#losses svg .mark-symbol.role-mark path')].map((dot) => dot.getAttribute('transform')).join()`;
    const before = await browser.evaluate(places);
    const after = await browser.evaluate(
      `(() => { const select = document.querySelector('#losses [data-param=lossScale]'); select.value = '"linear"'; select.dispatchEvent(new Event('change', { bubbles: true })); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(${places}), 300)))); })()`,
    );
    expect(after).not.toBe(before);
    expect(browser.problems).toEqual([]);
  });

  it.each(Object.entries(pages))('draws %s on a phone without a console message', async (_, path) => {
    await open(path, 390);
    expect(browser.problems).toEqual([]);
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('shows hostile names as text', async () => {
    const folder = site.sweepPath(hostileName).split('/')[0] ?? '';
    await open(`${folder}/compare-5026-5002.html`);
    expect(browser.problems).toEqual([]);
    expect(await browser.evaluate(`document.querySelector('h1').textContent`)).toContain(hostileName);
    expect(await browser.evaluate(`document.querySelectorAll('script:not([data-figure])').length`)).toBe(2);
  });
});
