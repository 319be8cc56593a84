import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { rowTexts, type Cell } from '../../src/cli/query/format-rows.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { pseudoRandom } from '../onnx/pseudo-random.js';
import * as sample from '../store/sample-sweep.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const path = sample.temporaryDatabase();

beforeAll(() => {
  const store = openStore(path);
  sample.fill(store);
  store.close();
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function quantsweep(...args: readonly string[]): Ended {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function query(sql: string, ...more: readonly string[]): Ended {
  return quantsweep('query', sql, '--db', path, ...more);
}

describe('7: query --format json loses nothing', () => {
  it('writes infinities as numbers that read back as infinities', () => {
    const { stdout } = query('SELECT 9e999 AS up, -9e999 AS down, 1.5 AS plain, NULL AS none', '--format', 'json');
    expect(JSON.parse(stdout)).toEqual([{ up: Infinity, down: -Infinity, plain: 1.5, none: null }]);
  });

  it('writes bytes whole', () => {
    const { stdout } = query("SELECT x'00ff10' AS bytes", '--format', 'json');
    const [{ bytes }] = JSON.parse(stdout) as [{ bytes: { $base64: boolean; encoded: string } }];
    expect(bytes.$base64).toBe(true);
    expect([...Buffer.from(bytes.encoded, 'base64')]).toEqual([0, 255, 16]);
    expect(query("SELECT x'00ff10' AS bytes", '--format', 'csv').stdout).toBe('bytes\r\n00ff10\r\n');
  });
});

describe('32: rows are written as they are read', () => {
  function* million(source: { read: number }): Generator<readonly Cell[]> {
    for (; source.read < 1_000_000; source.read++) yield [source.read, `layer${source.read}`];
  }

  it.each(['table', 'csv', 'json', 'markdown'] as const)(
    '%s gives its first rows before it has read the last',
    (format) => {
      const source = { read: 0 };
      let length = 0;
      for (const text of rowTexts({ columns: ['i', 'name'], rows: million(source) }, format)) {
        length += text.length;
        if (length > 100) break;
      }
      expect(source.read).toBeLessThanOrEqual(1000);
    },
  );

  it('leaves no row of a long table out, and clips no number', () => {
    const rows = Array.from({ length: 2500 }, (_, i) => [i * 1000, 'x'.repeat(i === 2400 ? 30 : 3)] as const);
    const lines = [...rowTexts({ columns: ['n', 'text'], rows }, 'table', 20)].join('').trimEnd().split('\n');
    expect(lines).toHaveLength(2502);
    expect(lines.slice(2).map((line) => Number(line.trim().split(/\s+/)[0]))).toEqual(rows.map(([n]) => n));
    expect(lines[2402]).toMatch(/…$/);
  });

  it.each(['table', 'csv', 'json', 'markdown'])('an endless result in %s ends with its reader', async (format) => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    const child = spawn(process.execPath, [main, 'query', endless, '--db', path, '--format', format], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});

describe('29: no stack trace for a person’s SQL, a damaged database or a full device', () => {
  it.each([
    'SELECT zeroblob(2e9)',
    'SELECT hex(zeroblob(400000000))',
    "SELECT json('{')",
    'SELECT abs(-9223372036854775807 - 1)',
    "SELECT load_extension('x')",
    'SELECT sum(9223372036854775807) FROM (SELECT 1 UNION ALL SELECT 2)',
    "SELECT 'a' LIKE 'b' ESCAPE 'xx'",
  ])('%s is refused as a question that is wrong', (sql) => {
    const { status, stderr } = query(sql);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^quantsweep: SQLite rejects the query: /);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('SQL in a named pipe that nobody writes to is refused, not waited for', () => {
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const { status, stderr } = quantsweep('query', '--db', path, '--file', pipe);
    expect([status, stderr]).toEqual([2, expect.stringContaining('Expected a file with SQL, got a folder, pipe')]);
  });

  const without = (what: string): string => {
    const changed = sample.temporaryDatabase();
    copyFileSync(path, changed);
    const database = new Database(changed);
    database.exec(`DROP ${what}`);
    database.close();
    return changed;
  };

  it('a database that lacks a view is read by the views of the program', () => {
    const { status, stderr } = quantsweep('status', '--db', without('VIEW v_sweep'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('a database that lacks a table is called damaged, not a question that is wrong', () => {
    const { status, stderr } = quantsweep('status', '--db', without('TABLE sweep_trial'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/is damaged, or another program has changed it .*no such table: main\.sweep_trial/);
  });

  it('bytes that were overwritten anywhere give an answer or one line', () => {
    const bytes = readFileSync(path);
    for (let seed = 1; seed <= 4; seed++) {
      const damaged = sample.temporaryDatabase();
      const next = pseudoRandom(seed);
      const broken = Buffer.from(bytes);
      // Past the first page, which holds the header: what is broken there is no database at all.
      for (let n = 0; n < 40; n++) {
        const at = 4096 + Math.floor(((next() + 1) / 2) * (bytes.length - 4096 - 64));
        for (let i = 0; i < 64; i++) broken[at + i] = Math.floor(((next() + 1) / 2) * 256);
      }
      writeFileSync(damaged, broken);
      for (const args of [['status'], ['show', 'best'], ['query', '--name', 'best'], ['report', '--json', '-']]) {
        const { status, stderr } = quantsweep(...args, '--db', damaged);
        expect([0, 1, 2], `${seed} ${args.join(' ')}`).toContain(status);
        expect(stderr, `${seed} ${args.join(' ')}`).not.toMatch(/please report it|\n {4}at /);
      }
    }
  });

  // With fewer, Node 24 itself can not start.
  it.skipIf(process.platform === 'win32').each([24, 30, 40, 60, 100])('a limit of %i open files is named', (limit) => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `ulimit -n ${limit}; exec "$@"`, 'bash', process.execPath, main, 'query', 'SELECT 1', '--db', path],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^quantsweep: the limit of open files is too low: .*ulimit -n 1024.*\n$/);
  });

  it.skipIf(!existsSync('/dev/full'))('a full device is named', () => {
    const full = openSync('/dev/full', 'w');
    for (const args of [['query', '--name', 'best'], ['status'], ['show', 'best'], ['report', '--json', '-']]) {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args, '--db', path], {
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      });
      expect({ args, status }).toEqual({ args, status: 1 });
      expect(stderr).toMatch(/^quantsweep: can't write the output: ENOSPC.*\n$/);
    }
  });
});
