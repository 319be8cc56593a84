import axe from 'axe-core';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite } from '../../src/report/pages/site.js';
import { sampleSweep } from './build-figure.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('pages by the rules of axe-core', () => {
  let database: SampleDatabase;
  let browser: Chromium;
  let folder: string;

  beforeAll(() => {
    database = sampleDatabase({});
    browser = new Chromium();
    folder = dirname(database.path);
    const site = openSite(database.query, [sampleSweep], [sampleSweep], {
      database: 'sample.db',
      generatedAt: new Date(0),
      mode: 'files',
      pairs: new Map([
        [
          sampleSweep,
          [
            [1003, 1001],
            [1003, 1001, 1005],
          ],
        ],
      ]),
    });
    for (const path of site.paths()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), site.render(path) ?? '');
    }
  });

  afterAll(async () => {
    await browser.close();
    database.remove();
  });

  const pages = [
    'index.html',
    `${sampleSweep}/index.html`,
    `${sampleSweep}/trial-1003.html`,
    `${sampleSweep}/layer-3.html`,
    `${sampleSweep}/compare-1003-1001.html`,
    `${sampleSweep}/compare-1003-1001-1005.html`,
  ];

  it.each(pages.flatMap((page) => (['light', 'dark'] as const).map((scheme) => [page, scheme] as const)))(
    'finds nothing serious or critical in %s, %s',
    async (page, scheme) => {
      await browser.open(join(folder, page), { width: 1280, height: 900, scheme });
      await browser.evaluate(`document.querySelector('[data-focus="Columns"]')?.click();
        for (const box of [...document.querySelectorAll('td input')].slice(1, 4)) box.click();
        document.querySelector('[data-focus="Compare"]')?.click(); null`);
      const found =
        await browser.evaluate(`${axe.source}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 4).map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary.slice(0, 220)).join(' | ')))`);
      expect(found).toEqual([]);
    },
  );
});
