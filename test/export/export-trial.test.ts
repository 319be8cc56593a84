import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { prepareLayers } from '../../src/quantize/prepare-layers.js';
import { quantizedModel, smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { exportTrial, type ExportTargets } from '../../src/export/export-trial.js';
import type { StoredTrial } from '../../src/store/read/read-trial.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { layersOf, modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runOnX } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';
import { storedLayer } from '../quantize/stored-layers.js';
import { smallNetwork } from '../engine/small-experiment.js';

const bytes = modelBytes(smallNetwork('N'));
const { model: folded } = foldBatchNorm(decodeModel(bytes));
const x = { data: randomFloats(7, 432, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!), dims: [4, 3, 6, 6] };

/** A folder with the model, the trial as stored, its prepared layers, and targets in the folder. */
async function finishedTrial(alpha: number | null, bits = 8) {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-export-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  const layers = layersOf(folded);
  const statistics = await observeDirectly(folded, layers, x);
  const prepared = prepareLayers(layers, statistics, preparation(bits, alpha));
  const trial: StoredTrial = {
    number: 3,
    key: 'trial-key',
    label: 'a label',
    role: 'candidate',
    status: 'done',
    sweep: 'small',
    sweepKey: 'sweep-key',
    settings: JSON.stringify({ model: { path: '/home/somebody/model.onnx', input: null }, task: 'classification' }),
    accuracy: { metric: 'top1', value: 0.5 },
    model: { path, sha256: createHash('sha256').update(bytes).digest('hex') },
    weightCalibrator: 'max',
    notes: [],
    layers: prepared.map((p) => storedLayer(p, statistics)),
    tensors: [],
  };
  const targets: ExportTargets = {
    output: join(folder, 'out.onnx'),
    calibrationTable: null,
    smoothedModel: null,
    force: false,
    floats: null,
  };
  return { folder, path, trial, prepared, targets };
}

describe('exportTrial', () => {
  it('writes a model that gives the simulated outputs, with the story of the trial in its metadata', async () => {
    const { trial, prepared, targets } = await finishedTrial(null);
    expect(exportTrial(trial, null, targets)).toMatchObject({ layers: 3, smoothedLayers: 0, usesRuntimeDomain: false });
    const model = decodeModel(readFileSync(targets.output));
    const expected = await runOnX(quantizedModel(folded, prepared), x);
    expect(Array.from((await runOnX(model, x)).data)).toEqual(Array.from(expected.data));
    const metadata = Object.fromEntries(model.proto.metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata).toMatchObject({
      'quantsweep.sweep': 'small',
      'quantsweep.sweep_key': 'sweep-key',
      'quantsweep.trial_key': 'trial-key',
      'quantsweep.label': 'a label',
      'quantsweep.settings': '{"model":{"path":"model.onnx","input":null},"task":"classification"}',
      'quantsweep.simulated.top1': '0.5',
      'quantsweep.float_weights': '[]',
    });
    expect(metadata['quantsweep.version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(JSON.parse(metadata['quantsweep.smoothing']!)).toMatchObject({ first: { alpha: null, s: [1, 1, 1] } });
  });

  it('says of an integer trial that its accuracy was measured with integer kernels', async () => {
    const { trial, targets } = await finishedTrial(null);
    const settings = JSON.stringify({ ...JSON.parse(trial.settings), quantization: { execution: 'integer' } });
    exportTrial({ ...trial, settings }, null, targets);
    const keys = decodeModel(readFileSync(targets.output)).proto.metadataProps.map(({ key }) => key);
    expect(keys).toContain('quantsweep.integer.top1');
    expect(keys).not.toContain('quantsweep.simulated.top1');
  });

  it('writes the calibration table and the smoothed float model that it belongs to', async () => {
    const { folder, trial, prepared, targets } = await finishedTrial(0.5);
    const more = { calibrationTable: join(folder, 'table'), smoothedModel: join(folder, 'float.onnx') };
    expect(exportTrial(trial, null, { ...targets, ...more })).toMatchObject({ smoothedLayers: 3 });
    const float = decodeModel(readFileSync(more.smoothedModel));
    const lines = readFileSync(more.calibrationTable, 'utf8').trim().split('\n').slice(1);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(float.index.producers.has(line.split(': ')[0]!)).toBe(true);
    const expected = await runOnX(smoothedModel(folded, prepared), x);
    expect(Array.from((await runOnX(float, x)).data)).toEqual(Array.from(expected.data));
  });

  it('tells whether the weights are as TensorRT quantizes them', async () => {
    const { trial, targets } = await finishedTrial(null);
    const asInTensorrt = (changed: StoredTrial): boolean =>
      exportTrial(changed, null, { ...targets, force: true }).weightsAsInTensorrt;
    expect(asInTensorrt(trial)).toBe(true);
    expect(asInTensorrt({ ...trial, weightCalibrator: 'mse' })).toBe(false);
    expect(asInTensorrt((await finishedTrial(null, 4)).trial)).toBe(false);
  });

  it('takes the model from elsewhere, but no other model', async () => {
    const { folder, path, trial, targets } = await finishedTrial(0.5);
    const moved = { ...trial, model: { ...trial.model!, path: join(folder, 'gone.onnx') } };
    expect(() => exportTrial(moved, null, targets)).toThrow(/gone\.onnx, got nothing there.*--model/);
    const other = join(folder, 'other.onnx');
    writeFileSync(other, modelBytes({ ...smallNetwork('N'), opset: 14 }));
    expect(() => exportTrial(moved, other, targets)).toThrow(
      /other\.onnx: expected the model .*\(sha256 [0-9a-f]{64}\)/,
    );
    expect(existsSync(targets.output)).toBe(false);
    exportTrial(moved, path, targets);
    expect(existsSync(targets.output)).toBe(true);
  });

  it('refuses fp32 and trials that are not finished', async () => {
    const { trial, targets } = await finishedTrial(0.5);
    expect(() => exportTrial({ ...trial, role: 'fp32', layers: [] }, null, targets)).toThrow(/nothing is quantized/);
    const failed = { ...trial, status: 'failed', model: null, layers: [] };
    expect(() => exportTrial(failed, null, targets)).toThrow(/trial 3 \(a label\), which is failed/);
  });

  it('never overwrites the trial’s own model, and other files only when forced', async () => {
    const { path, trial, targets } = await finishedTrial(0.5);
    expect(() => exportTrial(trial, null, { ...targets, output: path, force: true })).toThrow(/own model/);
    exportTrial(trial, null, targets);
    expect(() => exportTrial(trial, null, targets)).toThrow(/exists already.*--force/);
    exportTrial(trial, null, { ...targets, force: true });
    expect(readFileSync(path)).toEqual(Buffer.from(bytes));
  });

  it('writes nothing when the table can’t hold the trial', async () => {
    const { folder, trial, targets } = await finishedTrial(0.5, 4);
    const table = join(folder, 'table');
    expect(() => exportTrial(trial, null, { ...targets, calibrationTable: table })).toThrow(/cannot express that/);
    expect(existsSync(targets.output)).toBe(false);
  });
});
