import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localEngine } from '../../src/engine/local/local-engine.js';
import { localExecutor } from '../../src/engine/local/local-executor.js';
import { prepareSweep } from '../../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { writeSweep } from './write-sweep.js';

const open = localExecutor(new URL('../../dist/engine/local/worker-main.js', import.meta.url));
const SAMPLES = 6;

/** A convolution of 5 channels on `[3, 4, 4]`, and what makes outputs of it. */
function network(nodes: ModelSpec['nodes'], outputs: readonly string[], initializers: ModelSpec['initializers'] = []) {
  return {
    nodes: [node('Conv', ['x', 'w'], 'map'), ...nodes],
    inputs: [value('x', ['N', 3, 4, 4])],
    outputs,
    initializers: [tensor('w', [5, 3, 1, 1], randomFloats(1, 15)), ...initializers],
  };
}

const pooled = [node('GlobalAveragePool', ['map'], 'pooled'), node('Flatten', ['pooled'], 'logits')];

/** The error of planning, without the folder; null where there is none. */
async function problemOf(
  model: ModelSpec,
  choice: { task?: string; labels?: readonly number[]; output?: string; grid?: readonly [number, number] } = {},
): Promise<string | null> {
  const folder = temporaryFolder();
  const { task = 'classification', labels = [0, 1, 2, 3, 4, 0] } = choice;
  const data = randomFloats(2, SAMPLES * 48);
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [SAMPLES, 3, 4, 4], data));
  writeFileSync(join(folder, 'y.npy'), npyArray('<i4', [labels.length], Int32Array.from(labels)));
  const grid = choice.grid ?? null;
  const truth = { classes: ['a', 'b', 'c', 'd', 'e'], grid, scenes: labels.map(() => ({ objects: [] })) };
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
  const groundTruth = grid === null ? '' : ', groundTruth: truth.json';
  const file = writeSweep(folder, model, [3, 4, 4], {
    task,
    evaluation: `format: npy, path: x.npy, labels: y.npy${groundTruth}`,
    model: `{ path: model.onnx${choice.output === undefined ? '' : `, output: ${choice.output}`} }`,
  });
  try {
    const { executor } = await prepareSweep(loadExperiment(join(folder, file)), {
      engine: localEngine(open),
      code: { use: 'plan', allowed: false },
    });
    await executor.close();
    return null;
  } catch (error) {
    const { name, message } = error as Error;
    expect(['InputError', 'ModelError', 'DatasetError', 'ExperimentError']).toContain(name);
    return message.replaceAll(`${folder}/`, '');
  }
}

const own =
  "Task fidelity scores any output by its likeness to FP32's; a metric of your own can be task module or command (docs/CUSTOM.md).";

describe('27: what shapes tell about the task is checked before anything runs', () => {
  it.each([
    [
      'a segmentation map',
      network([], ['map']),
      `model.onnx: Expected output "map" to be of shape [N, classes], as task classification scores it, got [2, 5, 4, 4], a map (segmentation, heatmaps or features), not one answer for each sample. ${own}`,
    ],
    [
      'an answer for each token or box',
      network([node('Reshape', ['map', 'shape'], 'boxes')], ['boxes'], [int64Tensor('shape', [0, 5, -1])]),
      `model.onnx: Expected output "boxes" to be of shape [N, classes], as task classification scores it, got [2, 5, 16], several answers for each sample (tokens, boxes or cells). ${own}`,
    ],
    [
      'one number a sample',
      network(
        [node('ReduceMean', ['map'], 'score', [intAttribute('keepdims', 0)]), node('Identity', ['score'], 's')],
        ['s'],
      ),
      'model.onnx: Expected output "s" to be of shape [N, classes], a row for each sample, got [] for 2 samples. Its first axis must be the samples: choose another output as model.output, or export the model with the batch first.',
    ],
    [
      'one logit',
      network(
        [...pooled, node('MatMul', ['logits', 'one'], 'logit')],
        ['logit'],
        [tensor('one', [5, 1], [1, 1, 1, 1, 1])],
      ),
      `model.onnx: Expected output "logit" to be of shape [N, classes], as task classification scores it, got [2, 1], one class. Two logits a sample would be two classes. ${own}`,
    ],
    [
      'a batch of one that a constant fixes',
      network(
        [
          ...pooled,
          node('ReduceMean', ['logits'], 'mean', [intAttribute('keepdims', 1)]),
          node('Mul', ['mean', 'k'], 'm'),
        ],
        ['m'],
        [tensor('k', [1, 5], [1, 2, 3, 4, 5])],
      ),
      'model.onnx: Expected output "m" to be of shape [N, classes], a row for each sample, got [1, 5] for 2 samples. The model takes one sample at a time: set data.evaluation.batchSize: 1 and data.calibration.batchSize: 1.',
    ],
  ])('%s under task classification', async (_, model, message) => {
    expect(await problemOf(model)).toBe(message);
  });

  it('names the output that fits, where there is one', async () => {
    expect(await problemOf(network(pooled, ['map', 'logits']), { output: 'map' })).toBe(
      'model.onnx: Expected output "map" to be of shape [N, classes], as task classification scores it, got [2, 5, 4, 4], a map (segmentation, heatmaps or features), not one answer for each sample. Output "logits" is [2, 5]: model.output takes it.',
    );
    expect(await problemOf(network(pooled, ['map', 'logits']), { output: 'logits' })).toBeNull();
  });

  it('advises centerDetection only where the ground truth fits', async () => {
    expect(await problemOf(network([], ['map']), { grid: [4, 4] })).toMatch(
      /a heatmap for each class\. It fits the ground truth of data\.evaluation: task centerDetection scores it\.$/,
    );
    expect(await problemOf(network([], ['map']), { grid: [8, 8] })).toContain(own);
    expect(await problemOf(network([], ['map']), { task: 'centerDetection', grid: [4, 4] })).toBeNull();
    expect(await problemOf(network([], ['map']), { task: 'centerDetection', grid: [8, 8] })).toBe(
      'model.onnx: Expected output "map" to be of shape [N, 5, 8, 8], by the classes and grid of the ground truth, got [2, 5, 4, 4]. Ground truth must be in cells of this output, with its classes in order.',
    );
    expect(await problemOf(network(pooled, ['logits']), { task: 'centerDetection', grid: [4, 4] })).toMatch(
      /got \[2, 5\], one answer for each sample\. Task classification scores that, with labels\./,
    );
  });

  it.each([
    [[1, 2, 3, 4, 5, 1], 'got 5 for sample 4 (labels are 1 to 5). They seem to count from 1: subtract 1 from each.'],
    [[0, 1, 999, 3, 4, 0], 'got 999 for sample 2 (labels are 0 to 999). Check that data.evaluation has the labels'],
  ])('labels %j for 5 classes', async (labels, message) => {
    const problem = await problemOf(network(pooled, ['logits']), { labels });
    expect(problem).toContain('model.onnx: Expected labels 0 to 4 for an output of 5 classes, ');
    expect(problem).toContain(message);
  });

  it('labels and samples that differ in number, and samples of another shape than the input', async () => {
    expect(await problemOf(network(pooled, ['logits']), { labels: [0, 1, 2] })).toBe(
      'Expected labels of shape [6], one for each sample, got shape [3] (y.npy).',
    );
    const wide = { ...network(pooled, ['logits']), inputs: [value('x', ['N', 3, 8, 8])] };
    expect(await problemOf(wide)).toMatch(/Expected samples of shape \[3, 8, 8\] for input "x", got \[3, 4, 4\]/);
  });

  it.each([
    ['[T, N, C]', [node('Transpose', ['flat'], 'out', [intsAttribute('perm', [2, 0, 1])])]],
    ['[C, N]', [...pooled, node('Transpose', ['logits'], 'out', [intsAttribute('perm', [1, 0])])]],
    ['[N * T, C]', [node('Reshape', ['flat', 'rows'], 'out')]],
    ['[1, N * C]', [...pooled, node('Reshape', ['logits', 'row'], 'out')]],
  ])('samples need not lead the output: %s', async (_, nodes) => {
    const shapes = [int64Tensor('flatten', [0, 5, 16]), int64Tensor('rows', [-1, 16]), int64Tensor('row', [1, -1])];
    const model = network([node('Reshape', ['map', 'flatten'], 'flat'), ...nodes], ['out'], shapes);
    for (const batch of ['N', 3]) {
      const inputs = [value('x', [batch, 3, 4, 4])];
      expect(await problemOf({ ...model, inputs }, { task: 'fidelity' })).toBeNull();
    }
  });

  it('sound models pass, whatever they say of their shapes', async () => {
    expect(await problemOf(network(pooled, ['logits']))).toBeNull();
    expect(await problemOf(network([], ['map']), { task: 'fidelity' })).toBeNull();
    expect(await problemOf(network([], ['pooled', ...[]].slice(1).concat('map')), { task: 'fidelity' })).toBeNull();
    expect(await problemOf(network([pooled[0]!], ['pooled']))).toBeNull();
  });

  it('in plan and in run, with exit code 2 and nothing stored', async () => {
    const folder = temporaryFolder();
    const file = writeSweep(folder, network([node('ReduceMean', ['map'], 'all')], ['all']), [3, 4, 4]);
    for (const command of ['plan', 'run']) {
      const { code, stderr, stdout } = await quantsweep(folder, command, file);
      expect(stderr).toMatch(
        /model\.onnx: Expected output "all" to be of shape \[N, \.\.\.\], a row for each sample, got \[1, 1, 1, 1\] for 2 samples\. The model takes one sample at a time/,
      );
      expect([code, stdout]).toEqual([2, '']);
    }
  });
});
