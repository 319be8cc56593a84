import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunState } from '../../../src/report/facts/live-facts.js';
import { openSite } from '../../../src/report/pages/site.js';
import { hostileName } from '../sample-database.js';
import { embeddedRows, figurePieces, shownSql, unescapeHtml } from '../shown-sql.js';
import { failureText, runningSample, runningSweep, type RunningSample } from '../running-sample.js';

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
    expect(pieces.get('live-progress')).toContain('<b>35 of 43 trials done</b>, <b>3 failed</b>, 5 to go.');
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
    for (const id of ['live-progress', 'live-attempts', 'live-failures']) {
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
