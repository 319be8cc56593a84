import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openSite } from '../../src/report/pages/site.js';
import { sampleSweep } from './build-figure.js';
import { Chromium, chromiumPath } from './chromium.js';
import { sampleDatabase, type SampleDatabase } from './sample-database.js';

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

/** Enough blocks that the network is shown in groups: 160 layers and 80 joins. */
const manyLayers = Array.from(
  { length: 160 },
  (_, i) => `/stage${Math.floor(i / 40)}/block${Math.floor(i / 2)}/conv${i % 2}/Conv`,
);

describe.skipIf(chromiumPath === null && !required)('the network in a browser', () => {
  let database: SampleDatabase;
  let browser: Chromium;
  let folder: string;

  beforeAll(() => {
    const large = { name: 'large', layers: manyLayers, alphas: [0.5], sizes: [100], dynamic: false };
    database = sampleDatabase({}, large);
    browser = new Chromium();
    folder = dirname(database.path);
    const sweeps = [sampleSweep, 'large'];
    const site = openSite(database.query, sweeps, sweeps, {
      ...{ database: 'sample.db', generatedAt: new Date(0), mode: 'files' },
    });
    const wanted = /assets|smoothquant-alpha\/(?:index|layer-\d+)\.html|large\/index\.html/;
    for (const path of site.paths().filter((one) => wanted.test(one))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), site.render(path)!);
    }
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    database.remove();
  });

  const open = (page: string): Promise<void> =>
    browser.open(join(folder, page), { width: 1280, height: 900, scheme: 'light' });

  const evaluate = async <Value>(expression: string): Promise<Value> => (await browser.evaluate(expression)) as Value;

  /** Classes, value and what a screen reader says of a layer's box. */
  const boxAt = (index: number) =>
    evaluate<{ classes: string; value: string; label: string; fill: string }>(
      `(() => { const box = document.querySelectorAll('#network .box.layer')[${index}]; return { classes: box.getAttribute('class'), value: box.querySelector('.value').textContent, label: box.getAttribute('aria-label'), fill: getComputedStyle(box.querySelector('rect')).fill }; })()`,
    );

  const choose = (param: string, option: string) =>
    evaluate<string>(
      `(() => { const select = document.querySelector('#network select[data-param="${param}"]'); const chosen = [...select.options].find((one) => one.text.startsWith(${JSON.stringify(option)})); select.value = chosen.value; select.dispatchEvent(new Event('change', { bubbles: true })); return document.querySelector('#network [data-legend]').innerText; })()`,
    );

  const valueOf = (sql: string): number => Number(database.query(sql, []).rows[0]![0]);

  describe('of the sweep’s page', () => {
    beforeEach(() => open(`${sampleSweep}/index.html`));

    it('is drawn without a console message', () => {
      expect(browser.problems).toEqual([]);
    });

    it('fits the page', async () => {
      const [inner, outer] = await evaluate<number[]>(
        `(() => { const frame = document.querySelector('#network .network'); return [frame.scrollWidth, frame.clientWidth]; })()`,
      );
      expect(inner).toBeLessThanOrEqual(outer!);
    });

    it('recolours its layers for another trial, and says so to screen readers', async () => {
      const before = await boxAt(3);
      await choose('trial', 'unsmoothed');
      const after = await boxAt(3);
      const trial = await evaluate<string>(`document.querySelector('#network select[data-param="trial"]').value`);
      const unsmoothed = valueOf(
        `SELECT l1 FROM v_layer_loss WHERE sweep = '${sampleSweep}' AND trial = ${trial} AND mode = 'accumulated' AND position = 3`,
      );
      expect(Number(after.value)).toBe(Number(unsmoothed.toPrecision(3)));
      expect(after.value).not.toBe(before.value);
      expect(after.fill).not.toBe(before.fill);
      expect(after.label).toContain(`, ${after.value}`);
    });

    it('recolours its layers by another quantity, with a legend of its own', async () => {
      const losses = await evaluate<string>(`document.querySelector('#network [data-legend]').innerText`);
      const legend = await choose('shows', 'weight bits');
      expect(legend).not.toBe(losses);
      expect(legend).toMatch(/^bits of the weight\s+8$/);
      const mode = `document.querySelector('#network select[data-param="mode"]').disabled`;
      expect(await evaluate(mode)).toBe(true);
      await choose('shows', 'L1');
      expect(await evaluate(mode)).toBe(false);
      await choose('shows', 'weight bits');
      expect(await boxAt(0)).toMatchObject({ value: '8', classes: expect.stringContaining(' t2') as string });
    });

    it('tells the numbers of a layer under the pointer and with the focus, and hides them', async () => {
      const tip = `(() => { const tip = document.querySelector('.tooltip'); return tip.style.visibility === 'visible' ? tip.innerText : ''; })()`;
      const send = (event: string): Promise<unknown> =>
        evaluate(`document.querySelectorAll('#network .box.layer')[2].querySelector('rect').dispatchEvent(${event})`);
      await send(`new PointerEvent('pointerover', { bubbles: true, clientX: 300, clientY: 300 })`);
      const told = await evaluate<string>(tip);
      const { value } = await boxAt(2);
      expect(told).toContain('conv1');
      expect(told.split('\n').find((line) => line.startsWith('L1'))).toContain(value);
      await send(`new PointerEvent('pointerout', { bubbles: true })`);
      expect(await evaluate(tip)).toBe('');
      await evaluate(`document.querySelector('#network .box.layer').focus({ focusVisible: true })`);
      expect(await evaluate<string>(tip)).toContain('conv1');
    });

    it('moves the focus to the next layer by an arrow key', async () => {
      const names = await evaluate<string[]>(
        `(() => { const boxes = document.querySelectorAll('#network .box.layer'); boxes[0].focus(); const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })); const found = []; for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowLeft']) { press(key); found.push(document.activeElement.dataset.name); } return found; })()`,
      );
      const layer = (index: number): string =>
        `/layer1/layer1.${Math.floor(index / 2)}/conv${(index % 2) + 1}/Conv_output_0`;
      expect(names).toEqual([layer(1), layer(2), layer(1), layer(1)]);
    });

    it('leads to the page of a layer by a click', async () => {
      const address = await evaluate<string>(
        `new Promise((done) => { addEventListener('click', (event) => { event.preventDefault(); done(event.target.closest('a').href.baseVal); }, { once: true }); document.querySelectorAll('#network .box.layer rect')[4].dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })); })`,
      );
      expect(address).toBe('layer-4.html');
    });

    it('leads to the page of a layer by Enter', async () => {
      await evaluate(`document.querySelectorAll('#network .box.layer')[4].focus()`);
      await browser.press('Enter');
      const title = await evaluate<string>(
        `new Promise((done) => { const look = () => document.title.startsWith('layer 4') ? done(document.title) : setTimeout(look, 20); look(); })`,
      );
      expect(title).toContain('layer 4');
    });
  });

  it('of a layer’s page marks the layer and leads to its neighbours', async () => {
    await open(`${sampleSweep}/layer-5.html`);
    expect(browser.problems).toEqual([]);
    const found = await evaluate<unknown>(
      `[document.querySelectorAll('#network .current').length, document.querySelector('#network [aria-current]').dataset.name, [...document.querySelectorAll('#network a.layer')].map((one) => one.href.baseVal).join()]`,
    );
    expect(found).toEqual([1, '/layer2/layer2.0/conv2/Conv_output_0', 'layer-4.html,layer-5.html,layer-6.html']);
  });

  describe('of many layers', () => {
    beforeEach(() => open('large/index.html'));

    it('is shown in groups with a square for each layer, which the controls recolour', async () => {
      const [groups, squares, parts] = await evaluate<number[]>(
        `['.box.group', '.cell[data-node]', 'details.network-part'].map((what) => document.querySelectorAll('#network ' + what).length)`,
      );
      expect(groups).toBeGreaterThan(5);
      expect(parts).toBe(groups);
      expect(squares).toBe(160);
      await choose('shows', 'weight bits');
      expect(await evaluate(`document.querySelectorAll('#network .cell.t2').length`)).toBe(160);
    });

    it('opens a group by a click, in a picture with its neighbours', async () => {
      const shown = await evaluate<unknown>(
        `(() => { const group = document.querySelectorAll('#network .box.group')[2]; group.querySelector('rect').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })); const part = document.getElementById(group.dataset.part); return [part.open, document.activeElement.parentElement === part, part.querySelectorAll('.outside').length > 0, part.querySelectorAll('.box.layer').length > 4]; })()`,
      );
      expect(shown).toEqual([true, true, true, true]);
    });
  });
});
