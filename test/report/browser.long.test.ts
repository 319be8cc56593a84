import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/pages/render-report.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { SampleDatabase } from './sample-database.js';
import { hostileName, sampleDatabase, sampleSweeps } from './sample-database.js';

/** Set where the browser must be there (.ci/run): its absence fails instead of skipping. */
const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';
const skipped = chromiumPath === null && !required;
if (skipped) console.warn('Skipped: tests of the report in a browser need Chromium (apt-get install chromium).');

describe.skipIf(skipped)('the report in a browser', () => {
  let database: SampleDatabase;
  let browser: Chromium;

  beforeAll(() => {
    database = sampleDatabase(...sampleSweeps);
    browser = new Chromium();
  });

  afterAll(async () => {
    await browser.close();
    database.remove();
  });

  async function open(name: string, width = 1280, scheme: 'light' | 'dark' = 'light'): Promise<void> {
    const path = join(dirname(database.path), 'page.html');
    writeFileSync(path, renderReport(database.query, name, { database: 'sample.db', generatedAt: new Date(0) }));
    await browser.open(path, { width, height: 900, scheme });
  }

  it.each(sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha'))(
    'draws %j without a console message or a request',
    async (name) => {
      await open(name, 390, 'dark');
      expect(browser.problems).toEqual([]);
      expect(browser.requests).toEqual([]);
      expect(
        await browser.evaluate(
          `[...document.querySelectorAll('.chart')].every((chart) => chart.querySelector('svg path'))`,
        ),
      ).toBe(true);
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(390);
    },
  );

  it('draws a point for each static trial and a cell for each layer and trial', async () => {
    await open('smoothquant-alpha');
    const marks = async (id: string, role: string): Promise<unknown> =>
      browser.evaluate(`[...document.querySelectorAll('#${id} svg .${role}')].map((group) => group.children.length)`);
    // Static, static by alpha auto (none here), dynamic, the ring around the best.
    expect(await marks('accuracy-by-alpha', 'mark-symbol.role-mark')).toEqual([38, 0, 2, 1]);
    // Two modes are stored, one is drawn.
    expect(await marks('layer-loss', 'mark-rect.role-mark')).toEqual([21 * 12, 21 * 12]);
    expect(await marks('layer-loss', 'mark-symbol.role-mark')).toEqual([21 * 12, 21 * 12]);
  });

  it('redraws the heatmap when another loss is chosen', async () => {
    await open('smoothquant-alpha');
    const fills = `[...document.querySelectorAll('#layer-loss svg .mark-rect path')].map((cell) => cell.getAttribute('fill')).join()`;
    const before = await browser.evaluate(fills);
    const after = await browser.evaluate(
      `(() => { const select = document.querySelector('#layer-loss select'); select.value = '"sqnr_db"'; select.dispatchEvent(new Event('change', { bubbles: true })); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(${fills}), 300)))); })()`,
    );
    expect(after).not.toBe(before);
    expect(browser.problems).toEqual([]);
  });

  it.each(['layer-loss', 'search-curve'])(
    'a click on a layer of %s keeps its line alone, a double click all',
    async (id) => {
      await open('smoothquant-alpha');
      const opacities = `[...document.querySelector('#${id} .chart').querySelectorAll('.mark-line path')].map((line) => Number(line.getAttribute('opacity')))`;
      const at = (event: string, cell: number): string =>
        `(() => { const cell = document.querySelector('#${id} .chart').querySelectorAll('.mark-rect.role-mark path')[${cell}]; const { x, y } = cell.getBoundingClientRect(); cell.dispatchEvent(new PointerEvent('${event}', { bubbles: true, cancelable: true, clientX: x + 2, clientY: y + 2 })); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(${opacities}), 200)))); })()`;
      const all = (await browser.evaluate(opacities)) as number[];
      expect(all).toEqual(Array(12).fill(all[0]));
      // The first cell is of the first layer.
      const one = (await browser.evaluate(at('click', 0))) as number[];
      expect(one.filter((opacity) => opacity === all[0])).toHaveLength(1);
      expect(Math.min(...one)).toBeLessThan(0.1);
      expect(await browser.evaluate(at('dblclick', 0))).toEqual(all);
      expect(browser.problems).toEqual([]);
    },
  );

  it('draws charts under each other as wide as their place', async () => {
    for (const width of [1280, 390]) {
      await open('smoothquant-alpha', width);
      const [chart, place] = (await browser.evaluate(
        `(() => { const place = document.querySelector('#layer-loss .chart'); return [place.querySelector('svg').getBoundingClientRect().width, place.clientWidth]; })()`,
      )) as [number, number];
      expect(chart).toBeLessThanOrEqual(place);
      expect(chart).toBeGreaterThan(place - 12);
    }
  });

  it('sorts the table of trials by a click and fills a data table on opening', async () => {
    await open('smoothquant-alpha');
    await browser.evaluate(`document.querySelector('#trials [data-focus="head value"]').click()`);
    const shown = await browser.evaluate(
      `[...document.querySelectorAll('#trials tr[data-trial]')].map((row) => Number(row.dataset.trial))`,
    );
    const sql = `SELECT trial FROM v_trial WHERE sweep = 'smoothquant-alpha' ORDER BY value IS NULL, value DESC, position`;
    expect(shown).toEqual(database.query(sql, []).rows.map(([trial]) => trial));
    const filled = await browser.evaluate(
      `(() => { document.querySelector('#layer-loss details:has(.data)').open = true; return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done([document.querySelectorAll('#layer-loss .data tbody tr').length, document.querySelector('#layer-loss details .caption').textContent]), 200)))); })()`,
    );
    expect(filled).toEqual([200, 'The first 200 of 1008 rows; the SQL returns all.']);
  });

  it('shows hostile names as text', async () => {
    await open(hostileName);
    expect(await browser.evaluate(`document.querySelector('h1').textContent`)).toBe(hostileName);
    // The packed scripts, what starts them, and the two that it starts.
    expect(await browser.evaluate(`document.querySelectorAll('script:not([data-figure])').length`)).toBe(4);
  });
});
