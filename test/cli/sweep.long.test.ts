import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import {
  quantsweep,
  Running,
  smallExperiment,
  smallTrials,
  storedResults,
  temporaryFolder,
  writeExperiment,
} from './command-line.js';

const database = (folder: string): string => join(folder, 'quantsweep.db');

function count(folder: string, sql: string): number {
  return Number(queryDatabase(database(folder), sql).rows[0]![0]);
}

/** Processes that have the given one as parent. */
function childrenOf(pid: number): number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);
}

describe('quantsweep run', () => {
  it('runs every trial once, and the second time none', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    const first = await quantsweep(folder, 'run', path);
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Provider: cpu');
    expect(first.stdout).toContain(`${smallTrials} trials run, 0 cached, 0 failed.`);
    const attempts = count(folder, 'SELECT count(*) FROM attempt');
    const second = await quantsweep(folder, 'run', path);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(`0 trials run, ${smallTrials} cached, 0 failed.`);
    expect(count(folder, 'SELECT count(*) FROM attempt')).toBe(attempts);
    const plan = await quantsweep(folder, 'plan', path);
    expect(plan.stdout).toContain(`${smallTrials} cached, 0 to run`);
    expect(plan.stdout).toContain('Nothing is left to run.');
    const elsewhere = await quantsweep(folder, 'plan', path, '--db', 'elsewhere.db');
    expect(elsewhere.stdout).toContain(`0 cached, ${smallTrials} to run; database ${join(folder, 'elsewhere.db')}`);
    expect(existsSync(join(folder, 'elsewhere.db'))).toBe(false);
  });

  it('runs only what a larger grid adds', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    await quantsweep(folder, 'run', path);
    writeExperiment(folder, smallExperiment.replace('[0.4, 0.6]', '[0.4, 0.5, 0.6]'));
    const { stdout } = await quantsweep(folder, 'run', path);
    expect(stdout).toContain(`2 trials run, ${smallTrials} cached`);
    expect(count(folder, "SELECT count(*) FROM stage WHERE kind = 'observe'")).toBe(1);
  });

  it('stores what the report, query, show and status tell', async () => {
    const folder = temporaryFolder();
    await quantsweep(folder, 'run', writeExperiment(folder));
    const csv = await quantsweep(folder, 'query', 'SELECT count(*) AS n FROM v_trial', '--format', 'csv');
    expect(csv.stdout.trim()).toBe(`n\r\n${smallTrials}`);
    const histogram = await quantsweep(
      folder,
      'query',
      `SELECT quantity, count(*) AS bins, min(samples) AS samples, sum(count) / min(samples) AS numbers
       FROM activation_histogram(3, 'stem/conv') GROUP BY quantity ORDER BY quantity`,
      '--format',
      'csv',
    );
    // Two batches of two: what the smallest trial calibrates on; 8 x 48 x 48 numbers a sample.
    expect(histogram.stdout).toBe('quantity,bins,samples,numbers\r\nafter,128,4,18432\r\nbefore,128,4,18432\r\n');
    const show = await quantsweep(folder, 'show', 'best');
    expect(show.code).toBe(0);
    expect(show.stdout).toContain('stem/conv');
    const status = await quantsweep(folder, 'status');
    expect(status.stdout).toContain(`small: ${smallTrials} trials, ${smallTrials} done, 0 failed, 0 to run`);
    const report = await quantsweep(folder, 'report', 'small', '-o', 'out/small.html');
    expect(report.stderr).toBe('');
    expect(report.code).toBe(0);
    expect(readFileSync(join(folder, 'out/small.html'), 'utf8')).toContain('Does it run?');
    expect(count(folder, 'SELECT count(*) FROM layer_loss WHERE l1 IS NULL OR mse IS NULL')).toBe(0);
    expect(count(folder, "SELECT count(*) FROM trial WHERE provider = 'CPUExecutionProvider'")).toBe(smallTrials);
  });

  it('gives equal results on one slot with two threads and on two slots with one', async () => {
    const two = temporaryFolder();
    const one = temporaryFolder();
    await quantsweep(two, 'run', writeExperiment(two));
    await quantsweep(one, 'run', writeExperiment(one), '--set', 'run.slots=1', '--set', 'run.threads=2');
    expect(storedResults(database(one))).toEqual(storedResults(database(two)));
  });
});

describe('an interrupted run', () => {
  it('stops on Ctrl-C with exit code 130, keeps what is finished and goes on where it was', async () => {
    const undisturbed = temporaryFolder();
    await quantsweep(undisturbed, 'run', writeExperiment(undisturbed));
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    const running = new Running(['run', path], folder);
    await running.printed('[2/8]');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Stopping');
    expect(stdout).toContain('Run the same command again');
    expect(count(folder, "SELECT count(*) FROM attempt WHERE status = 'running'")).toBe(0);
    const resumed = await quantsweep(folder, 'run', path);
    expect(resumed.code).toBe(0);
    expect(storedResults(database(folder))).toEqual(storedResults(database(undisturbed)));
  });

  it('survives kill -9 of the parent at any moment, bit for bit, and leaves no child behind', async () => {
    const undisturbed = temporaryFolder();
    await quantsweep(undisturbed, 'run', writeExperiment(undisturbed));
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    for (const afterMs of [700, 1100, 1500]) {
      const running = new Running(['run', path], folder);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const children = childrenOf(running.child.pid!);
      running.child.kill('SIGKILL');
      await running.ended;
      await expect
        .poll(() => children.filter((pid) => existsSync(`/proc/${pid}/stat`)), { timeout: 240_000 })
        .toEqual([]);
    }
    const resumed = await quantsweep(folder, 'run', path);
    expect(resumed.stderr).toBe('');
    expect(resumed.code).toBe(0);
    expect(queryDatabase(database(folder), 'PRAGMA integrity_check').rows).toEqual([['ok']]);
    expect(storedResults(database(folder))).toEqual(storedResults(database(undisturbed)));
  });

  it('retries the work of a child that was killed', async () => {
    const folder = temporaryFolder();
    const running = new Running(['run', writeExperiment(folder)], folder);
    await running.printed('[1/8]');
    // Both children are at work, so it is no idle one that is killed.
    while (count(folder, "SELECT count(*) FROM attempt WHERE status = 'running'") < 2) {
      expect(running.child.exitCode).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const [victim] = childrenOf(running.child.pid!);
    process.kill(victim!, 'SIGKILL');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('was ended by SIGKILL');
    expect(stdout).toContain(`${smallTrials} trials run, 0 cached, 0 failed.`);
    expect(count(folder, "SELECT count(*) FROM attempt WHERE status = 'failed' AND error_class = 'WorkerDied'")).toBe(
      1,
    );
  });

  it('lets only one run use a database at a time', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    const running = new Running(['run', path], folder);
    await running.printed('8 to run');
    const waiting = quantsweep(folder, 'run', path);
    const refused = await quantsweep(folder, 'run', path, '--no-wait');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Process \d+ on .* runs a sweep on .*quantsweep\.db/);
    expect((await running.ended).code).toBe(0);
    const second = await waiting;
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^Waiting: Process \d+ on /m);
    expect(second.stdout).toContain(`0 trials run, ${smallTrials} cached, 0 failed.`);
    expect(count(folder, 'SELECT max(number) FROM attempt')).toBe(1);
  });
});
