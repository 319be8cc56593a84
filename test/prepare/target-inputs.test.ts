import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { openSweepInputs, type SweepInputs } from '../../src/prepare/sweep-inputs.js';
import type { Experiment } from '../../src/experiment/sections/settings.js';
import { temporaryFolder } from '../cli/command-line.js';
import { modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';

const ones = (name: string, dims: readonly number[]) =>
  tensor(name, dims, new Array<number>(dims.reduce((a, b) => a * b)).fill(0.1));

/** Two convolutions: TensorRT leaves the second in float, which has few channels. */
const network: ModelSpec = {
  nodes: [node('Conv', ['x', 'w'], 'wide'), node('Conv', ['wide', 'v'], 'y', [], 'narrow')],
  inputs: [value('x', ['N', 16, 8, 8])],
  initializers: [ones('w', [16, 16, 1, 1]), ones('v', [4, 16, 1, 3])],
};

const narrow: ModelSpec = {
  ...network,
  nodes: [node('Conv', ['x', 'v'], 'y', [], 'narrow')],
  initializers: [network.initializers![1]!],
};

const data = { format: 'synthetic', shape: [16, 8, 8], count: 4 } as const;

function sweepOf(spec: ModelSpec, grid: ExperimentObject['grid']): Experiment {
  const folder = temporaryFolder();
  const path = join(folder, 'model.onnx');
  writeFileSync(path, modelBytes(spec));
  const experiment: ExperimentObject = {
    ...{ version: 1, name: 't', model: { path }, task: 'fidelity', grid },
    data: {
      calibration: { ...data, seed: 1, batchSize: 2, batches: 2 },
      evaluation: { ...data, seed: 2 },
    },
  };
  return loadExperiment(experiment, { database: join(folder, 'x.db') });
}

/** What is known of a sweep before anything runs. */
const opened = (...sweep: Parameters<typeof sweepOf>): Promise<SweepInputs> => openSweepInputs(sweepOf(...sweep));

describe('a sweep of a target, before anything runs', () => {
  it('is refused where the target runs none of its layers on integers', async () => {
    await expect(opened(narrow, { target: ['tensorrt'] })).rejects.toThrow(
      /model\.onnx: Expected at least one layer that target tensorrt runs on integers, got none of 1: Conv "narrow" has few channels/,
    );
    await expect(opened(narrow, { target: ['layers-only', 'openvino'] })).resolves.toBeDefined();
  });

  it('has sensitivity trials and rankings of the layers that the target runs on integers', async () => {
    const sweep = sweepOf(network, { target: ['tensorrt'], 'layers.sensitivity': ['only'] });
    const inputs = await openSweepInputs(sweep);
    const { layers, model } = sweep.trials.find(({ role }) => role === 'sensitivity')!.settings;
    expect(inputs.selectedLayers(model.path, layers)).toEqual(['wide', 'narrow']);
    expect(inputs.selectedLayers(model.path, layers, 'tensorrt')).toEqual(['wide']);
  });

  it('is refused where all that the target runs on integers would be kept in float', async () => {
    await expect(opened(network, { target: ['tensorrt'], 'layers.keepFloat': [1] })).rejects.toThrow(
      /Expected layers\.keepFloat to leave a layer to quantize, so at most 0, got 1/,
    );
    await expect(opened(network, { target: ['openvino'], 'layers.keepFloat': [1] })).resolves.toBeDefined();
  });

  it('is refused where the runtime has no opset that the model could be written in', async () => {
    const mask = {
      ...network,
      nodes: [
        node('Dropout', ['x'], ['kept', 'mask']),
        node('Conv', ['kept', 'w'], 'wide'),
        node('Conv', ['wide', 'v'], 'y'),
      ],
      opset: 9,
    };
    await expect(opened(mask, { target: ['onnxruntime-cpu'] })).rejects.toThrow(
      /Expected a model of opset 10 or newer for integer kernels of onnxruntime, got opset 9/,
    );
    await expect(opened({ ...network, opset: 9 }, { target: ['onnxruntime-cpu'] })).resolves.toBeDefined();
  });

  it.each([
    [9, 'fold', /Expected a model of opset 10 or newer for target tensorrt, got opset 9/],
    [12, 'requantize', /Expected a model of opset 13 or newer for target tensorrt, got opset 12/],
    [12, 'fold', null],
    [13, 'requantize', null],
  ] as const)('of opset %d with weights per tensor, smoothing applied by %s', async (opset, apply, message) => {
    const sweep = opened(
      { ...network, opset },
      {
        target: ['tensorrt'],
        'quantization.weight.granularity': ['tensor'],
        'smoothing.apply': [apply],
        'smoothing.alpha': [0.5],
      },
    );
    if (message === null) await expect(sweep).resolves.toBeDefined();
    else await expect(sweep).rejects.toThrow(message);
  });
});
