import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import type { Experiment } from '../../src/experiment/sections/settings.js';
import { intsAttribute } from '../../src/onnx/node.js';
import { withModelSizes } from '../../src/prepare/model-sizes.js';
import { openSweepInputs } from '../../src/prepare/sweep-inputs.js';
import { temporaryFolder } from '../cli/command-line.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';

/** A convolution and a mean, so every size is taken; an NHWC one begins with a Transpose. */
function model(shape: readonly (number | string)[], isLast = false): Uint8Array {
  const transpose = node('Transpose', ['x'], 't', [intsAttribute('perm', [0, 3, 1, 2])]);
  return modelBytes({
    nodes: [
      ...(isLast ? [transpose] : []),
      node('Conv', [isLast ? 't' : 'x', 'w'], 'c', [], 'conv'),
      node('GlobalAveragePool', ['c'], 'p'),
      node('Flatten', ['p'], 'y'),
    ],
    inputs: [value('x', shape)],
    initializers: [tensor('w', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6])],
  });
}

async function folderWith(models: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(models)) writeFileSync(join(folder, name), bytes);
  mkdirSync(join(folder, 'pictures'));
  for (const [name, width] of [['a', 30] as const, ['b', 12] as const]) {
    const image = sharp({ create: { width, height: 20, channels: 3, background: 'teal' } });
    await image.png().toFile(join(folder, `pictures/${name}.png`));
  }
  return folder;
}

function load(folder: string, geometry: string, rest: string): Experiment {
  const text = `version: 1
name: sizes
data:
  calibration: { format: imageFolder, path: pictures, ${geometry}, batchSize: 1, batches: 2 }
  evaluation: { format: imageFolder, path: pictures, ${geometry} }
task: fidelity
${rest}`;
  return loadExperiment(join(folder, 'sweep.yaml'), [], () => text);
}

const sourcesOf = (experiment: Experiment): readonly object[] =>
  experiment.trials.map(({ settings }) => settings.data.evaluation.source);

describe('sizes that say model', () => {
  const models = { 'six.onnx': model([1, 3, 6, 6]), 'wide.onnx': model(['N', 3, 8, 10]) };

  it('are those of each model, by which keys go', async () => {
    const folder = await folderWith(models);
    const grid = 'grid: [{ model.path: [six.onnx, wide.onnx], smoothing.alpha: 0.5 }]';
    const base = `model: { path: six.onnx }\n${grid}`;
    const sized = withModelSizes(load(folder, 'letterbox: { size: model }', base));
    const expected = new Map([
      ['six.onnx', [6, 6]],
      ['wide.onnx', [8, 10]],
    ]);
    expect(sized.trials.length).toBe(6);
    for (const { settings } of sized.trials) {
      const size = expected.get(settings.model.path.slice(folder.length + 1));
      expect(settings.data.evaluation.source).toMatchObject({ letterbox: { size } });
      expect(settings.data.calibration.source).toMatchObject({ letterbox: { size } });
    }
    const inputs = await openSweepInputs(sized);
    expect(new Set(sourcesOf(sized).map((source) => inputs.dataSha256(source as never))).size).toBe(2);
    const [first] = sized.trials;
    const written = load(folder, 'letterbox: { size: [6, 6] }', base);
    expect(first!.settings).toEqual(written.trials[0]!.settings);
  });

  it.each([
    ['resize: model', { resize: [8, 10] }],
    ['letterbox: { size: model, align: topLeft }', { letterbox: { size: [8, 10], align: 'topLeft' } }],
  ])('%s becomes numbers', async (geometry, source) => {
    const folder = await folderWith(models);
    const rest = 'model: { path: wide.onnx }\ngrid: [{ smoothing.alpha: [0.5, 0.6] }]';
    const sized = withModelSizes(load(folder, geometry, rest));
    for (const each of sourcesOf(sized)) expect(each).toMatchObject(source);
    // Trials share the section as before.
    expect(new Set(sized.trials.map(({ settings }) => settings.data)).size).toBe(1);
    expect(await openSweepInputs(sized)).toBeDefined();
  });

  it('are those of a model that takes channels last, with feed', async () => {
    const folder = await folderWith({ 'last.onnx': model([1, 8, 10, 3], true) });
    const rest = 'model: { path: last.onnx }\ngrid: [{ smoothing.alpha: 0.5 }]';
    const text = load(folder, 'letterbox: { size: model }', rest);
    const fed = text.trials.map((trial) => ({
      ...trial,
      settings: {
        ...trial.settings,
        data: {
          ...trial.settings.data,
          preprocess: { ...trial.settings.data.preprocess, feed: 'channelsLast' as const },
        },
      },
    }));
    const sized = withModelSizes({ ...text, trials: fed });
    expect(sourcesOf(sized)[0]).toMatchObject({ letterbox: { size: [8, 10] } });
    expect(await openSweepInputs(sized)).toBeDefined();
    expect(() => withModelSizes(text)).toThrow(
      'Expected input "x" of last.onnx, whose size data.calibration.letterbox.size asks for, to take channels first, got one that takes them last. Set data.preprocess.feed to channelsLast.',
    );
    const first = await folderWith({ 'first.onnx': model([1, 3, 6, 6]) });
    const wrong = load(first, 'resize: model', rest.replace('last', 'first')).trials.map((trial, index) => ({
      ...trial,
      settings: {
        ...trial.settings,
        data: { ...trial.settings.data, preprocess: fed[index]!.settings.data.preprocess },
      },
    }));
    expect(() => withModelSizes({ ...text, trials: wrong })).toThrow(/to take channels last, got .* first\. Leave/);
  });

  it('leave an experiment that has none as it is, and read no model', async () => {
    const folder = await folderWith({});
    const experiment = load(folder, 'resize: [6, 6]', 'model: { path: no.onnx }\ngrid: [{ smoothing.alpha: 0.5 }]');
    expect(withModelSizes(experiment)).toBe(experiment);
  });

  it.each([['N', 3, 'height', 'width'] as const, ['N', 3, 8, 'width'] as const])(
    'are refused where the model leaves them free: [%s, %s, %s, %s]',
    async (...shape) => {
      const folder = await folderWith({ 'free.onnx': model(shape) });
      const rest = 'model: { path: free.onnx }\ngrid: [{ smoothing.alpha: 0.5 }]';
      const got = `[free, 3, ${shape[2] === 8 ? '8' : 'free'}, free]`;
      expect(() => withModelSizes(load(folder, 'letterbox: { size: model }', rest))).toThrow(
        `sweep.yaml:4:74: Expected input "x" of free.onnx to have four axes, height and width fixed, because data.calibration.letterbox.size is \`model\`, got ${got}. Write the size as [height, width].`,
      );
    },
  );

  it('are refused where no model is at hand', async () => {
    const folder = await folderWith(models);
    const experiment = load(folder, 'resize: model', 'model: { path: six.onnx }\ngrid: [{ smoothing.alpha: 0.5 }]');
    await expect(openSweepInputs(experiment)).rejects.toThrow('Expected resize as numbers where no model is at hand');
  });
});
