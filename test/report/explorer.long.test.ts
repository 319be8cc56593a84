import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvText } from '../../src/report/browser/client/csv-text.js';
import { openSite } from '../../src/report/pages/site.js';
import type { Cell } from '../../src/report/query.js';
import { Chromium, chromiumPath } from './chromium.js';
import { sampleSweep } from './build-figure.js';
import type { SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';
import { figurePieces, shownSql } from './shown-sql.js';

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('the table of trials in a browser', () => {
  let database: SampleDatabase;
  let browser: Chromium;
  let page: string;
  let html: string;

  beforeAll(() => {
    database = sampleDatabase({});
    browser = new Chromium();
    const folder = dirname(database.path);
    const site = openSite(database.query, [sampleSweep], [sampleSweep], {
      database: 'sample.db',
      generatedAt: new Date(0),
      mode: 'files',
      pairs: new Map([[sampleSweep, [[1003, 1001, 1005]]]]),
    });
    for (const path of site.paths().filter((one) => /assets|\/index\.html|compare-/.test(one))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), site.render(path) ?? '');
    }
    page = join(folder, site.sweepPath(sampleSweep));
    html = site.render(site.sweepPath(sampleSweep)) ?? '';
  });

  afterAll(async () => {
    await browser.close();
    database.remove();
  });

  const open = (width = 1280): Promise<void> => browser.open(page, { width, height: 900, scheme: 'light' });

  /** Runs statements in the page, then waits for what is typed to take effect. */
  const act = async (statements: string): Promise<unknown> =>
    browser.evaluate(`(async () => { const figure = document.querySelector('#trials');
      const focus = (name) => figure.querySelector('[data-focus="' + name + '"]');
      ${statements} })()`);

  const trials = `[...figure.querySelectorAll('tr[data-trial]')].map((row) => Number(row.dataset.trial))`;
  const settled = `await new Promise((done) => setTimeout(done, 250));`;

  /** Numbers that a query gives in its first column. */
  const numbers = (sql: string): number[] => database.query(sql, []).rows.map(([cell]) => Number(cell));

  it('sorts best first at the first click, by value and by loss', async () => {
    await open();
    const byValue = `SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}' ORDER BY value IS NULL, value DESC, position`;
    expect(await act(`focus('head value').click(); return ${trials};`)).toEqual(numbers(byValue));
    const byLoss = `SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}' ORDER BY mean_l1 IS NULL, mean_l1, position`;
    expect(await act(`focus('head mean-l1').click(); return ${trials};`)).toEqual(numbers(byLoss));
    expect(browser.problems).toEqual([]);
  });

  it('filters by the value of an axis and by text, and says how many are left', async () => {
    await open();
    const all = numbers(`SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}' AND alpha = 0.5 ORDER BY position`);
    const left = await act(`const select = focus('filter smoothing.alpha'); select.value = '=0.5';
      select.dispatchEvent(new Event('change', { bubbles: true })); return ${trials};`);
    expect(left).toEqual(all);
    const found =
      await act(`const search = focus('search'); search.value = '200 batches'; search.dispatchEvent(new Event('input'));
      ${settled} return [${trials}, figure.querySelector('.count').textContent];`);
    const both = numbers(
      `SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}' AND alpha = 0.5 AND label LIKE '%200 batches%' ORDER BY position`,
    );
    expect(both.length).toBeGreaterThan(0);
    expect(found).toEqual([both, `${both.length} of 43 trials`]);
  });

  it('shows the columns that are chosen', async () => {
    await open();
    const heads = `[...figure.querySelectorAll('th[aria-sort] button')].map((head) => head.textContent)`;
    const before = (await act(`return ${heads};`)) as string[];
    expect(before).not.toContain('key');
    const after = await act(
      `focus('Columns').click(); focus('column key').click(); focus('column interval').click(); return ${heads};`,
    );
    expect(after).toEqual([...before.filter((head) => head !== '95 % interval'), 'key']);
  });

  it('is not cut at 1280 px, and leaves a page of 390 px as wide as it is', async () => {
    await open();
    const cut = `const box = figure.querySelector('.scroll'); return box.scrollWidth - box.clientWidth;`;
    expect(await act(cut)).toBe(0);
    await open(390);
    expect(await act(cut)).toBe(0);
    expect(await act(`return figure.scrollWidth <= figure.clientWidth;`)).toBe(true);
  });

  it('compares the trials selected, and leads to their page in any order of selection', async () => {
    await open();
    const compared = (await act(`for (const trial of [1001, 1005, 1003]) focus('trial ' + trial).click();
      focus('Compare').click();
      const panel = figure.querySelector('.compared');
      return [[...panel.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
        panel.querySelector('p a')?.getAttribute('href'), panel.querySelectorAll('path.line').length];`)) as [
      string[][],
      string,
      number,
    ];
    const [lines, href, curves] = compared;
    expect(href).toBe('compare-1003-1001-1005.html');
    expect(curves).toBe(3);
    const alphas = numbers(`SELECT alpha FROM v_trial WHERE trial IN (1005, 1003) ORDER BY trial DESC`);
    expect(lines.find(([name]) => name?.startsWith('alpha'))?.slice(1)).toEqual(['–', ...alphas.map(String)]);
    await browser.open(join(dirname(page), href), { width: 1280, height: 900, scheme: 'dark' });
    expect(browser.problems).toEqual([]);
    expect(await browser.evaluate(`document.querySelector('h1').textContent`)).toBe('3 trials side by side');
  });

  it('gives the command where the report has no such page', async () => {
    await open();
    const text = await act(`focus('trial 1001').click(); focus('trial 1010').click(); focus('Compare').click();
      return figure.querySelector('.compared code').textContent;`);
    expect(text).toBe(`quantsweep report ${sampleSweep} --compare 1001 1010`);
  });

  it('gives no command for more trials than a page compares', async () => {
    await open();
    const all = numbers(`SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}'`).slice(0, 41);
    const [command, text] = (await act(`location.hash = '#trials?sel=${all.join(',')}&compare=1'; ${settled}
      const panel = figure.querySelector('.compared');
      return [panel.querySelector('code') !== null, panel.querySelector('p:last-child').textContent];`)) as [
      boolean,
      string,
    ];
    expect(command).toBe(false);
    expect(text).toBe('A page with paired tests compares at most 40 trials; 41 are selected.');
  });

  it('keeps what was chosen in the address, from which it comes again', async () => {
    await open();
    const state = `[location.hash, ${trials}, [...figure.querySelectorAll('td input:checked')].map((box) => box.dataset.focus)]`;
    const chosen = (await act(`focus('head value').click(); focus('trial 1004').click();
      const search = focus('search'); search.value = 'static'; search.dispatchEvent(new Event('input')); ${settled}
      return [...${state}, history.length];`)) as unknown[];
    expect(chosen[0]).toBe('#trials?sort=-value&q=static&sel=1004');
    expect(chosen[3]).toBe(2);
    await open();
    expect(await act(`location.hash = '${String(chosen[0])}'; ${settled} return ${state};`)).toEqual(
      chosen.slice(0, 3),
    );
    await browser.evaluate(`location.reload()`);
    await expect
      .poll(() => act(`return document.documentElement.dataset.drawn ? ${state} : null;`).catch(() => null), {
        timeout: 120_000,
      })
      .toEqual(chosen.slice(0, 3));
  });

  it('leaves out of an address what the sweep does not have', async () => {
    await open();
    const address = '#trials?sort=-nothing&f=smoothing.alpha:0.77&f=value:0.5&f=role:candidate&sel=7,1004&cols=nothing';
    const [count, role, boxes] = (await act(`location.hash = '${address}'; ${settled}
      return [figure.querySelector('.count').textContent, focus('filter role').value,
        [...figure.querySelectorAll('td input:checked')].map((box) => box.dataset.focus)];`)) as unknown[];
    const left = numbers(`SELECT count(*) FROM v_trial WHERE sweep = '${sampleSweep}' AND role = 'candidate'`)[0]!;
    expect([count, role, boxes]).toEqual([`${left} of 43 trials`, '=candidate', ['trial 1004']]);
  });

  it('gives as CSV the rows of the SQL beside it, of every figure', async () => {
    await open();
    const pieces = figurePieces(html);
    const saved = (await browser.evaluate(`(async () => {
      const texts = {};
      const made = URL.createObjectURL;
      let last; URL.createObjectURL = (file) => { last = file; return made(file); };
      HTMLAnchorElement.prototype.click = function () { this.dataset.saved = this.download; };
      for (const button of document.querySelectorAll('button.csv')) { button.click(); texts[button.closest('figure').id] = await last.text(); }
      return texts; })()`)) as Record<string, string>;
    expect(Object.keys(saved).length).toBeGreaterThan(10);
    for (const [id, text] of Object.entries(saved)) {
      const { columns, rows } = database.query(shownSql(pieces.get(id) ?? '')[0] ?? '', []);
      expect(text, id).toBe(csvText(columns, rows as Cell[][]));
    }
  });

  it('gives as CSV the rows left, in their order, of the columns shown', async () => {
    await open();
    const text = await act(`focus('head value').click(); focus('head value').click();
      let last; const made = URL.createObjectURL; URL.createObjectURL = (file) => { last = file; return made(file); };
      HTMLAnchorElement.prototype.click = () => {};
      focus('CSV of these rows').click(); return await last.text();`);
    const lines = String(text).split('\r\n');
    expect(lines[0]).toMatch(/^trial,label,.*smoothing\.alpha.*,value,ci_low,ci_high,gap_to_fp32/);
    const sql = `SELECT trial FROM v_trial WHERE sweep = '${sampleSweep}' ORDER BY value IS NULL, value, position`;
    expect(lines.slice(1, -1).map((line) => Number(line.split(',')[0]))).toEqual(numbers(sql));
  });

  it('is worked by keyboard: heads in tab order, Enter sorts and keeps the focus, Space selects', async () => {
    await open();
    await act(`focus('search').focus();`);
    const visited: unknown[] = [];
    for (let step = 0; step < 24; step += 1) {
      await browser.press('Tab');
      visited.push(await browser.evaluate(`document.activeElement.dataset.focus ?? ''`));
      if (visited.at(-1) === 'head value') break;
    }
    expect(visited.at(-1)).toBe('head value');
    expect(visited).toContain('Columns');
    expect(await browser.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
    await browser.press('Enter');
    expect(
      await act(`return [document.activeElement.dataset.focus, document.activeElement.closest('th').ariaSort];`),
    ).toEqual(['head value', 'descending']);
    await act(`focus('trial 1004').focus();`);
    await browser.press('Space');
    expect(await browser.evaluate(`[document.activeElement.dataset.focus, document.activeElement.checked]`)).toEqual([
      'trial 1004',
      true,
    ]);
  });
});
