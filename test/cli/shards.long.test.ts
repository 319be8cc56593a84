import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../src/index.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoScenes, everyKindOfNumber } from '../determinism/every-kind-of-number.js';
import { differences, storedColumns } from '../determinism/stored-rows.js';
import { change, contents } from '../store/merge/shard-databases.js';
import { demoModel, quantsweep, Running, type Ended } from './command-line.js';

/** And trials of single layers, which are there once the model is open, and layers to be found. */
const experiment = everyKindOfNumber(demoModel, `${demoScenes}dataset.mjs`).replace(
  'run:',
  `  - layers.sensitivity: [only, allBut]
    layers.focus: 'mid*'
    smoothing.alpha: 0.5
  - layers.keepFloat: auto
    layers.keepFloatLoss: 0.02
    smoothing.alpha: 0.4
    data.calibration.sampleSeed: 7
run:`,
);

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-shards-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function done(...args: readonly string[]): Promise<Ended> {
  const ended = await quantsweep(folder, ...args);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended;
}

const run = (...more: readonly string[]): Promise<Ended> => done('run', 'sweep.yaml', '--allow-code', ...more);
const path = (name: string): string => join(folder, name);
const shardsOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `shard${index + 1}-of-${count}.db`);

let trials = 0;
const printed = new Map<string, string>();
beforeAll(async () => {
  writeFileSync(path('sweep.yaml'), experiment);
  await run('--db', 'whole.db');
  trials = Number(queryDatabase(path('whole.db'), 'SELECT trials FROM v_sweep').rows[0]![0]);
  for (const count of [2, 3]) {
    for (const [index, name] of shardsOf(count).entries()) {
      printed.set(name, (await run('--shard', `${index + 1}/${count}`, '--db', name)).stdout);
    }
    printed.set(`all${count}.db`, (await done('merge', ...shardsOf(count), '--into', `all${count}.db`)).stdout);
  }
  // Six sweeps, one after the other.
}, 1_800_000);

describe('shards of a sweep with every kind of stage', () => {
  it('say what they are, and what comes next', () => {
    const [first] = shardsOf(3);
    expect(printed.get(first!)).toMatch(new RegExp(`determinism: shard 1 of 3: \\d+ of ${trials} trials, 0 cached`));
    expect(printed.get(first!)).toMatch(
      /Next, when all 3 shards are done: quantsweep merge \S+ OTHERS\.\.\. --into all\.db\n/,
    );
    expect(printed.get('all3.db')).toContain(`  determinism: ${trials} of ${trials} trials finished\n`);
  });

  it.each([2, 3])('merged are bit-equal to the whole sweep in every result column, of %i', (count) => {
    const [whole, merged] = [storedColumns(path('whole.db')), storedColumns(path(`all${count}.db`))];
    expect(differences(whole, merged)).toEqual({});
    expect(differences(merged, whole)).toEqual({});
  });

  it('have what was tried for layers.keepFloat: auto, each once', () => {
    const tries = `SELECT label, keep, layers, value, chosen FROM v_keep_try ORDER BY label, position`;
    const whole = queryDatabase(path('whole.db'), tries).rows;
    expect(whole.length).toBeGreaterThan(1);
    for (const count of [2, 3]) expect(queryDatabase(path(`all${count}.db`), tries).rows).toEqual(whole);
  });

  it('record the sweep whole, and run each trial once, FP32 aside', () => {
    for (const count of [2, 3]) {
      const ran = shardsOf(count).flatMap((name) => {
        expect(queryDatabase(path(name), 'SELECT trials FROM v_sweep').rows).toEqual([[trials]]);
        return queryDatabase(path(name), `SELECT key FROM trial WHERE status = 'done' AND role <> 'fp32'`).rows.flat();
      });
      expect(ran).toHaveLength(trials - 1);
      expect(new Set(ran).size).toBe(trials - 1);
    }
  });

  it('run searches and rankings once', () => {
    const stages = shardsOf(3).flatMap((name) =>
      queryDatabase(
        path(name),
        `SELECT key FROM stage WHERE kind IN ('search', 'rank') AND status = 'done'`,
      ).rows.flat(),
    );
    const whole = queryDatabase(path('whole.db'), `SELECT count(*) FROM stage WHERE kind IN ('search', 'rank')`).rows;
    expect([[stages.length]]).toEqual(whole);
    expect(new Set(stages).size).toBe(stages.length);
  });

  it('merged have the report of the whole sweep, but for times', () => {
    const [whole, merged] = ['whole.db', 'all2.db'].map((name) =>
      withoutTimes(renderReport(path(name), { format: 'json' })),
    );
    expect(merged).toEqual(whole);
  });

  it('merged leave nothing to run', async () => {
    const { stdout } = await run('--db', 'all2.db');
    expect(stdout).toContain(`determinism: ${trials} trials, ${trials} cached, 0 to run.`);
    expect(stdout).toContain(`0 trials run, ${trials} cached, 0 failed.`);
  });

  it('merged once more bring nothing new', async () => {
    const before = contents(path('all3.db'));
    const { stdout } = await done('merge', ...shardsOf(3), '--into', 'all3.db');
    expect(stdout).toContain(`Nothing new: ${path('all3.db')} had all of it.`);
    expect(contents(path('all3.db'))).toEqual(before);
  });

  it('that are missing are told of', async () => {
    const { stdout } = await done('merge', shardsOf(3)[0]!, '--into', 'partly.db');
    expect(stdout).toMatch(/determinism: \d+ of \d+ trials finished, \d+ still to run: merge the other shards/);
    await done('merge', ...shardsOf(3).slice(1), '--into', 'partly.db');
    expect(differences(storedColumns(path('whole.db')), storedColumns(path('partly.db')))).toEqual({});
  });

  it('are planned with what they share', async () => {
    const { stdout } = await done('plan', 'sweep.yaml', '--allow-code', '--shard', '2/3', '--db', 'no.db');
    expect(stdout).toMatch(new RegExp(`shard 2 of 3: \\d+ of ${trials} trials`));
    expect(stdout).toMatch(/to run {2}reference {2}FP32 over 8 evaluation samples; for \d+ trials; 3 shards run it\n/);
    expect(stdout).toMatch(/Shard 2 of 3 takes \d+ % of the forward passes of the longest shard; /);
    expect(existsSync(path('no.db'))).toBe(false);
  });

  it('without trials say so', async () => {
    const { stdout } = await run('--shard', '99/99', '--db', 'none.db');
    expect(stdout).toMatch(/Shard 99 of 99 has no trials: the \d+ trials of the sweep fill \d+ shards\./);
    expect((await done('merge', 'none.db', 'all3.db', '--into', 'with-none.db')).stdout).toContain(
      `${trials} of ${trials}`,
    );
  });

  it.each([
    ['run', '0/3', /1 <= i <= N/],
    ['run', '4/3', /got 4\/3/],
    ['plan', '2', /Expected --shard i\/N/],
    ['plan', '1/2/3', /Expected --shard i\/N/],
    ['run', '-1/3', /shard/],
  ])('are refused by %s for --shard %s', async (command, shard, message) => {
    const { code, stderr } = await quantsweep(folder, command, 'sweep.yaml', `--shard=${shard}`, '--db', 'no.db');
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(path('no.db'))).toBe(false);
  });
});

describe('quantsweep merge', () => {
  it('ends with exit code 1 at a conflict, names it, and makes no target', async () => {
    await done('merge', shardsOf(2)[0]!, '--into', 'copy.db');
    change(path('copy.db'), `UPDATE accuracy SET value = value / 2 WHERE metric = 'mAP'`);
    const { code, stderr } = await quantsweep(folder, 'merge', shardsOf(2)[0]!, 'copy.db', '--into', 'conflict.db');
    expect(code).toBe(1);
    expect(stderr).toContain('so nothing was merged and conflict.db is as it was.');
    expect(stderr).toMatch(
      /trial "fp32" \(key [0-9a-f]{12}\) differs between shard1-of-2\.db and copy\.db: accuracy\.value \(metric mAP: 0\.\d+, 0\.\d+\)/,
    );
    expect(stderr).not.toContain('    at ');
    expect(existsSync(path('conflict.db'))).toBe(false);
  });

  it.each([
    [['merge', 'shard1-of-2.db']],
    [['merge', '--into', 'x.db']],
    [['merge', 'no.db', '--into', 'x.db']],
    [['merge', 'whole.db', '--into', 'whole.db']],
    [['merge', 'whole.db', '--into', '']],
  ])('ends with exit code 2 for %j', async (args) => {
    const { code, stderr } = await quantsweep(folder, ...args);
    expect(code).toBe(2);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(path('x.db'))).toBe(false);
  });

  /** All but when the file was made. */
  const stored = (name: string): object => ({ ...contents(path(name)), migration: [] });

  it.each([
    ['at the first database', 'Reading shard1-of-3.db', 0],
    ['in the middle', 'Reading shard2-of-3.db', 0],
    ['at the last database', 'Reading shard3-of-3.db', 0],
    ...[5, 15, 30, 50, 80, 120, 200, 400].map(
      (ms) => [`${ms} ms after the last`, 'Reading shard3-of-3.db', ms] as const,
    ),
    ['before it reads', '', 0],
    ...[100, 200, 300].map((ms) => [`${ms} ms after it began`, '', ms] as const),
  ] as const)('killed %s leads to the same result when it is called again', async (_, text, ms) => {
    const into = `killed-${text.slice(-10, -8)}-${ms}.db`;
    const args = ['merge', ...shardsOf(3), '--into', into];
    const running = new Running(args, folder);
    await running.printed(text);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running.child.kill('SIGKILL');
    await running.ended;
    await done(...args);
    expect(stored(into)).toEqual(stored('all3.db'));
  });

  it('killed while it adds to a database leaves that as it was, or merged', async () => {
    await done('merge', shardsOf(3)[0]!, '--into', 'added.db');
    const before = stored('added.db');
    for (const ms of [0, 20, 60]) {
      const running = new Running(['merge', ...shardsOf(3).slice(1), '--into', 'added.db'], folder);
      await running.printed('Reading shard3-of-3.db');
      await new Promise((resolve) => setTimeout(resolve, ms));
      running.child.kill('SIGKILL');
      await running.ended;
      expect([before, stored('all3.db')]).toContainEqual(stored('added.db'));
    }
    await done('merge', ...shardsOf(3), '--into', 'added.db');
    expect(stored('added.db')).toEqual(stored('all3.db'));
  });
});

/** Cells of the report's figures that are times, places or counts of tries. */
const circumstantial = /_ms$|^(attempts|devices|first_start|last_end)$/;

interface ReportedFigure {
  readonly id: string;
  readonly caption?: string | null;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
}

/** The report's data without what tells of times, files and tries. */
function withoutTimes(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => {
    if (['database', 'generatedAt', 'createdAt', 'updatedAt'].includes(key)) return null;
    if ((key === 'caption' || key === 'details') && typeof value === 'string')
      return value.replaceAll(/(\d[\d.,]* (ms|s|min|h)\b ?)+/g, 'some time ');
    if (key !== 'figures') return value;
    return (value as readonly ReportedFigure[]).map((figure) => ({
      ...figure,
      // A sentence of it depends on how long which work took.
      caption: figure.id === 'times' ? null : figure.caption,
      rows: figure.rows?.map((row) => row.map((cell, at) => (circumstantial.test(figure.columns![at]!) ? null : cell))),
    }));
  });
}
