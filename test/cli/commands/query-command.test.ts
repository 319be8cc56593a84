import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { bindOwn, parseParameters } from '../../../src/cli/query/query-parameters.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import * as sample from '../../store/sample-sweep.js';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const program = ['--import', 'tsx', main, 'query'];

describe('quantsweep query', () => {
  const path = sample.temporaryDatabase();
  beforeAll(() => {
    const store = openStore(path);
    sample.fill(store);
    store.close();
  });

  function query(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, [...program, ...args, '--db', path], { input, encoding: 'utf8' });
  }

  it('runs SQL from the argument, from a file and from the standard input', () => {
    const sql = `SELECT label FROM v_trial WHERE sweep = :sweep AND role = 'fp32'`;
    const csv = 'label\r\nFP32\r\n';
    writeFileSync(`${path}.sql`, sql);
    expect(query([sql, '--format', 'csv']).stdout).toBe(csv);
    expect(query(['--file', `${path}.sql`, '--format', 'csv']).stdout).toBe(csv);
    expect(query(['-', '--format', 'csv'], sql).stdout).toBe(csv);
    expect(query(['--format', 'csv'], sql).stdout).toBe(csv);
  });

  it('runs a named query with parameters given before the other arguments', () => {
    const { status, stdout } = query(['--param', 'limit=1', '--name', 'best', '--format', 'json']);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as readonly object[]).map((row) => ({ ...row }))).toEqual([
      expect.objectContaining({ label: 'static alpha=0.5, 200 batches', value: 0.8, verdict: 'inside the noise' }),
    ]);
    expect(query(['--param', 'x=7', 'SELECT :x + 1 AS y', '--format', 'csv']).stdout).toBe('y\r\n8\r\n');
  });

  it('lists the named queries', () => {
    expect(query(['--list']).stdout).toMatch(/^best +Best settings/m);
  });

  it.each([
    [['DROP TABLE trial'], 2, /begins with "DROP"/],
    [['SELEC 1'], 2, /begins with "SELEC"/],
    [['--name', 'bset'], 2, /best.*got "bset"/],
    [['--name', 'best', '--param', 'limt=3'], 2, /got "limt"/],
    [['--name', 'best', 'SELECT 1'], 2, /got both/],
    [['SELECT 1', '--param', 'limit'], 2, /name=value, got "limit"/],
    [['--file', '/nowhere/a.sql'], 2, /nowhere\/a\.sql/],
  ])('%j exits with %i', (args, status, message) => {
    const result = query(args);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
    expect(result.status).toBe(status);
  });

  it('says what to do where there is no database', () => {
    const { status, stderr } = spawnSync(process.execPath, [...program, 'SELECT 1', '--db', `${path}.none`], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/Expected a database at .*\.none, found none\. Run a sweep first/);
    expect(status).toBe(2);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n';
    const child = spawn(process.execPath, [...program, sql, '--db', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(errors).toBe('');
    expect(code).toBe(0);
  });
});

describe('bindOwn', () => {
  it('reads what SQLite writes as a number as one, and the rest as text', () => {
    const given = parseParameters(['a=7', ':b=-1.5', 'c=0x10', 'd=', 'e=x=y', 'f=9007199254740993']);
    expect(Object.fromEntries(given.map((parameter) => [parameter.name, bindOwn(parameter)]))).toEqual({
      a: 7n,
      b: -1.5,
      c: '0x10',
      d: '',
      e: 'x=y',
      f: 9007199254740993n,
    });
  });
});
