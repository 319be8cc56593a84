import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveDatabase, type Serving } from '../../src/serve/serve-database.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { runningSample, type RunningSample } from '../report/running-sample.js';
import { sampleAgent, sampleJob, tellAgents } from '../report/sample-agents.js';
import { hostileName, sampleDatabase } from '../report/sample-database.js';
import { temporaryFolder } from '../cli/command-line.js';
import { ask, listenTo, type Answered } from './ask.js';

let warnings: string[] = [];
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(database: string, sweeps: readonly string[] = []): Promise<Serving> {
  warnings = [];
  const serving = await serveDatabase({
    database,
    sweeps,
    host: '127.0.0.1',
    port: 0,
    allowRemote: false,
    warn: (text) => warnings.push(text),
    events: { lookMs: 20, newsMs: 20, heartbeatMs: 50 },
  });
  closing.push(serving.close);
  return serving;
}

describe('a served report', () => {
  let sample: RunningSample;
  let url: string;

  beforeEach(async () => {
    sample = runningSample();
    closing.push(sample.remove);
    ({ url } = await serve(sample.path));
  });

  it.each([
    ['', 'text/html; charset=utf-8', 'Quantization sweeps'],
    ['index.html?from=mail', 'text/html; charset=utf-8', 'Quantization sweeps'],
    ['running/', 'text/html; charset=utf-8', 'Running now'],
    ['running/trial-1003.html', 'text/html; charset=utf-8', 'data-revision'],
    ['running/layer-2.html', 'text/html; charset=utf-8', 'data-revision'],
    ['running/compare-1005-1006.html', 'text/html; charset=utf-8', 'data-revision'],
    ['running/compare-1005-1006-1010.html', 'text/html; charset=utf-8', '3 trials side by side'],
    ['assets/quantsweep.css', 'text/css; charset=utf-8', '.live-line'],
    ['assets/live.js', 'text/javascript; charset=utf-8', 'EventSource'],
  ])('has /%s', async (path, type, text) => {
    const { status, headers, body } = await ask(url, path);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(body).toContain(text);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    const head = await ask(url, path, { method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-type']]).toEqual([200, '', type]);
  });

  it.each([
    'nothing',
    'running',
    'running/trial-999999.html',
    'running/trial-x.html',
    'running/layer-99.html',
    'other/index.html',
    '../../../etc/passwd',
    '%2e%2e/%2e%2e/etc/passwd',
    'assets/../package.json',
    'running%2Findex.html%00',
    '%E0%A4%A',
    '<script>alert(1)</script>',
  ])('has no page /%s', async (path) => {
    const { status, body } = await ask(url, path);
    expect(status).toBe(404);
    expect(body).toContain('No such page');
    expect(body).not.toContain('alert');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('refuses %s', async (method) => {
    for (const path of ['', 'running/index.html', 'events', 'nothing']) {
      const { status, headers } = await ask(url, path, { method });
      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('refuses requests for another name, so that no page of another site can read it', async () => {
    for (const path of ['', 'events', 'assets/vega.js']) {
      const { status, body } = await ask(url, path, { headers: { Host: 'evil.example' } });
      expect([status, body.includes('running')]).toEqual([421, false]);
    }
    expect((await ask(url, '', { headers: { Host: 'localhost:1' } })).status).toBe(200);
  });

  it('refuses its events to pages of other sites', async () => {
    expect((await ask(url, 'events', { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status).toBe(403);
  });

  it('makes no page anew that a reader has, until something is committed', async () => {
    const tagOf = ({ headers }: Answered): string => String(headers['etag']);
    const first = tagOf(await ask(url, 'running/'));
    const again = await ask(url, 'running/', { headers: { 'If-None-Match': first } });
    expect([again.status, again.body]).toEqual([304, '']);
    const asset = tagOf(await ask(url, 'assets/vega.js'));
    expect((await ask(url, 'assets/vega.js', { headers: { 'If-None-Match': asset } })).status).toBe(304);
    const events = await listenTo(url);
    const { revision } = await events.state(() => true);
    sample.finishTrial(sample.running[0] ?? 0);
    await events.state((state) => state.revision !== revision);
    events.close();
    expect((await ask(url, 'running/', { headers: { 'If-None-Match': first } })).status).toBe(200);
  });

  it('tells when another process has written a trial, and shows it', async () => {
    const events = await listenTo(url);
    const first = await events.state(() => true);
    expect(first).toMatchObject({ trouble: null, progress: { running: '35 of 43 trials' } });
    sample.finishTrial(sample.running[0] ?? 0);
    const next = await events.state(({ progress }) => progress['running'] === '36 of 43 trials');
    expect(next.revision).not.toBe(first.revision);
    const { body } = await ask(url, 'running/');
    expect(body).toContain(`data-revision="${next.revision}"`);
    expect(body).toContain('<b>36 of 43 trials done</b>');
    events.close();
  });

  it('tells when agents come and go, and shows them', async () => {
    const events = await listenTo(url);
    const first = await events.state(() => true);
    tellAgents(sample.path, [sampleAgent('lab-1', { jobs: [sampleJob('trial static alpha=0.5')] })]);
    const next = await events.state(({ revision }) => revision !== first.revision);
    const { body } = await ask(url, 'running/');
    expect(body).toContain('<b>1 agent</b>, <b>1 of 2 slots busy</b>: 1 at work.');
    expect(body).toContain('trial static alpha=0.5');
    tellAgents(sample.path, []);
    await events.state(({ revision }) => revision !== first.revision && revision !== next.revision);
    expect((await ask(url, 'running/')).body).not.toContain('live-agents');
    events.close();
  });

  it('tells when the run has ended', async () => {
    const events = await listenTo(url);
    const { revision } = await events.state(() => true);
    expect((await ask(url, 'running/')).body).toContain('<h2>Running now</h2>');
    rmSync(`${sample.path}.lock`);
    await events.state((state) => state.revision !== revision);
    expect((await ask(url, 'running/')).body).toContain('<h2>Not finished</h2>');
    events.close();
  });

  it('sends signs of life, asks to be found again, and is quiet where nothing changes', async () => {
    const events = await listenTo(url);
    await vi.waitFor(
      () => {
        expect(events.text()).toContain('\n: still here\n\n');
      },
      { timeout: 120_000 },
    );
    expect(events.text()).toMatch(/^retry: 2000\n\nevent: state\n/);
    expect(events.text().match(/^event: state$/gm)).toHaveLength(1);
    events.close();
  });

  it('ends at once with pages that follow', async () => {
    const events = await listenTo(url);
    await events.state(() => true);
    await closing.pop()?.();
    await events.ended;
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('says clearly that the database was deleted, and goes on when there is one again', async () => {
    const events = await listenTo(url);
    const { revision } = await events.state(() => true);
    renameSync(sample.path, `${sample.path}.away`);
    const { trouble } = await events.state((state) => state.trouble !== null);
    expect(trouble).toMatch(/^Expected a database at .*sample\.db, found none\. Run a sweep first/);
    const { status, body } = await ask(url, 'running/');
    expect(status).toBe(503);
    expect(body).toContain('Waiting for the database');
    expect(body).not.toMatch(/\bat .*\.[jt]s:\d+/);
    expect(warnings).toHaveLength(1);
    copyFileSync(`${sample.path}.away`, sample.path);
    await events.state((state) => state.trouble === null && state.revision !== revision);
    expect((await ask(url, 'running/')).status).toBe(200);
    events.close();
  });

  it('waits for a database that is locked for a moment', async () => {
    // Readers of a database in this older mode do wait for a writer.
    const path = join(temporaryFolder(), 'journal.db');
    const source = new Database(sample.path);
    source.exec(`VACUUM INTO '${path}'`);
    source.close();
    const holder = new Database(path);
    ({ url } = await serve(path));
    holder.exec('BEGIN EXCLUSIVE');
    const { status, body } = await ask(url, 'running/');
    expect(status).toBe(503);
    expect(body).toContain('Another program holds');
    holder.exec('COMMIT');
    holder.close();
    await vi.waitFor(
      async () => {
        expect((await ask(url, 'running/')).status).toBe(200);
      },
      { timeout: 120_000 },
    );
  });

  it('holds up no writer', async () => {
    const events = await listenTo(url);
    await events.state(() => true);
    await ask(url, 'running/');
    const writer = new Database(sample.path, { timeout: 0 });
    writer.exec('BEGIN IMMEDIATE; UPDATE sweep SET question = question; COMMIT');
    expect(writer.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    writer.close();
    events.close();
  });
});

describe('what is served', () => {
  it('is all sweeps, or those that are named', async () => {
    const sample = sampleDatabase({ name: 'one' }, { name: 'two' });
    closing.push(sample.remove);
    const all = await serve(sample.path);
    expect((await ask(all.url, 'two/')).status).toBe(200);
    const { url } = await serve(sample.path, ['one']);
    expect((await ask(url, 'one/')).status).toBe(200);
    expect((await ask(url, 'two/')).status).toBe(404);
    const { body } = await ask(url);
    expect(body).toContain('href="one/index.html"');
    expect(body).not.toContain('two');
    expect(warnings).toEqual([]);
  });

  it('may begin later: the sweep, and the database', async () => {
    const path = join(temporaryFolder(), 'later.db');
    const { url } = await serve(path, ['later']);
    expect(warnings.join()).toContain('later.db, found none. Run a sweep first');
    const events = await listenTo(url);
    await events.state(({ trouble }) => trouble !== null);
    // Said once, not again in other words.
    expect(warnings).toHaveLength(1);
    openDatabase(path).close();
    await events.state(({ trouble, progress }) => trouble === null && progress[''] === '0 sweeps, 0 of 0 trials');
    expect((await ask(url)).body).toContain('No sweep has started yet');
    expect((await ask(url, 'later/')).status).toBe(404);
    const sample = sampleDatabase({ name: 'later', pending: 43 });
    closing.push(sample.remove);
    renameSync(sample.path, path);
    await events.state(({ progress }) => progress['later'] === '0 of 43 trials');
    expect((await ask(url, 'later/')).body).toContain('<h2>Not finished</h2>');
    events.close();
  });

  it('says which sweeps there are where a named one is not', async () => {
    const sample = sampleDatabase({ name: 'one' });
    closing.push(sample.remove);
    await serve(sample.path, ['other']);
    expect(warnings.join()).toContain('No sweep "other" in the database (there are: one).');
  });

  it('is never a file that is no database', async () => {
    const path = join(temporaryFolder(), 'notes.txt');
    writeFileSync(
      path,
      'not a database, whatever its name says, and long enough for a header of SQLite to be looked for',
    );
    await expect(serve(path)).rejects.toThrow('Expected an SQLite database');
  });

  it('shows hostile names as text, in pages and events', async () => {
    const sample = runningSample(hostileName);
    closing.push(sample.remove);
    const { url } = await serve(sample.path);
    const { body } = await ask(url);
    expect(body).not.toContain('<script>alert');
    const href = /<h3[^>]*><a href="([^"]+)"/.exec(body)?.[1] ?? '';
    const page = await ask(url, href);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('<script>alert');
    const events = await listenTo(url);
    await events.state(() => true);
    expect(events.text()).not.toContain('\u2028');
    events.close();
  });
});
