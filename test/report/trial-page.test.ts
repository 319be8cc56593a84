import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileChart } from '../../src/report/charts/compile-chart.js';
import { pageFigures } from '../../src/report/figures/page-figures.js';
import { openSite } from '../../src/report/pages/site.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { Chromium, chromiumPath } from './chromium.js';
import type { SampleDatabase } from './sample-database.js';
import { defaultSample, sampleDatabase } from './sample-database.js';

const options = { database: 'quantsweep.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' } as const;

const { name } = defaultSample;
let sample: SampleDatabase;
let root: string;
let dynamic: number;
beforeAll(() => {
  sample = sampleDatabase({ failed: 1, pending: 1 });
  root = join(dirname(sample.path), 'site');
  const site = openSite(sample.query, [name], [name], options);
  for (const path of site.paths()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), site.render(path) ?? '');
  }
  dynamic = trialWhere((t) => t.alphaMode === 'dynamic' && t.status === 'done').trial;
});
afterAll(() => {
  sample.remove();
});

function facts() {
  return readSweepFacts(sample.query, name)!;
}

function trialWhere(holds: (trial: ReturnType<typeof facts>['allTrials'][number]) => boolean) {
  return facts().allTrials.find(holds)!;
}

function pageOf(trial: number): string {
  const site = openSite(sample.query, [name], [name], options);
  return site.render(site.sweepPath(name).replace('index.html', `trial-${trial}.html`))!;
}

function headline(page: string): string {
  return /<p class="headline">(.*?)<\/p>/.exec(page)![1]!.replaceAll(/<[^>]+>/g, '');
}

describe('the page of a trial', () => {
  it('begins with its value, its place among the settings, and the paired tests against FP32 and unsmoothed', () => {
    const page = headline(pageOf(dynamic));
    expect(page).toMatch(/^\d\d\.\d\d\u00a0% top-1 accuracy, (?:the best|number \d+) of \d+ settings; /);
    expect(page).toMatch(
      /below FP32, outside the noise \(McNemar p &lt; 0\.001\); .* above unsmoothed, .* noise \(McNemar p/,
    );
  });

  it('calls one of equals the best, the one that every command takes, and another level with it', () => {
    const best = facts().best!;
    const other = trialWhere((t) => t.role === 'candidate' && t.status === 'done' && t.position > best.position);
    const database = new Database(sample.path);
    const set = database.prepare("UPDATE accuracy SET value = ? WHERE trial_id = ? AND metric = 'top1'");
    set.run(best.value, other.trial);
    try {
      expect(headline(pageOf(best.trial))).toMatch(/ top-1 accuracy, the best of \d+ settings; /);
      expect(headline(pageOf(other.trial))).toMatch(/ top-1 accuracy, level with the best of \d+ settings; /);
    } finally {
      set.run(other.value, other.trial);
      database.close();
    }
  });

  it('says that a failed trial counts nowhere, that a pending one goes on, and what FP32 is', () => {
    expect(headline(pageOf(trialWhere((t) => t.status === 'failed').trial))).toContain('failed');
    expect(headline(pageOf(trialWhere((t) => t.status === 'pending').trial))).toContain('has not finished');
    expect(headline(pageOf(trialWhere((t) => t.role === 'fp32').trial))).toContain('as it is');
  });

  it('marks the settings that the sweep varies, and lists them first', () => {
    const figure = pageFigures({ kind: 'trial', trial: dynamic }, facts(), sample.query)!.find(
      (f) => f.id === 'settings',
    )!;
    const varied = figure.rows.filter((row) => row['axis'] === 1).map((row) => row['setting']);
    expect(varied).toContain('data.calibration.batches');
    expect(figure.rows.slice(0, varied.length).every((row) => row['axis'] === 1)).toBe(true);
    expect(figure.rows.length).toBeGreaterThan(varied.length);
  });

  it('draws charts without a warning of Vega-Lite, for every trial', () => {
    for (const { trial } of facts().allTrials) {
      for (const { content } of pageFigures({ kind: 'trial', trial }, facts(), sample.query)!) {
        if (content.kind !== 'charts') continue;
        for (const { spec } of content.panels) expect(compileChart(spec).warnings).toEqual([]);
      }
    }
  });

  it.skipIf(chromiumPath === null)('draws a mark for each layer and leads to the layer’s page', async () => {
    const browser = new Chromium();
    try {
      const site = openSite(sample.query, [name], [name], options);
      const path = site.sweepPath(name).replace('index.html', `trial-${dynamic}.html`);
      await browser.open(join(root, path), { width: 1280, height: 900, scheme: 'light' });
      expect(browser.problems).toEqual([]);
      const layers = facts().layers.length;
      const marks = (id: string): Promise<unknown> =>
        browser.evaluate(`document.querySelectorAll('#${id} .mark-symbol.role-mark path').length`);
      expect(await marks('losses')).toBe(2 * layers);
      expect(await marks('ranges')).toBe(4 * layers);
      expect(
        await browser.evaluate(`document.querySelector('#losses .mark-symbol.role-mark path').__data__.href`),
      ).toMatch(/^layer-\d+\.html$/);
    } finally {
      await browser.close();
    }
  });
});
