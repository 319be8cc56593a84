import { renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serveDatabase, type Serving } from '../../src/serve/serve-database.js';
import { Chromium, chromiumPath } from '../report/chromium.js';
import { runningSample, type RunningSample } from '../report/running-sample.js';
import { sampleAgent, sampleJob, tellAgents } from '../report/sample-agents.js';
import { hostileName, type Sample } from '../report/sample-database.js';

/** Set where the browser must be there (.ci/run): its absence fails instead of skipping. */
const required = (process.env['QUANTSWEEP_REQUIRE_BROWSER'] ?? '') !== '';
const skipped = chromiumPath === null && !required;
if (skipped) console.warn('Skipped: tests of the live report in a browser need Chromium (apt-get install chromium).');

/** What the table of trials shows. */
interface TableState {
  readonly trials: readonly number[];
  readonly values: readonly string[];
  readonly selected: readonly number[];
  readonly pager: string | null;
}

const narrow = { width: 390, height: 800, scheme: 'dark' } as const;
const wide = { width: 1280, height: 900, scheme: 'light' } as const;

describe.skipIf(skipped)('a live page in a browser', () => {
  let browser: Chromium;
  let sample: RunningSample;
  let serving: Serving;

  beforeAll(() => {
    browser = new Chromium();
  });

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    await start();
  });

  afterEach(async () => {
    await serving.close();
    sample.remove();
  });

  async function start(name?: string, more: Partial<Sample> = {}): Promise<void> {
    sample = runningSample(name, more);
    const options = { database: sample.path, sweeps: [], host: '127.0.0.1', port: 0, allowRemote: false };
    serving = await serveDatabase({
      ...options,
      warn: () => undefined,
      events: { lookMs: 50, newsMs: 50 },
    });
  }

  /** Resolves when an expression of the page has become true. */
  async function until(expression: string): Promise<void> {
    await browser.evaluate(
      `new Promise((done, fail) => { setTimeout(() => fail(new Error(${JSON.stringify(`Not within two minutes: ${expression}`)})), 120000); const look = () => (${expression}) ? done() : setTimeout(look, 20); look(); })`,
    );
  }

  /** Runs statements over the table of trials. */
  const inTable = async (statements: string): Promise<TableState> =>
    (await browser.evaluate(`(() => { const figure = document.querySelector('#trials');
      const focus = (name) => figure.querySelector('[data-focus="' + name + '"]');
      ${statements} })()`)) as TableState;

  const tableState = `({
    trials: [...figure.querySelectorAll('tr[data-trial]')].map((row) => Number(row.dataset.trial)),
    values: [...figure.querySelectorAll('tr[data-trial]')].map((row) =>
      row.cells[[...figure.querySelectorAll('.scroll thead th')].findIndex((head) => head.querySelector('[data-focus="head value"]'))].textContent),
    heads: [...figure.querySelectorAll('th[aria-sort]')].map((head) => [head.textContent, head.ariaSort]),
    selected: [...figure.querySelectorAll('td input:checked')].map((box) => Number(box.closest('tr').dataset.trial)).sort(),
    compared: figure.querySelectorAll('.compared thead th').length,
    isChoosing: figure.querySelector('fieldset.columns').hidden === false,
    filters: [...figure.querySelectorAll('select')].map(({ value }) => value),
    pager: figure.querySelector('.pager span')?.textContent ?? null,
    focus: document.activeElement.dataset.focus ?? null,
    caret: focus('search').selectionStart,
  })`;

  const doneText = `document.querySelector('#live-progress .counts b').textContent`;
  const isCurrent = `document.querySelector('.live-line [role=status]').textContent !== ''`;

  it('shows by itself that a trial has finished, and asks nobody but its server', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    expect(await browser.evaluate(doneText)).toBe('35 of 43 trials done');
    const points = `document.querySelectorAll('#accuracy-by-alpha svg .mark-symbol.role-mark path').length`;
    const before = Number(await browser.evaluate(points));
    sample.finishTrial(sample.running[0] ?? 0);
    await until(`${doneText} === '36 of 43 trials done'`);
    expect(await browser.evaluate(points)).toBe(before + 1);
    await until(`document.querySelector('.live-line [role=status]').textContent === '36 of 43 trials'`);
    expect(browser.problems).toEqual([]);
    expect(browser.requests.length).toBeGreaterThan(3);
    expect(browser.requests.filter((url) => !url.startsWith(serving.url))).toEqual([]);
  });

  it('keeps what the reader has opened, chosen, sorted and scrolled to', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    // Not every browser holds the place by itself as this one does.
    await browser.evaluate(
      `document.documentElement.style.overflowAnchor = document.body.style.overflowAnchor = 'none'`,
    );
    await browser.evaluate(`(() => {
      const loss = document.querySelector('#layer-loss');
      for (const one of loss.querySelectorAll('details')) one.open = true;
      const select = loss.querySelector('select');
      select.value = '"sqnr_db"';
      select.dispatchEvent(new Event('change', { bubbles: true }));
      document.querySelector('#trials th[aria-sort] button').click();
      document.querySelector('#live-failures details').open = true;
      loss.scrollIntoView();
      scrollBy(0, 120);
      document.querySelector('#layer-loss summary').focus({ preventScroll: true });
    })()`);
    await until(`document.querySelector('#layer-loss [data-rows-of] table') !== null`);
    const shown = `JSON.stringify({
      open: [...document.querySelectorAll('#layer-loss details')].map((one) => one.open),
      failures: document.querySelector('#live-failures details').open,
      filled: document.querySelector('#layer-loss [data-rows-of] table') !== null,
      select: document.querySelector('#layer-loss select').value,
      sorted: document.querySelector('#trials th[aria-sort]').getAttribute('aria-sort'),
      focus: document.activeElement.closest('figure')?.id,
    })`;
    const top = `document.querySelector('#layer-loss').getBoundingClientRect().top`;
    const before = await browser.evaluate(shown);
    const topBefore = Number(await browser.evaluate(top));
    expect(before).toContain('"select":"\\"sqnr_db\\"","sorted":"ascending","focus":"layer-loss"');
    await browser.evaluate(`globalThis.kept = document.querySelector('#layer-loss')`);
    // With both, the table of attempts goes.
    for (const trial of sample.running) sample.finishTrial(trial);
    await until(`${doneText} === '37 of 43 trials done'`);
    await browser.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 200))))',
    );
    expect(await browser.evaluate(shown)).toBe(before);
    // Browsers scroll by whole pixels.
    expect(Math.abs(Number(await browser.evaluate(top)) - topBefore)).toBeLessThan(2);
    expect(browser.problems).toEqual([]);
  });

  it('keeps order, filter, words, columns and selection of the table of trials as rows come', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    await inTable(`focus('head value').click();
      const size = focus('filter data.calibration.batches'); size.value = '=1500'; size.dispatchEvent(new Event('change', { bubbles: true }));
      for (const name of ['trial 1026', 'trial 1030', 'Compare', 'Columns', 'column key']) focus(name).click();
      const words = focus('search'); words.value = 'static'; words.dispatchEvent(new Event('input'));`);
    await until(`location.hash.includes('q=static')`);
    await inTable(`focus('search').focus(); focus('search').setSelectionRange(2, 2);`);
    const before = await inTable(`return ${tableState};`);
    const address = String(await browser.evaluate('location.hash'));
    expect(address).toBe(
      '#trials?sort=-value&q=static&f=data.calibration.batches:1500&cols=trial,smoothing.alpha,data.calibration.batches,status,value,interval,gap,p-best,mean-l1,duration,key&sel=1026,1030&compare=1',
    );
    await inTable(`globalThis.replaced = figure;`);
    // Of 1500 batches, and static: a row more to be shown, in its place.
    const statics = sample.running.filter((trial) => trial >= 1023);
    expect(statics.length).toBeGreaterThan(0);
    for (const trial of statics) sample.finishTrial(trial);
    await until(`${doneText} === '${35 + statics.length} of 43 trials done'`);
    expect(await browser.evaluate('replaced.isConnected')).toBe(false);
    const after = await inTable(`return ${tableState};`);
    expect({ ...after, trials: null, values: null }).toEqual({ ...before, trials: null, values: null });
    expect(after.values).toEqual([...after.values].sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a)));
    expect(after.values.filter((text) => text !== '–')).toHaveLength(
      before.values.filter((text) => text !== '–').length + statics.length,
    );
    expect(await browser.evaluate('location.hash')).toBe(address);
    expect(browser.problems).toEqual([]);
  });

  it('takes the words that are being typed over to the table that comes', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    // Typed on and on, so that the table is replaced between a key and the rows that follow it.
    await inTable(`globalThis.replaced = figure; let length = 0;
      globalThis.typing = setInterval(() => {
        const words = document.querySelector('#trials [data-focus="search"]');
        words.focus(); words.value = 'static'.slice(0, 1 + (length++ % 5)); words.dispatchEvent(new Event('input'));
      }, 20);`);
    sample.finishTrial(sample.running[0] ?? 0);
    await until(`!replaced.isConnected`);
    const [typed, focused] = (await browser.evaluate(`(() => { clearInterval(typing);
      const words = document.querySelector('#trials [data-focus="search"]');
      return [words.value, document.activeElement === words]; })()`)) as [string, boolean];
    expect([typed.length > 0 && 'static'.startsWith(typed), focused]).toEqual([true, true]);
    await until(`location.hash === '#trials?q=' + ${JSON.stringify(typed)}`);
    expect(browser.problems).toEqual([]);
  });

  it('keeps the page of a long table, and opens at the address that another reader sends', async () => {
    await serving.close();
    sample.remove();
    await start('running', { weightBits: [8, 4, 2] });
    const best = Number(sample.query('SELECT trial FROM v_trial ORDER BY value DESC LIMIT 1', []).rows[0]![0]);
    await browser.open(`${serving.url}running/index.html#trials?sort=value&page=2&sel=${best}`, wide);
    await until(isCurrent);
    const before = await inTable(`return ${tableState};`);
    expect(before.pager).toMatch(/^101–12\d of 12\d$/);
    expect(before.selected).toEqual([best]);
    await inTable(`globalThis.replaced = figure;`);
    sample.finishTrial(sample.running[0] ?? 0);
    await until(`!replaced.isConnected`);
    const after = await inTable(`return ${tableState};`);
    expect({ ...after, trials: null, values: null }).toEqual({ ...before, trials: null, values: null });
    expect(await browser.evaluate('location.hash')).toBe(`#trials?sort=value&page=2&sel=${best}`);
    await inTable(`[...figure.querySelectorAll('.pager button')].find((one) => one.textContent === 'First').click();`);
    expect((await inTable(`return ${tableState};`)).trials).toHaveLength(100);
    expect(await browser.evaluate('location.hash')).toBe(`#trials?sort=value&sel=${best}`);
    expect(browser.problems).toEqual([]);
  });

  it('leaves alone what has not changed', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    await browser.evaluate(
      `globalThis.kept = { curve: document.querySelector('#search-curve svg'), loss: document.querySelector('#accuracy-by-alpha svg') }`,
    );
    sample.finishTrial(sample.running[0] ?? 0);
    await until(`${doneText} === '36 of 43 trials done'`);
    expect(await browser.evaluate(`kept.curve.isConnected`)).toBe(true);
    expect(await browser.evaluate(`kept.loss.isConnected`)).toBe(false);
  });

  it('keeps an agent’s row, what is marked in it and what is open, while agents change', async () => {
    const many = Array.from({ length: 30 }, (_, index) => sampleAgent(`idle-${index}`));
    tellAgents(sample.path, [...many, sampleAgent('lab-1', { lastError: 'out of memory' })]);
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    await browser.evaluate(`(() => {
      for (const one of document.querySelectorAll('#live-agents details')) one.open = true;
      globalThis.kept = document.getElementById('agent-idle-20');
      getSelection().selectAllChildren(kept.querySelector('.machine'));
      document.querySelector('#live-agents .more summary').focus();
    })()`);
    tellAgents(sample.path, [
      ...many.map((agent) => ({ ...agent, seenAt: new Date().toISOString() })),
      sampleAgent('lab-1', { jobs: [sampleJob('trial static alpha=0.5')], seenAt: new Date().toISOString() }),
    ]);
    await until(`document.querySelector('#live-agents tbody tr').textContent.includes('trial static alpha=0.5')`);
    expect(
      await browser.evaluate(`JSON.stringify({
        first: document.querySelector('#live-agents tbody tr').id,
        isKept: kept.isConnected,
        selected: String(getSelection()),
        open: [...document.querySelectorAll('#live-agents details')].map((one) => one.open),
        focus: document.activeElement.parentElement.className,
      })`),
    ).toBe(
      JSON.stringify({
        ...{ first: 'agent-lab-1', isKept: true, selected: 'cpu class cpu-3f9a2c1b6d04' },
        ...{ open: [true, true], focus: 'more' },
      }),
    );
    tellAgents(sample.path, []);
    await until(`document.querySelector('#live-agents') === null`);
    expect(browser.problems).toEqual([]);
  });

  it('keeps a log open and at its end while its worker writes on', async () => {
    const write = (text: string): void => {
      const database = new Database(sample.path);
      const sql =
        "INSERT OR REPLACE INTO worker_log (place, text, written_at) VALUES ('cpu:0', ?, '2026-11-30T10:00:01.000Z')";
      database.prepare(sql).run(text);
      database.close();
    };
    const lines = Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n');
    write(lines);
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    await browser.evaluate(`(() => {
      globalThis.log = document.querySelector('#live-logs details');
      log.open = true;
      log.querySelector('.tail').focus();
    })()`);
    write(`${lines}\nthe newest <b>line</b>`);
    await until(`document.querySelector('#live-logs pre').textContent.includes('the newest')`);
    expect(
      await browser.evaluate(`JSON.stringify((() => {
        const tail = log.querySelector('.tail');
        const { bottom } = tail.getBoundingClientRect();
        return {
          isKept: log.isConnected && log.open,
          hasFocus: document.activeElement === tail,
          isHigher: tail.scrollHeight > tail.clientHeight,
          atEnd: Math.abs(tail.querySelector('pre').getBoundingClientRect().bottom - bottom) < 3,
          last: log.querySelector('summary span').textContent,
        };
      })())`),
    ).toBe(
      JSON.stringify({
        ...{ isKept: true, hasFocus: true, isHigher: true, atEnd: true },
        last: '10:00:01 UTC: the newest <b>line</b>',
      }),
    );
    expect(browser.problems).toEqual([]);
  });

  it.each([1280, 700, 390])('shows agents whole on a page of %d pixels, whatever they say', async (width) => {
    const long = 'x'.repeat(300);
    tellAgents(sample.path, [
      sampleAgent(long, { label: hostileName, jobs: [sampleJob(long), sampleJob(`trial ${hostileName}`)] }),
      sampleAgent('b', { gpu: long, state: 'unfit', reason: `${hostileName} ${long}`, lastError: long }),
    ]);
    await browser.open(`${serving.url}running/index.html`, { width, height: 900, scheme: 'light' });
    await until(isCurrent);
    expect(
      await browser.evaluate(`JSON.stringify((() => {
        const { clientWidth } = document.documentElement;
        const parts = [...document.querySelectorAll('#live-agents tbody *')];
        return {
          rows: document.querySelectorAll('#live-agents tbody tr').length,
          page: document.documentElement.scrollWidth - clientWidth,
          beyond: parts.filter((one) => one.getBoundingClientRect().right > clientWidth).map((one) => one.className),
        };
      })())`),
    ).toBe(JSON.stringify({ rows: 2, page: 0, beyond: [] }));
    expect(browser.problems).toEqual([]);
  });

  it('says that the server is gone, and goes on when it is back', async () => {
    await browser.open(`${serving.url}running/index.html`, narrow);
    await until(isCurrent);
    const { port } = new URL(serving.url);
    await serving.close();
    await until(`document.querySelector('.live-line.lost') !== null`);
    expect(await browser.evaluate(doneText)).toBe('35 of 43 trials done');
    sample.finishTrial(sample.running[0] ?? 0);
    const options = { database: sample.path, sweeps: [], host: '127.0.0.1', port: Number(port), allowRemote: false };
    serving = await serveDatabase({ ...options, warn: () => undefined, events: { lookMs: 50, newsMs: 50 } });
    await until(`${doneText} === '36 of 43 trials done' && document.querySelector('.live-line.lost') === null`);
  });

  it('keeps the page while the database is away, and turns a page that waits for it into the report', async () => {
    await browser.open(`${serving.url}running/index.html`, wide);
    await until(isCurrent);
    renameSync(sample.path, `${sample.path}.away`);
    await until(`document.querySelector('.live-line.lost') !== null`);
    expect(await browser.evaluate(`document.querySelector('.live-line').textContent`)).toMatch(
      /found none\. Run a sweep/,
    );
    expect(await browser.evaluate(doneText)).toBe('35 of 43 trials done');
    await browser.open(`${serving.url}running/index.html`, wide);
    expect(await browser.evaluate(`document.querySelector('h1').textContent`)).toBe('Waiting for the database');
    renameSync(`${sample.path}.away`, sample.path);
    await until(`document.querySelector('#accuracy-by-alpha svg path') !== null`);
    expect(await browser.evaluate(doneText)).toBe('35 of 43 trials done');
    expect(await browser.evaluate(`document.querySelector('h1').textContent`)).not.toContain('Waiting');
  });

  it('shows hostile names as text before and after an update, on a narrow page too', async () => {
    await serving.close();
    sample.remove();
    await start(hostileName);
    await browser.open(serving.url, narrow);
    const href = String(await browser.evaluate(`document.querySelector('#live h3 a').href`));
    await browser.open(href, narrow);
    await until(isCurrent);
    sample.finishTrial(sample.running[0] ?? 0);
    await until(`${doneText} === '36 of 43 trials done'`);
    expect(
      await browser.evaluate(`[...document.scripts].filter((one) => !one.src && one.type !== 'text/plain').length`),
    ).toBe(0);
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(browser.problems).toEqual([]);
  });
});
