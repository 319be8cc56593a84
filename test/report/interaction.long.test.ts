import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileChart } from '../../src/report/charts/compile-chart.js';
import type { Figure } from '../../src/report/figures/figure.js';
import { absmaxLayers } from '../../src/report/figures/sweep/absmax-layers.js';
import { accuracyByAlpha } from '../../src/report/figures/sweep/accuracy-by-alpha.js';
import { amaxBeforeAfter } from '../../src/report/figures/sweep/amax.js';
import { chosenAlpha } from '../../src/report/figures/sweep/chosen-alpha.js';
import { pareto } from '../../src/report/figures/sweep/pareto.js';
import { sensitivity } from '../../src/report/figures/sweep/sensitivity.js';
import { smoothingMethods } from '../../src/report/figures/sweep/smoothing-methods.js';
import { staticAgainstDynamic } from '../../src/report/figures/sweep/static-against-dynamic.js';
import { openSite } from '../../src/report/pages/site.js';
import { buildFigure, sampleSweep } from './build-figure.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { Sample, SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

/**
 * Figures with a legend to click, the marks of which the class name tells, and the change that
 * brings them.
 */
const withLegends: readonly (readonly [Figure, string, Partial<Sample>])[] = [
  [accuracyByAlpha, '', {}],
  [staticAgainstDynamic, '', {}],
  [chosenAlpha, '', {}],
  [amaxBeforeAfter, '', {}],
  [absmaxLayers, '', { methods: ['channel', 'view'] }],
  [smoothingMethods, "UPDATE trial SET bias_correction = 'empirical' WHERE id = 1004", {}],
  [pareto, 'DELETE FROM quantizer WHERE trial_id IN (1010, 1011) AND layer_id < 1002', {}],
  [
    sensitivity,
    `UPDATE trial SET role = 'sensitivity', sensitivity = 'only', focus_layer = (SELECT name FROM layer WHERE id = 1000),
       settings = json_set(settings, '$.layers', json_object('sensitivity', 'only', 'focus', (SELECT name FROM layer WHERE id = 1000))) WHERE id = 1003`,
    {},
  ],
];

it.each(withLegends.map(([figure, change, sample]) => [figure.id, figure, change, sample] as const))(
  'the legend of %s can be clicked, and it compiles without a warning',
  (_, figure, change, sample) => {
    const { content } = buildFigure(figure, change, sample);
    if (content.kind !== 'charts') throw new Error(`Expected charts, got ${content.kind}`);
    for (const panel of content.panels) {
      const { spec, warnings } = compileChart(panel.spec);
      expect(warnings).toEqual([]);
      expect(JSON.stringify(spec.legends)).toMatch(/"name":"\w+_legend_symbols","interactive":true/);
    }
  },
);

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('the accuracy chart in a browser', () => {
  let database: SampleDatabase;
  let browser: Chromium;

  beforeAll(() => {
    database = sampleDatabase({});
    browser = new Chromium();
  });

  afterAll(async () => {
    await browser.close();
    database.remove();
  });

  const ticks = `[...document.querySelectorAll('#accuracy-by-alpha .role-axis-label text')].map((label) => label.textContent).sort().join()`;

  const point = '.mark-symbol.role-mark path';

  /**
   * Sends an event to an element of the page and returns whether the page would have scrolled,
   * after a moment's drawing.
   */
  async function send(selector: string, index: number, event: string): Promise<boolean> {
    return (await browser.evaluate(
      `(() => { const target = document.querySelectorAll('#accuracy-by-alpha ${selector}')[${index}]; const { x, y, width, height } = target.getBoundingClientRect(); const at = { bubbles: true, cancelable: true, clientX: x + width / 2, clientY: y + height / 2 }; const scrolls = target.dispatchEvent(${event}); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(scrolls), 250)))); })()`,
    )) as boolean;
  }

  async function openSweep(): Promise<void> {
    const site = openSite(database.query, [sampleSweep], [sampleSweep], {
      database: 'sample.db',
      generatedAt: new Date(0),
      mode: 'files',
    });
    const folder = dirname(database.path);
    for (const path of site.paths().filter((one) => /assets|\/index\.html|trial-/.test(one))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), site.render(path) ?? '');
    }
    await browser.open(join(folder, site.sweepPath(sampleSweep)), { width: 1280, height: 900, scheme: 'light' });
  }

  it('leaves the wheel to the page, zooms with Ctrl, and resets on a double click', async () => {
    await openSweep();
    const before = await browser.evaluate(ticks);
    expect(await send(point, 0, `new WheelEvent('wheel', { ...at, deltaY: -300 })`)).toBe(true);
    expect(await browser.evaluate(ticks)).toBe(before);
    expect(await send(point, 0, `new WheelEvent('wheel', { ...at, deltaY: -300, ctrlKey: true })`)).toBe(false);
    expect(await browser.evaluate(ticks)).not.toBe(before);
    await send(point, 0, `new MouseEvent('dblclick', at)`);
    expect(await browser.evaluate(ticks)).toBe(before);
    expect(browser.problems).toEqual([]);
  });

  it('fades the other calibration size when one is clicked in the legend', async () => {
    await openSweep();
    const opacities = `[...document.querySelectorAll('#accuracy-by-alpha .mark-line path')].map((line) => Number(line.getAttribute('opacity')))`;
    expect(await browser.evaluate(opacities)).toEqual([1, 1]);
    await send('.role-legend-label text', 1, `new MouseEvent('click', at)`);
    expect(await browser.evaluate(opacities)).toEqual([1 / 12, 1]);
  });

  it('leads from a point to the page of its trial', async () => {
    await openSweep();
    // Trials 1000 to 1002 are FP32 and unsmoothed; the first point is the first static alpha.
    await browser.evaluate(
      `void setTimeout(() => document.querySelector('#accuracy-by-alpha ${point}').dispatchEvent(new MouseEvent('click', { bubbles: true })), 0)`,
    );
    await expect
      .poll(() => browser.evaluate('location.pathname').catch(() => ''), { timeout: 120_000 })
      .toMatch(/\/trial-1003\.html$/);
  });
});
