import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { npyArray } from '../formats/write-files.js';
import {
  demoModel,
  quantsweep,
  Running,
  smallExperiment,
  smallTrials,
  temporaryFolder,
  writeExperiment,
} from './command-line.js';

/**
 * No smoothed model reproduces FP32 that well: every trial that smooths fails at its gate, each
 * time.
 */
const strictGate = smallExperiment.replace('gate: { samples: 2 }', 'gate: { samples: 2, tolerance: 1.0e-30 }');

function states(folder: string): Record<string, number> {
  const { rows } = queryDatabase(join(folder, 'quantsweep.db'), 'SELECT status, count(*) FROM trial GROUP BY status');
  return Object.fromEntries(rows.map(([status, count]) => [String(status), Number(count)]));
}

function attempts(folder: string): number {
  return Number(queryDatabase(join(folder, 'quantsweep.db'), 'SELECT count(*) FROM attempt').rows[0]![0]);
}

describe('trials that fail for good', () => {
  it('fail at once with a list at the end, are left alone by the next run, and run again when asked', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder, strictGate);
    const first = await quantsweep(folder, 'run', path);
    expect(first.code).toBe(1);
    const failed = states(folder)['failed']!;
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBe(smallTrials - 1);
    expect(first.stdout).toContain(`1 trial run, 0 cached, ${failed} failed.`);
    expect(first.stdout).toMatch(/^ {2}unsmoothed, 2 batches; unsmoothed, 8 batches: GateError: /m);
    const perTrial = queryDatabase(
      join(folder, 'quantsweep.db'),
      `SELECT DISTINCT n FROM (SELECT count(*) AS n FROM attempt a JOIN trial t ON t.id = a.trial_id WHERE t.status = 'failed' GROUP BY t.id)`,
    );
    expect(perTrial.rows).toEqual([[1]]);

    const before = attempts(folder);
    const second = await quantsweep(folder, 'run', path);
    expect(second.code).toBe(1);
    expect(second.stdout).toContain(`${failed} trials failed before and not retried; --retry-failed retries:`);
    expect(second.stdout).toContain('GateError');
    expect(attempts(folder)).toBe(before);

    const third = await quantsweep(folder, 'run', path, '--retry-failed');
    expect(third.code).toBe(1);
    expect(third.stdout).toContain(`0 trials run, 1 cached, ${failed} failed.`);
    expect(attempts(folder)).toBe(before + failed);
  });

  it('stop the sweep with --fail-fast', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder, strictGate);
    const { code, stdout } = await quantsweep(folder, 'run', path, '--fail-fast', '--set', 'run.slots=1');
    expect(code).toBe(1);
    expect(stdout).toContain('1 failed.');
    expect(stdout).toContain('Stopped at the first failure (--fail-fast).');
    expect(states(folder)).toMatchObject({ failed: 1, pending: expect.any(Number) as number });
  });
});

describe('inputs that change during a sweep', () => {
  const onFiles = (folder: string): string =>
    smallExperiment
      .replace(/path: .*/, `path: ${JSON.stringify(join(folder, 'model.onnx'))}`)
      .replace(/calibration: \{.*\}/, 'calibration: { format: npy, path: data.npy, batchSize: 2, batches: 4 }')
      .replace(/evaluation: \{.*\}/, 'evaluation: { format: npy, path: data.npy, batchSize: 1 }')
      .replace(/task: .*/, 'task: { kind: fidelity, bootstrap: 50 }');

  async function interruptedBy(
    change: (folder: string) => void,
  ): Promise<{ folder: string; path: string; ended: Awaited<Running['ended']> }> {
    const folder = temporaryFolder();
    copyFileSync(demoModel, join(folder, 'model.onnx'));
    const values = Float32Array.from({ length: 24 * 8 * 48 * 48 }, (_, index) => Math.sin(index));
    writeFileSync(join(folder, 'data.npy'), npyArray('<f4', [24, 8, 48, 48], values));
    const path = writeExperiment(folder, onFiles(folder));
    const running = new Running(['run', path], folder);
    await running.printed('[1/8]');
    change(folder);
    return { folder, path, ended: await running.ended };
  }

  it('refuses changed data with exit code 2, keeps what was finished and fails no trial', async () => {
    const { folder, path, ended } = await interruptedBy((at) => {
      const data = join(at, 'data.npy');
      const bytes = readFileSync(data);
      bytes.fill(0, bytes.length - 4096);
      writeFileSync(data, bytes);
    });
    expect(ended.stderr).toContain('data.npy: the data changed during the sweep.');
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(ended.code).toBe(2);
    expect(states(folder)['failed']).toBeUndefined();
    expect(states(folder)['done']).toBeGreaterThan(0);
    // The changed data is other data: a sweep of its own.
    const again = await quantsweep(folder, 'run', path);
    expect(again.stdout).toContain(`${smallTrials} trials run, 0 cached, 0 failed.`);
  });

  it('refuses a changed model', async () => {
    const { folder, ended } = await interruptedBy((at) => {
      appendFileSync(join(at, 'model.onnx'), new Uint8Array([0]));
    });
    expect(ended.stderr).toContain('model.onnx: the model changed during the sweep.');
    expect(ended.code).toBe(2);
    expect(states(folder)['failed']).toBeUndefined();
  });
});
