import { copyFileSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, quantsweep, storedResults, temporaryFolder, type Ended } from '../cli/command-line.js';
import { pseudoRandom } from '../onnx/pseudo-random.js';
import { faultExperiment } from './fault-sweep.js';
import { canMount, faults, removeDatabase, type Fault } from './faults.js';

/**
 * Rounds over all faults together; `QUANTSWEEP_FAULT_ROUNDS=240 npx vitest run test/faults` for
 * many.
 */
const rounds = Number(process.env['QUANTSWEEP_FAULT_ROUNDS'] ?? faults.length);
const seed = Number(process.env['QUANTSWEEP_FAULT_SEED'] ?? 1);
const mounts = canMount(mkdtempSync(join(tmpdir(), 'quantsweep-mount-')));
if (!mounts) console.warn('Skipped: a really full disk needs the right to mount a file system.');
const possible = faults.filter(({ name }) => mounts || name !== 'the disk is full');
const each = Math.ceil(rounds / faults.length);

interface Tally {
  readonly fault: string;
  rounds: number;
  sweeps: number;
  readonly codes: Record<string, number>;
}

let expected: readonly unknown[];
let durationMs: number;

function prepare(folder: string, { hangSeconds = 60 }: Partial<Fault> = {}): string {
  mkdirSync(folder, { recursive: true });
  copyFileSync(demoModel, join(folder, 'model.onnx'));
  const path = join(folder, 'faults.yaml');
  writeFileSync(path, faultExperiment(hangSeconds));
  return path;
}

describe('a sweep under faults', () => {
  const tallies: Tally[] = [];

  it('runs undisturbed, for comparison', async () => {
    const folder = temporaryFolder();
    const start = performance.now();
    const { code, stderr } = await quantsweep(folder, 'run', prepare(folder));
    durationMs = performance.now() - start;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expected = storedResults(join(folder, 'quantsweep.db'));
    expect(expected.every((rows) => (rows as readonly unknown[]).length > 0)).toBe(true);
  });

  // Each round disturbs one run; runs go on in the same database until its sweep is whole, which is
  // then compared.
  it.each(possible)(
    `survives $name, ${each} times`,
    async (fault: Fault) => {
      const folder = temporaryFolder();
      const experiment = prepare(folder, fault);
      const database = join(folder, 'quantsweep.db');
      const next = pseudoRandom(seed + 1000 * faults.indexOf(fault));
      const random = (): number => (next() + 1) / 2;
      const tally: Tally = { fault: fault.name, rounds: 0, sweeps: 0, codes: {} };
      tallies.push(tally);
      for (let round = 1; round <= each; round++) {
        const ended = await fault.run({ folder, experiment, random, durationMs });
        tally.rounds += 1;
        tally.codes[String(ended.code)] = (tally.codes[String(ended.code)] ?? 0) + 1;
        const where = `${fault.name}, seed ${seed}, round ${round}: ${ended.stdout}${ended.stderr}`;
        expect(fault.codes, where).toContain(ended.code);
        expectClearWords(ended, where);
        if (existsSync(database)) expectWhole(database, where);
        if (ended.code === 0) {
          expectResults(database, fault, where);
          tally.sweeps += 1;
          removeDatabase(folder);
        }
      }
      const { code, stdout, stderr } = await quantsweep(folder, 'run', experiment);
      expect(stderr).toBe('');
      expect(code, stdout).toBe(0);
      expectResults(database, fault, `${fault.name}, resumed after round ${each}`);
      tally.sweeps += 1;
    },
    600_000 + each * 300_000,
  );

  it('has told what happened', () => {
    const lines = tallies.map(
      ({ fault, rounds: done, sweeps, codes }) =>
        `| ${fault} | ${done} | ${Object.entries(codes)
          .map(([code, count]) => `${count} x ${code === 'null' ? 'ended by the signal' : code}`)
          .join(', ')} | ${sweeps} |`,
    );
    console.log(
      ['| fault | rounds | exit codes | sweeps compared, all equal |', '| --- | ---: | --- | ---: |', ...lines].join(
        '\n',
      ),
    );
    expect(tallies.length).toBe(possible.length);
  });
});

function expectClearWords({ stdout, stderr }: Ended, where: string): void {
  expect(stderr, where).not.toMatch(/\n\s+at |unexpected error/);
  expect(stdout, where).not.toMatch(/\n\s+at /);
}

function expectWhole(database: string, where: string): void {
  const result = (() => {
    try {
      return queryDatabase(database, 'PRAGMA integrity_check').rows;
    } catch (error) {
      // Killed before its first migration was committed: an empty file, which the next run fills.
      return error instanceof Error && error.message.includes('is an empty database') ? [['ok']] : error;
    }
  })();
  expect(result, where).toEqual([['ok']]);
}

function expectResults(database: string, { rounds: rounding = false }: Fault, where: string): void {
  const found = storedResults(database);
  if (rounding) expect(rounded(found), where).toEqual(rounded(expected));
  else expect(found, where).toEqual(expected);
  const twice = queryDatabase(
    database,
    `SELECT trial_id, count(*) FROM attempt WHERE status = 'done' AND trial_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1`,
  );
  expect(twice.rows, where).toEqual([]);
}

/** Numbers at nine significant digits. */
function rounded(results: unknown): unknown {
  return JSON.parse(
    JSON.stringify(results, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value)),
  ) as unknown;
}
