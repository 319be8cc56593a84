import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compileChart } from '../../src/report/charts/compile-chart.js';
import type { FigureData } from '../../src/report/figures/figure-data.js';
import { quantizationGrid } from '../../src/report/figures/layer/quantization-grid.js';
import { pageFigures } from '../../src/report/figures/page-figures.js';
import { readLayerPageFacts } from '../../src/report/facts/layer-page-facts.js';
import type { Row } from '../../src/report/query.js';
import { significantText } from '../../src/report/number-text.js';
import { openSite } from '../../src/report/pages/site.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { sampleSweep } from './build-figure.js';
import { Chromium, chromiumPath } from './chromium.js';
import { deadChannel, outlierChannel, sampleActivation, sampleChannels } from './sample-channels.js';
import type { Sample, SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';
import { unescapeHtml } from './shown-sql.js';

const options = { database: 'quantsweep.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' } as const;

let database: SampleDatabase;
beforeAll(() => {
  database = sampleDatabase({});
});
afterAll(() => {
  database.remove();
});

/** A sample sweep with a change made to its tables. */
function changed(change: string, sample: Partial<Sample> = {}): SampleDatabase {
  const own = sampleDatabase(sample);
  onTestFinished(() => {
    own.remove();
  });
  const tables = openDatabase(own.path);
  tables.exec(change);
  tables.close();
  return own;
}

function factsOf({ query }: SampleDatabase, number: number) {
  const sweep = readSweepFacts(query, sampleSweep)!;
  return readLayerPageFacts(sweep, sweep.layers[number]!, query).facts;
}

function figureOf({ query }: SampleDatabase, number: number, id: string): FigureData {
  const figures = pageFigures({ kind: 'layer', number }, readSweepFacts(query, sampleSweep)!, query)!;
  return figures.find((figure) => figure.id === id)!;
}

function pageOf({ query }: SampleDatabase, number: number): string {
  const site = openSite(query, [sampleSweep], [sampleSweep], options);
  return site.render(site.sweepPath(sampleSweep).replace('index.html', `layer-${number}.html`))!;
}

function headline(page: string): string {
  return unescapeHtml(/<p class="headline">(.*?)<\/p>/.exec(page)![1]!.replaceAll(/<[^>]+>/g, ''));
}

describe('the page of a layer', () => {
  it('begins with what smoothing did: alpha, spread of the channels, ranges, loss against unsmoothed', () => {
    const { shown } = factsOf(database, 5);
    const [best, plain] = shown;
    expect([best?.why, plain?.why]).toEqual(['best', 'unsmoothed']);
    const sorted = sampleActivation(5, 1).sort((a, b) => a - b);
    const spread = sorted.at(-1)! / ((sorted[7]! + sorted[8]!) / 2);
    const text = headline(pageOf(database, 5));
    expect(text).toContain(best!.label);
    expect(text).toContain(`alpha ${significantText(best!.alpha)}`);
    expect(text).toContain(`from ${significantText(spread, 3)}× to `);
    expect(text).toContain(`L1 loss is ${significantText(best!.loss, 3)} against ${significantText(plain!.loss, 3)}`);
    expect(text).toContain(`−${(100 - (100 * best!.loss!) / plain!.loss!).toFixed(0)}\u00a0%`);
  });

  it('leads to the layers before and after it', () => {
    const neighbours = (number: number): string[] =>
      [...pageOf(database, number).matchAll(/<a rel="(\w+)" href="([^"]+)"/g)].map((match) => match.slice(1).join(' '));
    expect(neighbours(0)).toEqual(['next layer-1.html']);
    expect(neighbours(5)).toEqual(['prev layer-4.html', 'next layer-6.html']);
    expect(neighbours(11)).toEqual(['prev layer-10.html']);
  });

  it('says so where nothing quantizes the layer, and where it can’t be quantized', () => {
    const float = changed('DELETE FROM smoothing WHERE layer_id = 1003; DELETE FROM quantizer WHERE layer_id = 1003');
    expect(headline(pageOf(float, 3))).toBe('No finished setting quantizes this layer yet.');
    expect(figureOf(float, 3, 'channels').content).toMatchObject({ kind: 'absent' });
    const odd = changed("UPDATE layer SET unsupported = 'its weight is computed' WHERE id = 1003");
    expect(headline(pageOf(odd, 3))).toBe('This layer can’t be quantized: its weight is computed');
  });

  it('switches among the best, its unsmoothed counterpart, the best dynamic and the ends of alpha', () => {
    const { shown } = factsOf(database, 5);
    expect(shown.map(({ why }) => why)).toEqual([
      'best',
      'unsmoothed',
      'best dynamic',
      'lowest alpha',
      'highest alpha',
    ]);
    // All at the best's calibration size, so their activations are one.
    expect(new Set(shown.map(({ observed }) => observed)).size).toBe(1);
    expect(shown.map(({ alpha }) => alpha).slice(3)).toEqual([0.05, 0.95]);
  });

  it('compiles without a warning of Vega-Lite, for every layer', () => {
    const facts = readSweepFacts(database.query, sampleSweep)!;
    for (const number of facts.layers.keys()) {
      for (const { id, content } of pageFigures({ kind: 'layer', number }, facts, database.query)!) {
        if (content.kind !== 'charts') continue;
        for (const { spec } of content.panels)
          expect({ id, warnings: compileChart(spec).warnings }).toEqual({ id, warnings: [] });
      }
    }
  });
});

describe('dead and outlier channels', () => {
  it('are listed, the outlier first', () => {
    const { rows } = figureOf(database, 5, 'outlier-channels');
    expect(rows.map((row) => [row['channel'], row['kind']])).toEqual([
      [outlierChannel, 'outlier'],
      [deadChannel, 'dead'],
    ]);
    expect(rows[1]!['s']).toBe(1);
  });

  it('are said to be none where all channels are alike', () => {
    const even = changed('UPDATE channel_stat SET act_absmax = 2, act_max = 2');
    expect(figureOf(even, 5, 'outlier-channels').content).toMatchObject({
      kind: 'text',
      caption: expect.stringContaining('None.') as string,
    });
  });
});

describe('the grid of the activation', () => {
  it('spans what the quantizer stands for, before smoothing by the ratio of the ranges', () => {
    const [best] = factsOf(database, 5).shown;
    const { before, after } = quantizationGrid(best!);
    expect(after).toMatchObject({ levels: 256, step: best!.input!.scale });
    expect(after!.high).toBeCloseTo(best!.input!.amax, 9);
    expect(before!.high).toBeCloseTo(best!.input!.amaxUnsmoothed, 9);
  });

  it('has no range before smoothing where the quantizer is asymmetric, and none at all by channel', () => {
    const [asymmetric] = factsOf(changed("UPDATE quantizer SET zero_point = 40 WHERE role = 'input'"), 5).shown;
    expect(quantizationGrid(asymmetric!)).toMatchObject({ before: null, after: { levels: 256 } });
    const [byChannel] = factsOf(changed("UPDATE quantizer SET granularity = 'channel'"), 5).shown;
    expect(quantizationGrid(byChannel!)).toEqual({ before: null, after: null });
  });

  it('is absent, with what brings it, in a database without histograms', () => {
    const { content } = figureOf(changed('DELETE FROM display_histogram'), 5, 'activation-histograms');
    expect(content).toMatchObject({ kind: 'absent', note: expect.stringContaining('run.database') as string });
  });
});

const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';

describe.skipIf(chromiumPath === null && !required)('the page of a layer in a browser', () => {
  let browser: Chromium;
  beforeEach(() => {
    browser = new Chromium();
  });
  afterEach(async () => {
    await browser.close();
  });

  async function open(own: SampleDatabase, number: number): Promise<void> {
    const site = openSite(own.query, [sampleSweep], [sampleSweep], options);
    const folder = join(dirname(own.path), 'site');
    const path = site.sweepPath(sampleSweep).replace('index.html', `layer-${number}.html`);
    for (const file of [path, ...site.paths().filter((one) => one.startsWith('assets'))]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), site.render(file)!);
    }
    await browser.open(join(folder, path), { width: 1280, height: 900, scheme: 'light' });
    expect(browser.problems).toEqual([]);
  }

  const marks = (figure: string, kind: string): Promise<unknown> =>
    browser.evaluate(`document.querySelectorAll('#${figure} .mark-${kind}.role-mark path').length`);

  /** Channel (or trial), x and y of the dots of one of the figure’s groups of marks. */
  const places = (figure: string, index: number): Promise<unknown> =>
    browser.evaluate(
      `[...document.querySelectorAll('#${figure} .mark-symbol.role-mark')[${index}].querySelectorAll('path')].map((path) => path.__data__).map(({ x, y, datum }) => [datum.channel ?? datum.trial, Math.round(x), Math.round(y)])`,
    );

  const choose = (figure: string, param: string, value: string | number): Promise<unknown> =>
    browser.evaluate(
      `(() => { const select = document.querySelector('#${figure} select[data-param=${param}]'); select.value = ${JSON.stringify(JSON.stringify(value))}; select.dispatchEvent(new Event('change', { bubbles: true })); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250)))); })()`,
    );

  it('draws activation, weight and s of each channel, on one axis', async () => {
    await open(database, 5);
    expect(await marks('channels', 'symbol')).toBe((2 + 2 + 1) * sampleChannels);
    const xs = async (index: number) =>
      new Map(((await places('channels', index)) as [number, number, number][]).map(([channel, x]) => [channel, x]));
    expect(await xs(1)).toEqual(await xs(0));
    expect(await xs(2)).toEqual(await xs(0));
  });

  it('switches trial, scale and order of the channels', async () => {
    await open(database, 5);
    const start = (await places('channels', 0)) as [number, number, number][];
    await choose('channels', 'scale', 'linear');
    const linear = (await places('channels', 0)) as [number, number, number][];
    expect(linear).not.toEqual(start);
    await choose('channels', 'scale', 'log');
    const plain = factsOf(database, 5).shown.find(({ unsmoothed }) => unsmoothed)!;
    await choose('channels', 'trial', plain.trial);
    // Unsmoothed: before and after are one.
    const points = (await places('channels', 0)) as [number, number, number][];
    for (let channel = 0; channel < sampleChannels; channel++)
      expect(new Set(points.filter(([one]) => one === channel).map(([, , y]) => y)).size, `channel ${channel}`).toBe(1);
    await choose('channels', 'order', 'largest');
    const ordered = ((await places('channels', 0)) as [number, number, number][]).sort((a, b) => a[1] - b[1]);
    expect(ordered[0]![0]).toBe(outlierChannel);
    expect(ordered.at(-1)![0]).toBe(deadChannel);
    expect(browser.problems).toEqual([]);
  });

  it('draws a bar for each bin that holds numbers, the band of 0, and both ends of the range', async () => {
    await open(database, 5);
    const { rows } = figureOf(database, 5, 'activation-histograms');
    const [best] = factsOf(database, 5).shown;
    const bars = (trial: number, quantity: string): number =>
      rows.filter((row: Row) => row['trial'] === trial && row['quantity'] === quantity).length;
    const [before, after] = [bars(best!.observed, 'before'), bars(best!.trial, 'after')];
    expect(Math.min(before, after)).toBeGreaterThan(50);
    expect(await marks('activation-histograms', 'rect')).toBe(before + after + 2);
    const rules = `document.querySelectorAll('#activation-histograms .mark-rule.role-mark line').length`;
    expect(await browser.evaluate(rules)).toBe(2 * 2);
    // The activation before smoothing is the same one, and stored once.
    const other = factsOf(database, 5).shown.at(-1)!;
    await choose('activation-histograms', 'trial', other.trial);
    expect(await marks('activation-histograms', 'rect')).toBe(before + bars(other.trial, 'after') + 2);
    await choose('activation-histograms', 'trial', best!.trial);
    await choose('activation-histograms', 'scale', 'linear');
    expect(await marks('activation-histograms', 'rect')).toBe(before + after + 2);
    expect(browser.problems).toEqual([]);
  });

  it('draws each level of a coarse quantizer', async () => {
    const coarse = changed("UPDATE quantizer SET bits = 4, scale = amax / 7 WHERE role = 'input'");
    await open(coarse, 5);
    const rules = `document.querySelectorAll('#activation-histograms .mark-rule.role-mark line').length`;
    expect(await browser.evaluate(rules)).toBe(2 * (2 + 16));
  });

  it('draws the loss of every setting over alpha, unsmoothed across, the chosen alpha upright', async () => {
    await open(database, 5);
    const { rows } = figureOf(database, 5, 'loss-over-alpha');
    const settings = rows.filter((row) => row['mode'] === 'accumulated' && row['role'] === 'candidate').length;
    expect(settings).toBe(40);
    expect(await marks('loss-over-alpha', 'symbol')).toBe(settings);
    const rules = `document.querySelectorAll('#loss-over-alpha .mark-rule.role-mark line').length`;
    expect(await browser.evaluate(rules)).toBe(2 + 1);
    const before = await places('loss-over-alpha', 0);
    await choose('loss-over-alpha', 'measure', 'sqnr_db');
    expect(await places('loss-over-alpha', 0)).not.toEqual(before);
    expect(browser.problems).toEqual([]);
  });
});
