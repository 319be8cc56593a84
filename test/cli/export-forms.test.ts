import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { runSweep } from '../../src/api/run-sweep.js';
import { runExport, type ExportArguments } from '../../src/cli/export/run-export.js';
import type { ScalesFile } from '../../src/export/scales/export-scales.js';
import { MemoryExecutor } from '../engine/memory-executor.js';
import { smallNetwork } from '../engine/small-network.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-forms-'));
const database = join(folder, 'x.db');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeAll(async () => {
  writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [12, 3, 6, 6], randomFloats(7, 12 * 108)));
  const data = { format: 'npy', path: join(folder, 'x.npy') } as const;
  const experiment = loadExperiment(
    {
      version: 1,
      name: 'forms',
      model: { path: join(folder, 'net.onnx') },
      data: { calibration: { ...data, batchSize: 2, batches: 2 }, evaluation: data },
      task: 'fidelity',
      loss: { samples: 4 },
      gate: { samples: 2 },
      grid: { 'smoothing.alpha': [0.5] },
    },
    { database },
  );
  const { failed } = await runSweep(experiment, { executor: (request) => new MemoryExecutor(request) });
  expect(failed).toEqual([]);
});

function exported(changes: Partial<ExportArguments>): Promise<string> {
  return runExport({
    ...{ trial: 'best', sweep: undefined, db: database, model: undefined, force: false, 'allow-code': false },
    ...{ 'calibration-table': undefined, 'smoothed-model': undefined, float: undefined },
    ...{ format: 'json', output: join(folder, 'scales.json') },
    ...changes,
  });
}

describe('export --format', () => {
  it('writes the scales, and says where names are from and what to mind', async () => {
    const said = await exported({});
    expect(said).toMatch(/scales\.json: scales of 2 layers, 2 of them smoothed; \d/);
    expect(said).toContain("module names: 2 the layer's own");
    expect(said).toContain('note: no module is known for first, second');
    expect(said).toMatch(/BatchNormalization folded in: fuse it in your model, too \(first\)/);
    const file = JSON.parse(readFileSync(join(folder, 'scales.json'), 'utf8')) as ScalesFile;
    expect(file.layers.map(({ module, batchNorm }) => [module, batchNorm])).toEqual([
      ['first', 'n'],
      ['second', null],
    ]);
  });

  it('refuses what only the model has, and a file that is there', async () => {
    await expect(exported({ float: 'model' })).rejects.toThrow(
      'Expected --float with --format onnx, got it with --format json.',
    );
    await expect(exported({ 'calibration-table': 'x' })).rejects.toThrow(/--calibration-table with --format onnx/);
    await exported({ force: true });
    await expect(exported({})).rejects.toThrow(/exists already.*--force/);
    await expect(exported({ output: join(folder, 'net.onnx'), force: true })).rejects.toThrow(/own model/);
  });

  it('writes the model unless asked for another form, in float32 where the model is', async () => {
    const said = await exported({ format: 'onnx', output: join(folder, 'o.onnx'), float: 'model' });
    expect(said).toMatch(/o\.onnx: 2 layers quantized/);
    expect(said).not.toMatch(/written in/);
  });
});
