import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportScales, type ScalesFile, type ScalesFormat } from '../../../src/export/scales/export-scales.js';
import { readNpyHeader } from '../../../src/formats/npy/npy-header.js';
import { openNpzMember } from '../../../src/formats/npz/npz.js';
import { foldBatchNorm } from '../../../src/onnx/folding/fold-batch-norm.js';
import { decodeModel } from '../../../src/onnx/onnx-model.js';
import { prepareLayers } from '../../../src/quantize/prepare-layers.js';
import type { StoredTrial } from '../../../src/store/read/read-trial.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { layersOf, modelBytes, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { preparation } from '../../quantize/preparations.js';
import { storedLayer } from '../../quantize/stored-layers.js';

/** Named as by torch.onnx.export: a convolution, one that it folded, a transposed one, a Linear. */
const bytes = modelBytes({
  nodes: [
    node('Conv', ['x', 'backbone.conv1.weight'], '/backbone/conv1/Conv_output_0', [], '/backbone/conv1/Conv'),
    node('Relu', ['/backbone/conv1/Conv_output_0'], 'r1'),
    node('Conv', ['r1', 'onnx::Conv_12'], '/layer1/layer1.0/conv1/Conv_output_0', [], '/layer1/layer1.0/conv1/Conv'),
    node('ConvTranspose', ['/layer1/layer1.0/conv1/Conv_output_0', 'up.weight'], 'u', [], '/up/ConvTranspose'),
    node('GlobalAveragePool', ['u'], 'pooled'),
    node('Flatten', ['pooled'], 'flat'),
    node('MatMul', ['flat', 'onnx::MatMul_20'], 'm', [], '/fc/MatMul'),
    node('MatMul', ['m', 'loose'], 'y', [], 'last'),
  ],
  inputs: [value('x', ['N', 3, 6, 6])],
  initializers: [
    tensor('backbone.conv1.weight', [4, 3, 3, 3], randomFloats(1, 108)),
    tensor('onnx::Conv_12', [5, 4, 3, 3], randomFloats(2, 180)),
    tensor('up.weight', [5, 3, 2, 2], randomFloats(3, 60)),
    tensor('onnx::MatMul_20', [3, 7], randomFloats(4, 21)),
    tensor('loose', [7, 2], randomFloats(5, 14)),
  ],
});
const x = { data: randomFloats(7, 216, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!), dims: [2, 3, 6, 6] };

async function finishedTrial(alpha: number | null) {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-scales-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, 'net.onnx');
  writeFileSync(path, bytes);
  const { model } = foldBatchNorm(decodeModel(bytes));
  const layers = layersOf(model);
  const statistics = await observeDirectly(model, layers, x);
  const prepared = prepareLayers(layers, statistics, preparation(8, alpha));
  const trial: StoredTrial = {
    ...{ number: 3, key: 'trial-key', label: 'a label', role: 'candidate', status: 'done' },
    ...{ sweep: 'small', sweepKey: 'sweep-key', accuracy: null, weightCalibrator: 'max', notes: [] },
    settings: JSON.stringify({ quantization: { activation: { calibrator: 'percentile', percentile: 99.9 } } }),
    model: { path, sha256: createHash('sha256').update(bytes).digest('hex') },
    layers: prepared.map((own) => storedLayer(own, statistics)),
    tensors: [],
  };
  const write = (format: ScalesFormat): string => {
    const output = join(folder, `scales.${format}`);
    exportScales(trial, null, { output, format, force: false });
    return output;
  };
  return { trial, folder, prepared, write };
}

const modules = ['backbone.conv1', 'layer1.0.conv1', 'up', 'fc', 'last'];

/** An array of the archive by this project's own reader. */
function arrayOf(path: string, name: string): { readonly shape: readonly number[]; readonly values: number[] } {
  const source = openNpzMember(path, name);
  const { dtype, shape, dataStart } = readNpyHeader(source);
  const count = shape.reduce((product, size) => product * size, 1);
  const raw = new Uint8Array(count * dtype.itemBytes);
  source.read(dataStart, raw);
  const values = new Float64Array(count);
  dtype.decode(raw, values);
  source.close();
  return { shape, values: [...values] };
}

describe('exportScales', () => {
  it('names modules as PyTorch does, and says what each name is from', async () => {
    const { write } = await finishedTrial(0.5);
    const { layers } = JSON.parse(readFileSync(write('json'), 'utf8')) as ScalesFile;
    expect(layers.map(({ module, moduleFrom }) => [module, moduleFrom])).toEqual([
      ['backbone.conv1', 'initializer'],
      ['layer1.0.conv1', 'node'],
      ['up', 'initializer'],
      ['fc', 'node'],
      ['last', 'layer'],
    ]);
  });

  it('writes what the trial stored, and the entries of both toolkits', async () => {
    const { trial, write } = await finishedTrial(0.5);
    const file = JSON.parse(readFileSync(write('json'), 'utf8')) as ScalesFile;
    for (const [index, layer] of file.layers.entries()) {
      const stored = trial.layers[index]!;
      expect(layer.smoothing).toEqual({ alpha: 0.5, apply: 'insert', s: stored.s });
      expect(layer.input).toMatchObject({
        bits: 8,
        scheme: 'signed',
        calibrator: 'percentile 99.9',
        amax: stored.input.amax,
      });
      expect(layer.weight).toMatchObject({
        granularity: 'channel',
        calibrator: 'max',
        amax: stored.weight.amaxChannels,
      });
    }
    expect(file.layers.map(({ weight }) => weight.axis)).toEqual([0, 0, 1, 1, 1]);
    const shapes = Object.entries(file.modelOptimizer).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toMatchObject({
      'backbone.conv1.input_quantizer._amax': [],
      'backbone.conv1.weight_quantizer._amax': [4, 1, 1, 1],
      'backbone.conv1.input_quantizer._pre_quant_scale': [1, 3, 1, 1],
      'up.weight_quantizer._amax': [1, 3, 1, 1],
      'fc.weight_quantizer._amax': [7, 1],
      'fc.input_quantizer._pre_quant_scale': [3],
    });
    expect(Object.keys(file.pytorchQuantization)).toEqual(
      modules.flatMap((name) => [`${name}._input_quantizer._amax`, `${name}._weight_quantizer._amax`]),
    );
    const [first] = trial.layers;
    const { values } = file.modelOptimizer['backbone.conv1.input_quantizer._pre_quant_scale']!;
    for (const [channel, s] of first!.s.entries()) expect(values[channel]! * s).toBeCloseTo(1, 12);
  });

  it('gives toolkits the scale that the trial used: amax over the largest level', async () => {
    const { prepared, write } = await finishedTrial(0.5);
    const file = JSON.parse(readFileSync(write('json'), 'utf8')) as ScalesFile;
    for (const [index, module] of modules.entries()) {
      const amax = file.pytorchQuantization[`${module}._input_quantizer._amax`]!.values[0]!;
      expect(Math.fround(amax / 127)).toBe(Math.fround(prepared[index]!.input.scale));
    }
  });

  it('leaves out pre_quant_scale without smoothing', async () => {
    const { write } = await finishedTrial(null);
    const file = JSON.parse(readFileSync(write('json'), 'utf8')) as ScalesFile;
    expect(Object.keys(file.modelOptimizer).filter((name) => name.includes('pre_quant'))).toEqual([]);
  });

  it('writes an archive with the same numbers', async () => {
    const { trial, write } = await finishedTrial(0.5);
    const path = write('npz');
    const json = arrayOf(path, 'quantsweep.json').values;
    const file = JSON.parse(Buffer.from(json).toString('utf8')) as ScalesFile;
    expect(file.layers).toHaveLength(5);
    for (const [index, module] of modules.entries()) {
      const stored = trial.layers[index]!;
      expect(arrayOf(path, `${module}.s`)).toEqual({ shape: [stored.s.length], values: stored.s });
      expect(arrayOf(path, `${module}.input_amax`)).toEqual({ shape: [], values: [Math.fround(stored.input.amax)] });
    }
    for (const [name, { shape, values }] of Object.entries({ ...file.pytorchQuantization, ...file.modelOptimizer })) {
      expect(arrayOf(path, name)).toEqual({ shape, values: values.map(Math.fround) });
    }
  });

  it('has the numbers of weights that are not rounded to the nearest', async () => {
    const { folder, trial } = await finishedTrial(0.5);
    const [first, ...rest] = trial.layers;
    const levels = Int8Array.from({ length: 108 }, (_, index) => (index % 200) - 100);
    const rounded: StoredTrial = { ...trial, layers: [{ ...first!, levels }, ...rest] };
    const output = join(folder, 'scales.npz');
    expect(exportScales(rounded, null, { format: 'npz', output, force: false }).rounded).toEqual(['backbone.conv1']);
    const { shape, values } = arrayOf(output, 'backbone.conv1.weight_rounded');
    expect(shape).toEqual([4, 3, 3, 3]);
    const amax = first!.weight.amaxChannels!;
    expect(values).toEqual(
      Array.from(levels, (level, i) => {
        const scale = Math.fround(amax[Math.floor(i / 27)]! / 127);
        return Math.fround(level * scale) + 0;
      }),
    );
    expect(exportScales(trial, null, { format: 'npz', output, force: true }).rounded).toEqual([]);
  });

  it('writes an archive that numpy.load reads', async (context) => {
    const python = process.env['PYTHON'] ?? 'python3';
    if (spawnSync(python, ['-c', 'import numpy']).status !== 0) {
      context.skip('there is no Python with numpy: set PYTHON to one');
      return;
    }
    const { write } = await finishedTrial(0.5);
    const script = `import json, numpy, sys
archive = numpy.load(sys.argv[1])
file = json.loads(bytes(archive['quantsweep.json']))
for name, entry in {**file['pytorchQuantization'], **file['modelOptimizer']}.items():
    assert archive[name].dtype == numpy.float32 and archive[name].shape == tuple(entry['shape']), name
    assert (archive[name] == numpy.float32(entry['values']).reshape(entry['shape'])).all(), name
print(len(archive.files))`;
    const { stdout, stderr } = spawnSync(python, ['-c', script, write('npz')], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '41\n', stderr: '' });
  });
});
