import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReferenceJob } from '../../src/engine/jobs/reference/reference-job.js';
import type { SessionSettings } from '../../src/engine/session/session.js';
import { WorkerPool } from '../../src/engine/local/worker-pool.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { modelBytes, node, tensor } from '../onnx/build-model.js';
import { intAttribute } from '../../src/onnx/node.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { findWebgpu } from './find-webgpu.js';
import {
  asStored,
  jobModel,
  oneThread,
  SAMPLES,
  smallNetwork,
  temporaryFiles,
  writeModel,
  writeSamples,
} from './small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const obstacle = await findWebgpu();
if (obstacle !== null) console.warn(`Skipped, as webgpu does not load here: ${obstacle}`);
const entry = new URL('../../dist/engine/local/worker-main.js', import.meta.url);

/** Shaders are compiled for every session, which takes software Vulkan seconds. */
const MINUTES = 600_000;

/**
 * Float sums in another order: measured 1.2e-6 on statistics and, relative as well, 1.8e-4 on
 * losses of the embedded detector, where a number close to a rounding boundary may fall on its
 * other side.
 */
const TOLERANCE = 1e-3;

const experiment = (model: string): string => `version: 1
name: webgpu
model: { path: ${JSON.stringify(model)} }
data:
  calibration: { format: npy, path: samples.npy, labels: labels.npy, batchSize: 4, batches: 2 }
  evaluation: { format: npy, path: samples.npy, labels: labels.npy, batchSize: 4, samples: 8 }
task: classification
loss: { samples: 8, modes: [accumulated, isolated] }
gate: { samples: 4 }
search: { candidates: [0.25, 0.75], samples: 8 }
grid:
  - smoothing.mode: dynamic
    search.order: [isolated, sequential]
  - smoothing.alpha: 0.5
run: { provider: cpu, slots: 1, threads: 1 }
`;

describe.skipIf(obstacle !== null)('a sweep on webgpu', () => {
  const numbers = (database: string, sql: string): readonly number[] => {
    const queries = openQueries(database);
    try {
      return queries.query(sql).rows.flat().map(Number);
    } finally {
      queries.close();
    }
  };
  const texts = (database: string, sql: string): readonly unknown[] => {
    const queries = openQueries(database);
    try {
      return queries.query(sql).rows;
    } finally {
      queries.close();
    }
  };
  let cpu = '';
  let webgpu = '';

  beforeAll(async () => {
    const { path } = writeModel(write, 'N');
    const file = write('sweep.yaml', experiment(path));
    const folder = join(file, '..');
    [cpu, webgpu] = [join(folder, 'cpu.db'), join(folder, 'webgpu.db')];
    for (const provider of ['cpu', 'webgpu']) {
      const set = ['--set', `run.provider=${provider}`, '--set', `run.database=${provider}.db`];
      const ended = await quantsweep(folder, 'run', file, ...set);
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
      expect(ended.stdout).toContain(`Provider: ${provider}, as requested. 1 worker (${provider}:0).`);
    }
  }, MINUTES);

  it.each([
    ['statistics', 'SELECT act_absmax, act_min, act_max FROM channel_stat ORDER BY observation_id, layer_id, channel'],
    [
      'losses',
      'SELECT l.l1, l.mse, l.max_abs, l.sqnr_db FROM v_layer_loss l JOIN v_trial t USING (trial) ORDER BY t.label, l.layer, l.mode',
    ],
    ['searches', 'SELECT c.loss FROM search_curve c ORDER BY stage_id, layer_id, alpha'],
    ['amax', 'SELECT q.amax FROM quantizer q ORDER BY q.trial_id, q.layer_id, q.role'],
  ])('gives the %s of CPU but for the order of sums', (_, sql) => {
    const [expected, actual] = [numbers(cpu, sql), numbers(webgpu, sql)];
    expect(expected.length).toBeGreaterThan(5);
    expect(actual).toHaveLength(expected.length);
    for (const [i, number] of expected.entries()) {
      expect(Math.abs(actual[i]! - number), `number ${i}`).toBeLessThanOrEqual(TOLERANCE * Math.abs(number));
    }
  });

  it('chooses the alphas and hits the samples that CPU does', () => {
    const sql = `SELECT t.label, t.value, s.layer, s.layer_alpha FROM v_trial t LEFT JOIN v_smoothing s USING (trial) ORDER BY 1, 3`;
    expect(texts(webgpu, sql)).toEqual(texts(cpu, sql));
  });

  it('stores the provider that the runtime said, and that nothing of it ran on the CPU', () => {
    expect(texts(webgpu, 'SELECT DISTINCT device, provider FROM v_attempt')).toEqual([
      ['webgpu:0', 'WebGpuExecutionProvider'],
    ]);
    expect(texts(webgpu, 'SELECT DISTINCT provider FROM v_trial')).toEqual([['WebGpuExecutionProvider']]);
    const ran = `SELECT DISTINCT ran.key FROM v_attempt a, json_each(a.kernels) ran`;
    expect(texts(webgpu, ran)).toEqual([['WebGpuExecutionProvider']]);
    expect(texts(cpu, ran)).toEqual([['CPUExecutionProvider']]);
  });

  it('reduces statistics and rounds on the device', () => {
    const operators = (work: string): readonly unknown[] =>
      texts(
        webgpu,
        `SELECT DISTINCT operator.key FROM v_attempt a, json_each(a.kernels, '$.WebGpuExecutionProvider') operator
         WHERE coalesce(a.stage_kind, a.work) = '${work}'`,
      ).flat();
    expect(operators('observe')).toEqual(expect.arrayContaining(['ReduceMax', 'ReduceMin', 'ReduceMean']));
    expect(operators('trial')).toEqual(expect.arrayContaining(['Conv', 'Div', 'Clip', 'Add', 'Sub', 'Mul']));
    // Copies between device and CPU.
    expect([...operators('observe'), ...operators('trial')].filter((op) => String(op).startsWith('Memcpy'))).toEqual(
      [],
    );
  });

  it('is no other sweep in the keys of CPU trials', () => {
    expect(texts(webgpu, 'SELECT key FROM v_trial').flat()).not.toEqual(
      expect.arrayContaining(texts(cpu, 'SELECT key FROM v_trial').flat()),
    );
  });
});

describe.skipIf(obstacle !== null)('a model with a product that webgpu has no kernel for', () => {
  const pools: WorkerPool[] = [];
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  const float64 = 11;
  const { nodes, inputs, initializers } = smallNetwork('N');
  const path = write(
    'double.onnx',
    modelBytes({
      nodes: [
        ...nodes.slice(0, -1),
        node('Cast', ['flat'], 'flat64', [intAttribute('to', float64)]),
        node('Cast', ['w3'], 'w64', [intAttribute('to', float64)]),
        node('MatMul', ['flat64', 'w64'], 'y64'),
        node('Cast', ['y64'], 'y', [intAttribute('to', 1)]),
      ],
      ...(inputs && { inputs }),
      initializers: [...initializers!.slice(0, -1), tensor('w3', [5, 10], randomFloats(4, 50))],
    }),
  );
  const job: ReferenceJob = {
    kind: 'reference',
    model: jobModel(path),
    preprocess: asStored,
    evaluation: { source, batchSize: 4, samples: 4 },
    task: { kind: 'classification' },
    first: 0,
    count: 4,
    samples: Math.min(4, SAMPLES),
  };
  const run = (session: Partial<SessionSettings>) => {
    const slot = { device: 'webgpu:0', session: { ...oneThread, provider: 'webgpu' as const, ...session } };
    const pool = new WorkerPool([slot], entry, { hangSeconds: 300, memoryMb: null, inputs: [] });
    pools.push(pool);
    return pool.run<'reference'>(0, job);
  };

  it('is refused, naming the operator, and never tried again by itself', { timeout: MINUTES }, async () => {
    await expect(run({})).rejects.toMatchObject({
      failure: {
        errorClass: 'FallbackError',
        message: expect.stringContaining('got 1 MatMul on CPUExecutionProvider') as string,
        retry: false,
      },
    });
  });

  it('runs where the experiment allows it, and the record says what ran where', { timeout: MINUTES }, async () => {
    const { execution } = await run({ allowFallback: true });
    expect(execution.provider).toBe('CPUExecutionProvider+WebGpuExecutionProvider');
    expect(execution.kernels!['CPUExecutionProvider']).toMatchObject({ MatMul: 1 });
    expect(execution.kernels!['WebGpuExecutionProvider']).toMatchObject({ Conv: 2 });
  });
});
