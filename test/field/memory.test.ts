import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AUTO_BATCH,
  batchLimits,
  estimatePeak,
  fittingBatch,
  peakBytes,
  type MemoryProfile,
  type MemoryUse,
} from '../../src/plan/estimate/estimate-memory.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import type { JobResults } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import {
  asStored,
  oneThread,
  smallNetwork,
  temporaryFiles,
  writeModel,
  writeSamples,
} from '../engine/small-experiment.js';

const MIB = 2 ** 20;
const write = temporaryFiles();
const source = writeSamples(write);

/** A network of 10 MiB a sample. */
const profile: MemoryProfile = {
  weights: 4 * MIB,
  live: 10 * MIB,
  layerInputs: 30 * MIB,
  layerOutputs: 30 * MIB,
  largestLayer: 6 * MIB,
  output: 0,
  channels: 1000,
  fixedBatch: null,
};

describe('33: what a model takes of memory', () => {
  it.each(['N', 4])('is measured by one sample, batch %s', async (batch) => {
    const job = { kind: 'measure', model: writeModel(write, batch), preprocess: asStored, source } as const;
    const { value: measured } = await runJob(job, oneThread, () => undefined);
    // x [3, 6, 6], first and its Relu [4, 6, 6], second and its Relu [5, 4, 4], then 5 and 10
    // numbers; 4 bytes each.
    const [x, first, second] = [4 * 108, 4 * 144, 4 * 80];
    const { memory, rows, shapes } = measured as JobResults['measure'];
    const { weights, ...activations } = memory;
    expect(new Map(shapes).get('x')).toEqual([rows, 3, 6, 6]);
    expect(activations).toEqual({
      // The first layer's output and its Relu; the samples are read no more.
      live: first + Math.max(first, x, second),
      layerInputs: x + first + 4 * 5,
      layerOutputs: first + second + 4 * 10,
      largestLayer: x + first,
      output: 4 * 10,
      channels: 3 + 4 + 5,
      fixedBatch: batch === 'N' ? null : 4,
    });
    // Folding of BatchNormalization gives the first layer a bias of 4.
    expect(weights).toBe(4 * (108 + 4 + 180 + 5 + 50));
  });

  it('grows with the batch, and a batch that fits is the largest that does', () => {
    const uses: readonly MemoryUse[] = [
      'observe',
      'observeHistograms',
      'reference',
      'evaluate',
      'losses',
      'search',
      'rank',
    ];
    for (const use of uses) {
      const allowed = 1500 * MIB;
      const fitting = fittingBatch(use, profile, allowed);
      expect(fitting, use).toBeGreaterThan(2);
      expect(peakBytes(use, profile, fitting), use).toBeLessThanOrEqual(allowed);
      expect(peakBytes(use, profile, fitting + 1), use).toBeGreaterThan(allowed);
      expect(fittingBatch(use, profile, MIB), use).toBe(2);
    }
  });

  it('decides what auto is, but not what a number is', () => {
    const work = { histograms: false, searches: true, ranks: false, quantizes: true, calibrationBatch: 4 };
    const plenty = batchLimits(profile, 64 * 1024 * MIB);
    const scarce = batchLimits(profile, 800 * MIB);
    expect(plenty.trial).toBeGreaterThan(AUTO_BATCH);
    expect(scarce.trial).toBeLessThan(AUTO_BATCH);
    expect(estimatePeak(profile, { ...work, evaluationBatch: 'auto' }, scarce).bytes).toBeLessThanOrEqual(800 * MIB);
    expect(estimatePeak(profile, { ...work, evaluationBatch: 64 }, scarce)).toMatchObject({
      use: 'evaluate',
      batch: 64,
    });
    expect(estimatePeak(profile, { ...work, evaluationBatch: 64 }, scarce).bytes).toBeGreaterThan(800 * MIB);
  });
});

describe('33: plan and run', () => {
  it('foretell the memory of a child; auto, a limit and a number give the same results', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
    writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [20, 3, 6, 6], randomFloats(7, 20 * 108)));
    writeFileSync(
      join(folder, 'a.yaml'),
      `version: 1
name: memory
model: { path: net.onnx }
data:
  calibration: { format: npy, path: x.npy, batches: 4 }
  evaluation: { format: npy, path: x.npy }
task: fidelity
loss: { samples: 20 }
gate: { samples: 5 }
run: { provider: cpu, slots: 1, threads: 1 }
grid:
  - smoothing.alpha: 0.5
`,
    );
    const planned = await quantsweep(folder, 'plan', 'a.yaml');
    expect(planned.stdout).toMatch(
      /^Memory: about \d+ MiB per worker at its peak with net\.onnx \(.+, runs of \d+ samples\); /m,
    );
    const stored = async (name: string, ...settings: readonly string[]): Promise<readonly unknown[]> => {
      const database = `${name}.db`;
      const set = [`run.database=${database}`, ...settings].flatMap((setting) => ['--set', setting]);
      const ended = await quantsweep(folder, 'run', 'a.yaml', ...set);
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
      expect(ended.stdout).toContain('Memory: about');
      return queryDatabase(
        join(folder, database),
        `SELECT t.key, t.gate_error, t.output_divergence, x.mode, x.l1, x.mse, x.cosine, x.max_abs
         FROM trial t LEFT JOIN layer_loss x ON x.trial_id = t.id ORDER BY t.key, x.layer_id, x.mode`,
      ).rows;
    };
    const auto = await stored('auto');
    expect(await stored('number', 'data.evaluation.batchSize=3')).toEqual(auto);
  });

  it('say so where it will not fit', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
    writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [20, 3, 6, 6], randomFloats(7, 20 * 108)));
    const data = '{ format: npy, path: x.npy, batches: 4 }';
    writeFileSync(
      join(folder, 'a.yaml'),
      `version: 1
name: memory
model: { path: net.onnx }
data: { calibration: ${data}, evaluation: { format: npy, path: x.npy, batchSize: 8 } }
task: fidelity
run: { provider: cpu, slots: 1, threads: 1, memoryMb: 200 }
grid:
  - smoothing.alpha: 0.5
`,
    );
    const { code, stdout } = await quantsweep(folder, 'plan', 'a.yaml');
    expect(code).toBe(0);
    // One slot, and a limit that is set: what is said helps here.
    expect(stdout).toContain(
      'run.memoryMb 200. Warning: this exceeds the limit; raise run.memoryMb, or set data.evaluation.batchSize to auto, or use smaller samples.',
    );
  });
});

describe('33: batchSize auto of a model that takes one sample at a time', () => {
  it('runs samples one by one, in evaluation and searches', async () => {
    const folder = temporaryFolder();
    const nodes = [
      node('Reshape', ['x', 'one'], 'r'),
      node('Gemm', ['r', 'w1'], 'a', [], 'first'),
      node('Relu', ['a'], 'b'),
      node('Gemm', ['b', 'w2'], 'y', [], 'second'),
    ];
    const initializers = [
      int64Tensor('one', [1, 6]),
      tensor('w1', [6, 5], randomFloats(1, 30)),
      tensor('w2', [5, 4], randomFloats(2, 20)),
    ];
    writeFileSync(join(folder, 'net.onnx'), modelBytes({ nodes, initializers, inputs: [value('x', ['N', 2, 3])] }));
    writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [7, 2, 3], randomFloats(7, 42)));
    writeFileSync(
      join(folder, 'a.yaml'),
      `version: 1
name: single
model: { path: net.onnx }
data:
  calibration: { format: npy, path: x.npy, batchSize: 1, batches: 4 }
  evaluation: { format: npy, path: x.npy }
task: fidelity
layers: { ops: [Gemm] }
search: { candidates: [0.4, 0.6], samples: 4 }
run: { provider: cpu, slots: 1, threads: 1 }
grid:
  - smoothing.mode: dynamic
`,
    );
    const { code, stdout, stderr } = await quantsweep(folder, 'run', 'a.yaml');
    expect(code, stdout + stderr).toBe(0);
  });
});
