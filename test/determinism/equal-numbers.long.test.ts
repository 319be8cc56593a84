import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, quantsweep } from '../cli/command-line.js';
import { differences, storedColumns, type StoredColumns } from './stored-rows.js';

const scenes = fileURLToPath(new URL('../../experiments/demo/scenes/dataset.mjs', import.meta.url));

/**
 * Every stage and every kind of number: all searches and calibrators, a ranking, corrected biases,
 * integer kernels.
 */
const experiment = `version: 1
name: determinism
model: { path: ${JSON.stringify(demoModel)} }
data:
  calibration: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 2, scenes: 8 }, batchSize: 2, batches: 4 }
  evaluation: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 3, scenes: 8 }, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 8, modes: [accumulated, isolated] }
gate: { samples: 4 }
search: { candidates: [0.25, 0.75], samples: 4 }
grid:
  - smoothing.mode: dynamic
    search.order: [isolated, sequential, output]
    quantization.activation.calibrator: percentile
  - smoothing.alpha: auto
    data.calibration.sampleSeed: 5
    quantization.activation.calibrator: [entropy, mse]
  - layers.keepFloat: 1
    smoothing.alpha: 0.5
    data.calibration.sampleSeed: 7
    quantization.biasCorrection.method: empirical
  - smoothing.alpha: 0.5
    quantization.execution: integer
run: { provider: cpu, slots: 2, threads: 1 }
`;

async function sweep(...settings: readonly string[]): Promise<{ columns: StoredColumns; seeds: readonly unknown[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-determinism-'));
  try {
    writeFileSync(join(folder, 'sweep.yaml'), experiment);
    const ended = await quantsweep(
      folder,
      'run',
      '--allow-code',
      'sweep.yaml',
      ...settings.flatMap((setting) => ['--set', setting]),
    );
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const database = join(folder, 'quantsweep.db');
    const seeds = queryDatabase(
      database,
      `SELECT 'calibration source', settings ->> '$.calibration.source.options.seed' FROM v_trial WHERE calibration_batches > 0
       UNION SELECT 'evaluation source', settings ->> '$.evaluation.source.options.seed' FROM v_trial
       UNION SELECT 'order of calibration samples', calibration_seed FROM v_trial WHERE calibration_seed IS NOT NULL
       UNION SELECT 'resampling', ci_seed FROM v_accuracy WHERE ci_method = 'bootstrap' ORDER BY 1, 2`,
    ).rows;
    return { columns: storedColumns(database), seeds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the stored numbers of a sweep', () => {
  let first: Awaited<ReturnType<typeof sweep>>;
  beforeAll(async () => {
    first = await sweep();
  });

  it('are of every table that holds results', () => {
    const filled = [...first.columns]
      .filter(([, values]) => values.length > 0)
      .map(([column]) => column.split('.')[0]!);
    for (const table of [
      'accuracy',
      'alpha_curve',
      'bias_correction',
      'comparison',
      'display_histogram',
      'histogram',
    ]) {
      expect(filled).toContain(table);
    }
    for (const table of ['layer_loss', 'layer_rank', 'quantizer', 'sample_outcome', 'search_curve', 'smoothing']) {
      expect(filled).toContain(table);
    }
  });

  it('are bit-equal when the sweep runs again', async () => {
    expect(differences(first.columns, (await sweep()).columns)).toEqual({});
  });

  it('are bit-equal on one slot, with two threads', async () => {
    const other = await sweep('run.slots=1', 'run.threads=2');
    expect(differences(first.columns, other.columns)).toEqual({});
  });

  it.each([1, 3, 8])('are bit-equal with evaluation batches of %i', async (size) => {
    const other = await sweep(`data.evaluation.batchSize=${size}`);
    expect(differences(first.columns, other.columns)).toEqual({});
  });

  it('differ where anything that they depend on does', async () => {
    const other = await sweep('data.calibration.options={seed: 4, scenes: 8}');
    expect(Object.keys(differences(first.columns, other.columns)).length).toBeGreaterThan(10);
  });

  it('have every seed beside them', () => {
    expect(first.seeds).toEqual([
      ['calibration source', 2],
      ['evaluation source', 3],
      ['order of calibration samples', 5],
      ['order of calibration samples', 7],
      ['resampling', 20221118],
    ]);
  });
});
