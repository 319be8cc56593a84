import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { GraphProtoSchema, ModelProtoSchema, ValueInfoProtoSchema } from '../../src/onnx/proto/onnx_pb.js';
import { makeNode } from '../../src/onnx/node.js';
import { demoModel, quantsweep, smallExperiment, temporaryFolder, writeExperiment } from './command-line.js';

interface Refusal {
  readonly code: number | null;
  readonly stderr: string;
}

async function refused(text: string, ...overrides: string[]): Promise<Refusal> {
  const folder = temporaryFolder();
  const path = writeExperiment(folder, text);
  const result = await quantsweep(folder, 'run', path, ...overrides.flatMap((o) => ['--set', o]));
  expect(result.stderr).not.toMatch(/\n\s+at /);
  return result;
}

describe('bad input ends with a clear message, no stack trace, and the right exit code', () => {
  it('a typo in a key', async () => {
    const { code, stderr } = await refused(smallExperiment.replace('grid:', 'gird:'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/small\.yaml:\d+:1: gird: .*did you mean "grid"/);
  });

  it('a missing model', async () => {
    const { code, stderr } = await refused(smallExperiment, 'model.path=missing.onnx');
    expect(code).toBe(2);
    expect(stderr).toContain('missing.onnx: Expected a model file, got nothing there');
  });

  it('a truncated model', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder);
    writeFileSync(join(folder, 'half.onnx'), readFileSync(demoModel).subarray(0, 400_000));
    const { code, stderr } = await quantsweep(folder, 'run', path, '--set', 'model.path=half.onnx');
    expect(code).toBe(2);
    expect(stderr).toContain('truncated or of another format');
  });

  it('a wrong input name', async () => {
    const { code, stderr } = await refused(smallExperiment, 'model.input=images');
    expect(code).toBe(2);
    expect(stderr).toContain('Expected model.input to be one of "input", got "images"');
  });

  it.each(['plan', 'run'])('a rule that matches no layer, when planning (%s)', async (command) => {
    const folder = temporaryFolder();
    const rules = 'layers.rules=[{match: first, precision: float}, {match: stem/cnv, weightBits: 4}]';
    const { code, stderr } = await quantsweep(folder, command, writeExperiment(folder), '--set', rules);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'layers.rules to match layers that are quantized, got match "stem/cnv", which matches none',
    );
    expect(stderr).toContain('did you mean "stem/conv"?');
  });

  it('labels out of range', async () => {
    const folder = temporaryFolder();
    const records = new Uint8Array(3073 * 4);
    records[3073 * 2] = 77;
    writeFileSync(join(folder, 'broken.bin'), records);
    const cifar = '{ format: cifar10, path: broken.bin, batchSize: 1';
    const text = smallExperiment
      .replace(/calibration: \{.*/, `calibration: ${cifar}, batches: 1 }`)
      .replace(/evaluation: \{.*/, `evaluation: ${cifar} }`)
      .replace(/task: .*/, 'task: classification');
    const { code, stderr } = await quantsweep(folder, 'run', writeExperiment(folder, text));
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected a label in 0\.\.9, got 77 .*record 2/);
  });

  it('an empty grid', async () => {
    const { code, stderr } = await refused(smallExperiment.replace(/grid:\n(?: .*\n)+/, 'grid: []\n'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/small\.yaml:\d+:\d+: grid: expected at least one block/);
  });

  it('an alpha of 1.5', async () => {
    const { code, stderr } = await refused(smallExperiment.replace('[0.4, 0.6]', '[0.4, 1.5]'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/small\.yaml:\d+:\d+: smoothing\.alpha: expected a number from 0 to 1, got 1\.5/);
  });

  it('a database path that is a folder', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'results'));
    const { code, stderr } = await quantsweep(folder, 'run', writeExperiment(folder), '--set', 'run.database=results');
    expect(code).toBe(2);
    expect(stderr).toContain('got a folder');
  });

  it('a database of a newer version, which stays as it is', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(folder, smallExperiment.replace('mode: dynamic', 'mode: none'));
    const file = join(folder, 'quantsweep.db');
    await quantsweep(folder, 'run', path, '--set', 'data.evaluation.samples=1', '--set', 'task.bootstrap=2');
    const database = new Database(file);
    database.pragma('user_version = 99');
    database.close();
    copyFileSync(file, join(folder, 'before.db'));
    const { code, stderr } = await quantsweep(folder, 'run', path);
    expect(code).toBe(2);
    expect(stderr).toMatch(/schema version 99.*versions up to \d/);
    expect(readFileSync(file).equals(readFileSync(join(folder, 'before.db')))).toBe(true);
  });

  it('a model without any layer to quantize', async () => {
    const folder = temporaryFolder();
    const value = (name: string) => create(ValueInfoProtoSchema, { name });
    const graph = create(GraphProtoSchema, {
      name: 'relu',
      node: [makeNode('Relu', ['input'], 'heatmap')],
      input: [value('input')],
      output: [value('heatmap')],
    });
    const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph });
    writeFileSync(join(folder, 'relu.onnx'), toBinary(ModelProtoSchema, model));
    const { code, stderr } = await quantsweep(folder, 'run', writeExperiment(folder), '--set', 'model.path=relu.onnx');
    expect(code).toBe(2);
    expect(stderr).toContain('Expected at least one layer to quantize');
  });

  it('more calibration batches than there are samples', async () => {
    const { code, stderr } = await refused(smallExperiment.replace('[2, 8]', '[2, 9]'));
    expect(code).toBe(2);
    expect(stderr).toContain('at least 18 samples (9 batches of 2), got 16');
  });

  it('a provider that does not load here', async () => {
    const { code, stderr } = await refused(smallExperiment, 'run.provider=cuda');
    // On a machine with CUDA the provider loads, and there is nothing to refuse.
    if (code === 0) return;
    expect(code).toBe(2);
    expect(stderr).toContain('Expected run.provider cuda to load here');
  });

  it('an unknown command, with the nearest one', async () => {
    const { code, stderr } = await quantsweep(temporaryFolder(), 'rum', 'x.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean run?');
  });
});
