import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { runSweep, type RunEvent, type RunOutcome } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import type { ViewRow } from '../../src/store/query/view-columns.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { MemoryExecutor } from '../engine/memory-executor.js';
import { smallNetwork } from '../engine/small-network.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const SAMPLES = 12;

const executor: OpenExecutor = (request) => new MemoryExecutor(request);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with a model and samples, where the database goes, too. */
function folderWith(batch: number | string = 'N'): string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-speed-'));
  folders.push(folder);
  writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork(batch)));
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [SAMPLES, 3, 6, 6], randomFloats(7, SAMPLES * 108)));
  return folder;
}

type Measure = Readonly<Record<string, unknown>>;

const latency = { rounds: 12, warmup: 1 };

function experimentIn(folder: string, measure: Measure, alphas: readonly number[] = [0.5]) {
  const data = { format: 'npy', path: join(folder, 'x.npy') } as const;
  return loadExperiment(
    {
      version: 1,
      name: 'speed',
      model: { path: join(folder, 'net.onnx') },
      data: { calibration: { ...data, batchSize: 4, batches: 2 }, evaluation: { ...data, batchSize: 4 } },
      task: 'fidelity',
      quantization: { execution: 'integer', activation: { scheme: 'asymmetric' } },
      loss: { samples: 4 },
      gate: { samples: 2 },
      grid: { 'smoothing.alpha': [...alphas] },
      measure,
    },
    { database: databaseIn(folder) },
  );
}

function databaseIn(folder: string): string {
  return join(folder, 'quantsweep.db');
}

interface Ran {
  readonly outcome: RunOutcome;
  readonly messages: readonly string[];
}

async function run(folder: string, measure: Measure, more: Partial<Parameters<typeof runSweep>[1]> = {}): Promise<Ran> {
  const messages: string[] = [];
  const outcome = await runSweep(experimentIn(folder, measure), {
    executor,
    ...more,
    onEvent: (event: RunEvent) => {
      if (event.kind === 'speed') messages.push(event.message);
      more?.onEvent?.(event);
    },
  });
  expect(outcome.failed).toEqual([]);
  return { outcome, messages };
}

function latencies(folder: string): readonly ViewRow<'v_latency'>[] {
  return rows(folder, 'SELECT * FROM v_latency ORDER BY trial, device, batch_size, threads') as never;
}

function rows(folder: string, sql: string): readonly Readonly<Record<string, unknown>>[] {
  const { columns, rows: cells } = queryDatabase(databaseIn(folder), sql);
  return cells.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at], cell])));
}

describe('measure.latency', () => {
  it('stores a comparison of each chosen trial under each condition, with the time of operators', async () => {
    const folder = folderWith();
    const { outcome, messages } = await run(folder, { latency: { ...latency, batchSizes: [1, 3] } });
    expect(outcome.speed).toEqual({ measured: 4, cached: 0, failures: [], interrupted: false });
    expect(messages).toHaveLength(2);
    const stored = latencies(folder);
    expect(stored.map((row) => [row.label, row.batch_size, row.threads, row.rounds, row.device])).toEqual([
      ['unsmoothed', 1, 1, 12, 'cpu'],
      ['unsmoothed', 3, 1, 12, 'cpu'],
      ['static alpha=0.5', 1, 1, 12, 'cpu'],
      ['static alpha=0.5', 3, 1, 12, 'cpu'],
    ]);
    for (const row of stored) {
      expect(row.ratio_low).toBeLessThanOrEqual(row.ratio);
      expect(row.ratio).toBeLessThanOrEqual(row.ratio_high);
      expect(row.fp32_ms).toBeGreaterThan(0);
      expect(row.quantized_ms).toBeGreaterThan(0);
      const verdict = row.ratio_high < 1 ? 'faster' : row.ratio_low > 1 ? 'slower' : 'same';
      expect(row.verdict).toBe(verdict);
      expect(row.fp32_trial).toBe(1);
    }
    const operators = rows(folder, 'SELECT DISTINCT trial, batch_size, model, kind FROM v_operator_time');
    // Each measured run has its profile, of both models.
    expect(new Set(operators.map(({ trial, batch_size: batch, model }) => `${trial} ${batch} ${model}`)).size).toBe(8);
    const kinds = new Set(operators.filter(({ model }) => model === 'quantized').map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['conversion', 'float', 'integer']);
    const shares = rows(folder, 'SELECT sum(share) AS whole FROM v_operator_time GROUP BY latency, model');
    for (const { whole } of shares) expect(whole).toBeCloseTo(1, 9);
  });

  it('measures nothing twice, what is missing, and all again in more rounds', async () => {
    const folder = folderWith();
    await run(folder, { latency });
    const before = latencies(folder);
    const again = await run(folder, { latency });
    expect(again.outcome.speed).toMatchObject({ measured: 0, cached: 2 });
    expect(again.messages).toEqual([]);
    expect(latencies(folder)).toEqual(before);
    const more = await run(folder, { latency: { ...latency, batchSizes: [1, 2] } });
    expect(more.outcome.speed).toMatchObject({ measured: 2, cached: 2 });
    const longer = await run(folder, { latency: { ...latency, rounds: 13 } });
    expect(longer.outcome.speed).toMatchObject({ measured: 2, cached: 0 });
    // In the place of those of fewer rounds, with their operators.
    expect(latencies(folder).map(({ batch_size: batch, rounds }) => [batch, rounds])).toEqual([
      [1, 13],
      [2, 12],
      [1, 13],
      [2, 12],
    ]);
    expect(rows(folder, 'SELECT DISTINCT latency FROM v_operator_time')).toHaveLength(4);
  });

  it('measures a model at the batch that it fixes, and plan says so', async () => {
    const folder = folderWith(4);
    const { speed } = await planSweep(experimentIn(folder, { latency }), { executor });
    expect(speed[0]).toContain('FP32 and the exported models of 2 trials in turn');
    expect(speed).toContain('  net.onnx fixes its batch at 4: it is measured at that alone');
    await run(folder, { latency });
    expect(latencies(folder).map(({ batch_size: batch }) => batch)).toEqual([4, 4]);
    const after = await planSweep(experimentIn(folder, { latency }), { executor });
    expect(after.speed[0]).toBe('Speed: measured before, nothing is left.');
  });

  it('stopped while it measures, it keeps what was stored and goes on from there', async () => {
    const folder = folderWith();
    const stopping = new AbortController();
    let seen = 0;
    const measure = { latency: { ...latency, batchSizes: [1, 2, 3] } };
    const { outcome } = await run(folder, measure, {
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.kind !== 'speed') return;
        seen += 1;
        if (seen === 2) stopping.abort();
      },
    });
    expect(outcome).toMatchObject({ interrupted: true, ran: 3, speed: { measured: 2, interrupted: true } });
    expect(latencies(folder)).toHaveLength(2);
    const { outcome: next } = await run(folder, measure);
    expect(next).toMatchObject({ interrupted: false, ran: 0, speed: { measured: 4, cached: 2 } });
  });

  it('says what can not be measured, and measures the rest', async () => {
    const folder = folderWith();
    await run(folder, {});
    // More samples than memory has.
    const { outcome } = await run(folder, { latency: { ...latency, batchSizes: [1, 2 ** 40] } });
    expect(outcome.speed!.measured).toBe(2);
    expect(outcome.speed!.failures).toHaveLength(2);
    expect(outcome.speed!.failures[0]).toContain(`batch ${2 ** 40}, 1 thread: `);
  });

  it('is left to the merged sweep by a shard', async () => {
    const { outcome, messages } = await run(folderWith(), { latency }, { shard: { index: 1, of: 2 } });
    expect(outcome.speed).toBeUndefined();
    expect(messages).toEqual(['Speed is not measured of a shard: run the sweep on the merged database.']);
  });
});

describe('measure.command', () => {
  /** A command of Node that appends its path to a file, and prints what the text computes. */
  function commandIn(folder: string, print: string): readonly string[] {
    const script = join(folder, 'bench.mjs');
    writeFileSync(
      script,
      `import { appendFileSync, readFileSync, statSync } from 'node:fs';
const [model] = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(folder, 'calls.txt'))}, model + '\\n');
const isFp32 = model === ${JSON.stringify(join(folder, 'net.onnx'))};
if (statSync(model).size === 0) throw new Error('empty');
${print}`,
    );
    return [process.execPath, script];
  }

  const calls = (folder: string): readonly string[] =>
    readFileSync(join(folder, 'calls.txt'), 'utf8')
      .trim()
      .split('\n')
      .map((path) => (path.endsWith('net.onnx') ? 'fp32' : 'quantized'));

  it('is called in turn where it prints one number', async () => {
    const folder = folderWith();
    const command = { run: commandIn(folder, 'console.log(JSON.stringify({ medianMs: isFp32 ? 2 : 1, batch: 4 }))') };
    const measure = { command: { ...command, name: 'phone', repeats: 6, trials: 1 } };
    const { outcome } = await run(folder, measure, { allowCode: true });
    expect(outcome.speed).toEqual({ measured: 1, cached: 0, failures: [], interrupted: false });
    expect(calls(folder)).toEqual(Array.from({ length: 6 }, () => ['fp32', 'quantized']).flat());
    expect(latencies(folder)).toMatchObject([
      { device: 'phone', batch_size: 4, threads: 0, rounds: 6, ratio: 0.5, verdict: 'faster', cpu_ratio: null },
    ]);
    const again = await run(folder, measure, { allowCode: true });
    expect(again.outcome.speed).toMatchObject({ measured: 0, cached: 1 });
  });

  it('is called once for each model where it prints the times of several runs', async () => {
    const folder = folderWith();
    const print = `console.log(JSON.stringify({ latencyMs: [1, 2, 3, 4, 5, 6].map((ms) => (isFp32 ? ms : 3 * ms)), device: 'chip 7' }))`;
    const command = { run: [...commandIn(folder, print), '{model}'], name: 'phone' };
    await run(folder, { command }, { allowCode: true });
    expect(calls(folder)).toEqual(['fp32', 'quantized', 'quantized']);
    for (const row of latencies(folder)) {
      expect(row).toMatchObject({ ratio: 3, rounds: 6, verdict: 'slower', cpu_model: 'chip 7', cpu_flags: '' });
    }
  });

  it.each([
    ['process.exit(3)', 'ended with code 3', 60],
    ['console.error("no device"); process.exit(1)', 'Its last words on stderr: no device', 60],
    ['console.log("fast")', 'Expected one JSON document', 60],
    ['setInterval(() => {}, 1000)', 'was still running after 1.5 s (measure.command.timeoutSeconds)', 1.5],
    ['console.log(isFp32 ? `{"medianMs": 1}` : `{"medianMs": 1, "batch": 2}`)', 'expected the same as for FP32', 60],
  ])('that breaks its contract fails no trial: %s', async (print, message, timeoutSeconds) => {
    const folder = folderWith();
    const command = { run: commandIn(folder, print), name: 'phone', timeoutSeconds, trials: 1 };
    const { outcome } = await run(folder, { command }, { allowCode: true });
    expect(outcome.speed!.failures).toHaveLength(1);
    expect(outcome.speed!.failures[0]).toContain(message);
    expect(latencies(folder)).toEqual([]);
  });

  it('needs consent to run, and none to plan', async () => {
    const folder = folderWith();
    const measure = { command: { run: ['bench'], name: 'phone' } };
    await expect(runSweep(experimentIn(folder, measure), { executor })).rejects.toThrow(
      'names code to run: device command bench. Read the code, and pass --allow-code',
    );
    const { speed } = await planSweep(experimentIn(folder, measure), { executor });
    expect(speed[0]).toContain('`bench` is called for FP32 and the exported models of 2 trials');
  });
});
