import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunState } from '../../../src/report/facts/live-facts.js';
import { openSite } from '../../../src/report/pages/site.js';
import { hostileName } from '../sample-database.js';
import { embeddedRows, figurePieces, shownSql, unescapeHtml } from '../shown-sql.js';
import { failureText, runningSample, runningSweep, type RunningSample } from '../running-sample.js';
import { sampleAgent, sampleJob, tellAgents } from '../sample-agents.js';

const nobody: RunState = { kind: 'none' };

function site(sample: RunningSample, name: string, run: RunState) {
  const options = {
    database: 'sample.db',
    generatedAt: new Date(Date.parse(sample.since) + 65_000),
    mode: 'server' as const,
    live: { run, revision: 'r-1', nowMs: sample.sinceMs + 65_000 },
  };
  return openSite(sample.query, [name], [name], options);
}

function pageOf(sample: RunningSample, name: string, run: RunState, path?: string): string {
  const one = site(sample, name, run);
  return one.render(path ?? one.sweepPath(name)) ?? '';
}

describe.each([runningSweep, hostileName])('pages of a server while %j runs', (name) => {
  let sample: RunningSample;
  let run: RunState;

  beforeAll(() => {
    sample = runningSample(name);
    run = { kind: 'running', pid: 77, host: 'bench-1', since: sample.since };
  });

  afterAll(() => {
    sample.remove();
  });

  it('begin with how far it is, what runs and what failed with its error', () => {
    const pieces = figurePieces(pageOf(sample, name, run));
    expect([...pieces.keys()].slice(0, 3)).toEqual(['live-progress', 'live-attempts', 'live-failures']);
    expect(pieces.get('live-progress')).toContain(
      '<b>35 of 43 trials done</b>, <b>3 failed</b>, <b>2 running</b>, 3 pending.',
    );
    const attempts = pieces.get('live-attempts') ?? '';
    expect(attempts.match(/<td>running<\/td>/g)).toHaveLength(2);
    expect(attempts).toContain(`href="trial-${sample.running[0] ?? 0}.html"`);
    expect(attempts).toContain(`data-since="${sample.since}">1 min 05 s`);
    const failures = (pieces.get('live-failures') ?? '').replace(/<script[^]*/, '');
    expect(failures).toContain('3 trials failed');
    expect(failures).toContain('NonFiniteError');
    expect(failures).toContain(failureText);
  });

  it('call attempts cut off whose run is gone', () => {
    const page = pageOf(sample, name, nobody);
    expect(page).toContain('<h2>Not finished</h2>');
    const attempts = figurePieces(page).get('live-attempts') ?? '';
    expect(attempts.match(/<td>cut off<\/td>/g)).toHaveLength(2);
    expect(attempts).not.toContain('data-since');
  });

  it('show the queries that the live section comes from, and their rows', () => {
    const pieces = figurePieces(pageOf(sample, name, run));
    for (const id of ['live-progress', 'live-attempts', 'live-stages', 'live-failures']) {
      const piece = pieces.get(id) ?? '';
      const { columns, rows } = sample.query(shownSql(piece)[0] ?? '', []);
      expect(embeddedRows(piece)).toEqual({ columns, rows });
    }
  });

  it('name the revision, and nothing in them is undefined or of another origin', () => {
    for (const path of [
      'index.html',
      undefined,
      `${site(sample, name, run).sweepPath(name).split('/')[0] ?? ''}/trial-1001.html`,
    ]) {
      const page = pageOf(sample, name, run, path);
      expect(page).toContain('data-revision="r-1"');
      expect(page).toContain("connect-src 'self'");
      expect(page.replaceAll(/<script type="text\/plain"[^]*?<\/script>/g, '')).not.toMatch(
        /undefined|NaN(?! in the output)|<script>alert|(?:src|href)="(?:https?:)?\/\//,
      );
    }
  });

  it('tell on the index what runs', () => {
    const page = pageOf(sample, name, run, 'index.html');
    expect(page).toContain('<h2>Running now</h2>');
    expect(unescapeHtml(figurePieces(page).get('live-0') ?? '')).toContain(`${name}</a></h3>`);
    expect(pageOf(sample, name, nobody, 'index.html')).not.toContain('id="live"');
  });
});

describe.each([runningSweep, hostileName])('agents on pages of a server while %j runs', (name) => {
  let sample: RunningSample;
  let run: RunState;

  beforeAll(() => {
    sample = runningSample(name);
    run = { kind: 'running', pid: 77, host: 'bench-1', since: sample.since };
  });

  afterAll(() => {
    sample.remove();
  });

  const agentsOn = (page: string): string => figurePieces(page).get('live-agents') ?? '';
  const rowsOf = (piece: string): string[] => piece.match(/<tr role="row" id=[^]*?<\/tr>/g) ?? [];

  it('are listed with what they are, do and ran into', () => {
    const seenAt = new Date(Date.parse(sample.since) + 63_000).toISOString();
    const job = { ...sampleJob('trial static alpha=0.5', name), startedAt: sample.since };
    tellAgents(sample.path, [
      sampleAgent('lab-2', { slots: 4, state: 'unfit', reason: 'got another copy of labels.npy' }),
      sampleAgent('lab-1', {
        ...{ label: 'gpu=a100', gpu: 'NVIDIA A100', provider: 'cuda', numericsClass: 'cuda-9b1e77ad0c42' },
        ...{ jobs: [job, sampleJob('observe 3', 'other')], lastError: 'out of memory', seenAt },
      }),
    ]);
    const piece = agentsOn(pageOf(sample, name, run));
    expect(piece).toContain('<b>2 agents</b>, <b>2 of 2 slots busy</b>: 1 at work, 1 unfit.');
    const [first = '', second = ''] = rowsOf(piece);
    expect(first).toContain('<b>lab-1</b> <span class="label">gpu=a100</span>');
    expect(first).toContain('<span>NVIDIA A100</span> <span>cuda</span> <span>class cuda-9b1e77ad0c42</span>');
    expect(first).toContain('at work');
    expect(first).toContain('2 of 2');
    expect(first).toContain(`<span>trial static alpha=0.5</span> <span class="where">cpu:0, <time`);
    expect(first).toContain(`data-since="${sample.since}">1 min 05 s</time>`);
    expect(first).toContain('<span>other: observe 3</span>');
    expect(first).toContain('<b>last error:</b> out of memory');
    expect(first).toContain(`data-since="${seenAt}">2.0 s</time> ago`);
    expect(second).toContain('<b>lab-2</b>');
    expect(second).toContain('unfit');
    expect(second).toContain('<p class="reason">got another copy of labels.npy</p>');
    expect(second).toContain('0 of 4');
  });

  it('come with the query that they are from, and its rows', () => {
    tellAgents(sample.path, [sampleAgent('b'), sampleAgent('a')]);
    const piece = agentsOn(pageOf(sample, name, run));
    const { columns, rows } = sample.query(shownSql(piece)[0] ?? '', []);
    expect(rows).toHaveLength(2);
    expect(embeddedRows(piece)).toEqual({ columns, rows });
  });

  it('say anything, and it stays text', () => {
    const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e&amp;</table>`;
    const jobs = [{ sweep: evil, label: evil, device: evil, startedAt: evil }];
    const text = { host: evil, label: evil, gpu: evil, provider: evil, numericsClass: evil };
    tellAgents(sample.path, [sampleAgent(evil, { ...text, reason: evil, lastError: evil, seenAt: evil, jobs })]);
    const html = agentsOn(pageOf(sample, name, run)).replaceAll(/<script type="text\/plain"[^]*?<\/script>/g, '');
    expect(rowsOf(html)).toHaveLength(1);
    expect(html).not.toMatch(/<script|<img|<\/table>(?!<\/div>)|NaN|Invalid/);
    // All but the id and what is to be a time.
    expect(unescapeHtml(html).split(evil)).toHaveLength(1 + 10);
  });

  it('that share host and label are told apart by their ids', () => {
    tellAgents(sample.path, [
      sampleAgent('lab-1-100-aa', { host: 'lab-1' }),
      sampleAgent('lab-1-200-bb', { host: 'lab-1' }),
      sampleAgent('lab-2-300-cc', { host: 'lab-2' }),
    ]);
    const html = agentsOn(pageOf(sample, name, run));
    expect(html).toContain('<span>lab-1-100-aa</span>');
    expect(html).toContain('<span>lab-1-200-bb</span>');
    expect(html).not.toContain('<span>lab-2-300-cc</span>');
  });

  it('are named with the device of an attempt that they run', () => {
    const database = new Database(sample.path);
    database
      .prepare(`UPDATE attempt SET agent = 'lab-1-100-aa', host = 'lab-1' WHERE trial_id = ?`)
      .run(sample.running[0]);
    database.close();
    const attempts = figurePieces(pageOf(sample, name, run)).get('live-attempts') ?? '';
    expect(attempts).toContain('<td>cpu:0 on lab-1</td>');
    expect(attempts).toContain('<td>cpu:0</td>');
  });

  it('fold where they are many', () => {
    tellAgents(
      sample.path,
      Array.from({ length: 200 }, (_, index) =>
        sampleAgent(`node-${index}`, index < 199 ? {} : { state: 'unfit', reason: 'no CUDA device' }),
      ),
    );
    const html = agentsOn(pageOf(sample, name, run));
    const [front = '', rest = ''] = html.split('<details class="more">');
    expect(rowsOf(front)).toHaveLength(4);
    expect(front).toContain('no CUDA device');
    expect(rest).toContain('<summary>196 more agents: 196 waiting</summary>');
    expect(rowsOf(rest)).toHaveLength(196);
  });

  it('are not there without agents, nor when no run is at the sweep', () => {
    tellAgents(sample.path, []);
    expect(pageOf(sample, name, run)).not.toContain('gents');
    tellAgents(sample.path, [sampleAgent('a')]);
    expect(pageOf(sample, name, run)).toContain('live-agents');
    expect(pageOf(sample, name, nobody)).not.toContain('live-agents');
  });
});

describe('pages of files', () => {
  it('have no live section and may ask nobody for anything', () => {
    const sample = runningSample();
    try {
      const options = { database: 'sample.db', generatedAt: new Date(0), mode: 'files' as const };
      const page = openSite(sample.query, [runningSweep], [runningSweep], options);
      expect(page.paths()).not.toContain('assets/live.js');
      const html = page.render(page.sweepPath(runningSweep)) ?? '';
      expect(html).not.toMatch(/id="live"|connect-src|data-revision/);
    } finally {
      sample.remove();
    }
  });
});

describe.each([runningSweep, hostileName])('slots and logs on pages of a server while %j runs', (name) => {
  let sample: RunningSample;
  let run: RunState;

  beforeAll(() => {
    sample = runningSample(name);
    run = { kind: 'running', pid: 77, host: 'bench-1', since: sample.since };
    change(
      sample,
      `INSERT INTO worker_log (place, text, written_at) VALUES ('cpu:0', 'loading\n</script><b>done</b>', '2026-11-30T10:00:01.000Z'),
       ('cpu:2', '', '2026-11-30T10:00:00.000Z'), ('cuda:0', '', '2026-11-30T10:00:00.000Z'), ('cuda:0/2', '', '2026-11-30T10:00:00.000Z')`,
    );
    change(
      sample,
      "UPDATE attempt SET device = 'cuda:0' WHERE status = 'running' AND trial_id = (SELECT max(id) FROM trial WHERE id IN (SELECT trial_id FROM attempt WHERE status = 'running'))",
    );
  });

  afterAll(() => {
    sample.remove();
  });

  it('have a row for every slot, those without work among them', () => {
    const piece = figurePieces(pageOf(sample, name, run)).get('live-attempts') ?? '';
    const rows = [...piece.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
      [...row!.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => unescapeHtml(cell!.replaceAll(/<[^>]+>/g, ''))),
    );
    const states = rows.filter((row) => row.length > 0).map((row) => [row[1], row.at(-1)]);
    expect(states).toEqual([
      ['cpu:0', 'running'],
      ['cpu:2', 'waiting'],
      ['cuda:0', 'running'],
      ['cuda:0', 'waiting'],
    ]);
    expect(piece.match(/no work at the moment/g)!.length).toBeGreaterThanOrEqual(2);
  });

  it('have what each worker wrote as text, and the query that it comes from', () => {
    const piece = figurePieces(pageOf(sample, name, run)).get('live-logs') ?? '';
    expect(piece).toContain('<code>cpu:0</code> <span>10:00:01 UTC: &lt;/script&gt;&lt;b&gt;done&lt;/b&gt;</span>');
    expect(piece).toContain('<pre>loading\n&lt;/script&gt;&lt;b&gt;done&lt;/b&gt;</pre>');
    expect(piece).toContain('Wrote nothing: cpu:2, cuda:0, cuda:0/2.');
    const { columns, rows } = sample.query(shownSql(piece)[0] ?? '', []);
    expect(rows).toHaveLength(4);
    expect(embeddedRows(piece)).toEqual({ columns, rows });
  });

  it('say of a trial whether it runs or is pending, each with its query', () => {
    const folder = site(sample, name, run).sweepPath(name).split('/')[0] ?? '';
    const pages = sample
      .query("SELECT trial FROM v_trial WHERE status = 'pending' ORDER BY trial", [])
      .rows.map(([trial]) => pageOf(sample, name, run, `${folder}/trial-${String(trial)}.html`));
    expect(pages.map((page) => /This trial (is running|is pending|has not finished)/.exec(page)?.[1])).toEqual([
      ...['is running', 'is running', 'is pending', 'is pending', 'is pending'],
    ]);
    expect(shownSql(pages[0] ?? '').join()).toContain("status = 'running'");
    const stopped = pageOf(sample, name, nobody, `${folder}/trial-${String(sample.running[0])}.html`);
    expect(stopped).toContain('This trial has not finished');
  });

  it('keep the logs of a run that was killed, and show no slots of it', () => {
    const pieces = figurePieces(pageOf(sample, name, nobody));
    expect(pieces.get('live-attempts')).not.toContain('no work at the moment');
    expect(pieces.get('live-progress')).not.toMatch(/\d running</);
    expect(pieces.get('live-logs')).toContain('<pre>loading');
  });

  it('say that a process has the database before it has begun a sweep', () => {
    change(sample, 'UPDATE writer SET sweep_id = NULL');
    expect(pageOf(sample, name, run)).toContain('Process 77 on bench-1 has the database since');
    expect(pageOf(sample, name, run, 'index.html')).toContain('is at no sweep of this report.');
  });
});

function change({ path }: RunningSample, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}
