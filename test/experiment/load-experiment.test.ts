import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import { loadText, withBase } from './load-text.js';

function loadShipped(name: string, overrides: readonly string[] = []) {
  const path = fileURLToPath(new URL(`../../experiments/${name}`, import.meta.url));
  return loadExperiment(path, overrides, (file) => readFileSync(file, 'utf8'));
}

function countRoles(trials: readonly { readonly role: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { role } of trials) counts[role] = (counts[role] ?? 0) + 1;
  return counts;
}

describe('a minimal experiment', () => {
  const experiment = loadText(withBase('grid: { smoothing.alpha: 0.5 }\n'));

  it('is named after its file and has no question', () => {
    expect([experiment.name, experiment.question, experiment.path]).toEqual(['a', null, '/exp/a.yaml']);
  });

  it('fills in documented defaults', () => {
    const { settings } = experiment.trials[2]!;
    expect(settings).toEqual({
      model: { path: '/exp/m.onnx', input: null, output: null },
      data: {
        calibration: {
          source: { format: 'cifar10', path: '/exp/c.bin' },
          batchSize: 4,
          batches: 200,
          sampleSeed: null,
        },
        evaluation: { source: { format: 'cifar10', path: '/exp/e.bin' }, batchSize: 'auto', samples: 'all' },
        preprocess: { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
      },
      task: { kind: 'classification' },
      layers: {
        ops: ['Conv'],
        include: ['*'],
        exclude: [],
        rules: [],
        sensitivity: 'none',
        focus: '*',
        keepFloat: 0,
      },
      quantization: {
        activation: { bits: 8, calibrator: 'max', percentile: 99.99, scheme: 'signed', narrowRange: false },
        weight: { bits: 8, granularity: 'channel', calibrator: 'max', scheme: 'signed', narrowRange: false },
        biasCorrection: { method: 'none', samples: 256 },
        execution: 'simulated',
      },
      smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'insert' },
      search: {
        candidates: [
          0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95,
        ],
        samples: 256,
        objective: 'l1',
        order: 'isolated',
        ties: 'smaller',
        sweeps: 1,
      },
      loss: { samples: 512, modes: ['accumulated', 'isolated'] },
      gate: { samples: 64, tolerance: 0.001 },
    });
  });

  it('runs on its own defaults, with the database beside the file', () => {
    expect(experiment.run).toEqual({
      provider: 'auto',
      allowFallback: false,
      slots: null,
      threads: null,
      optimizationLevel: 'all',
      database: '/exp/quantsweep.db',
      retries: 2,
      hangSeconds: 60,
      memoryMb: null,
      lockWaitMinutes: 60,
    });
  });

  it('has both baselines first, fp32 before unsmoothed', () => {
    expect(experiment.trials.map(({ role }) => role)).toEqual(['fp32', 'unsmoothed', 'candidate']);
  });
});

describe('sections', () => {
  it('gives centerDetection its defaults when named by a word alone', () => {
    const text = `model: { path: m.onnx }
data:
  calibration: { format: module, path: scenes.mjs, options: { seed: 1, scenes: 64 } }
  evaluation: { format: npy, path: e.npy, groundTruth: gt.json }
task: centerDetection
grid: { smoothing.alpha: 0.5 }
`;
    const { settings } = loadText(text).trials[0]!;
    expect(settings.task).toEqual({
      kind: 'centerDetection',
      thresholds: [0.5, 1, 2, 4],
      maxDetections: 100,
      minScore: 0.01,
      bootstrap: 400,
    });
    expect(settings.data.calibration.source).toEqual({
      format: 'module',
      path: '/exp/scenes.mjs',
      options: { seed: 1, scenes: 64 },
    });
    expect(settings.data.evaluation.source).toEqual({
      format: 'npy',
      path: '/exp/e.npy',
      labels: null,
      groundTruth: '/exp/gt.json',
    });
  });

  it('reads npz with its arrays, and leaves absolute paths alone', () => {
    const text = `model: { path: /models/m.onnx }
data:
  calibration: { format: npz, path: ../c.npz, array: x }
  evaluation: { format: npz, path: /d/e.npz, array: x, labelsArray: y, samples: 100 }
task: classification
grid: { smoothing.alpha: 0.5 }
`;
    const { settings } = loadText(text).trials[0]!;
    expect(settings.model.path).toBe('/models/m.onnx');
    expect(settings.data.calibration.source).toMatchObject({ path: '/c.npz', array: 'x', labelsArray: null });
    expect(settings.data.evaluation).toMatchObject({ source: { path: '/d/e.npz', labelsArray: 'y' }, samples: 100 });
  });

  it('follows aliases', () => {
    const text = withBase('grid:\n  - &first { smoothing.alpha: 0.5 }\n  - *first\n');
    expect(loadText(text).trials).toHaveLength(3);
  });

  it('reads a range of search candidates as exact decimals', () => {
    const text = withBase(
      'search: { candidates: { from: 0.1, to: 0.3, step: 0.1 } }\ngrid: { smoothing.mode: dynamic }\n',
    );
    expect(loadText(text).trials[0]!.settings.search.candidates).toEqual([0.1, 0.2, 0.3]);
  });
});

describe('baselines', () => {
  it('makes one fp32 trial whatever only quantized trials depend on', () => {
    const text = withBase(`grid:
  - smoothing.alpha: [0.25, 0.5]
    quantization.weight.bits: [4, 8]
    data.calibration.batches: [10, 20]
`);
    // 8 points; unsmoothed differs by bits and batches only.
    expect(countRoles(loadText(text).trials)).toEqual({ fp32: 1, unsmoothed: 4, candidate: 8 });
  });

  it('makes one fp32 trial a model', () => {
    const text = withBase('grid: { model.path: [m.onnx, n.onnx], smoothing.alpha: [0.25, 0.5] }\n');
    const { trials } = loadText(text);
    expect(countRoles(trials)).toEqual({ fp32: 2, unsmoothed: 2, candidate: 4 });
    expect(trials[1]!.axes).toEqual({ 'model.path': 'n.onnx' });
  });

  it('has the axes that the baseline depends on, and no others', () => {
    const text = withBase('grid: { smoothing.alpha: [0.25, 0.5], data.calibration.batches: 10 }\n');
    expect(loadText(text).trials.map(({ axes }) => axes)).toEqual([
      {},
      { 'data.calibration.batches': 10 },
      { 'smoothing.alpha': 0.25, 'data.calibration.batches': 10 },
      { 'smoothing.alpha': 0.5, 'data.calibration.batches': 10 },
    ]);
  });

  it('can be left out', () => {
    const text = withBase('baselines: []\ngrid: { smoothing.alpha: [0.25, 0.5] }\n');
    expect(countRoles(loadText(text).trials)).toEqual({ candidate: 2 });
  });

  it('takes a trial of the grid without smoothing for the unsmoothed baseline', () => {
    const text = withBase('baselines: [fp32]\ngrid: { smoothing.mode: [none, static] }\n');
    expect(countRoles(loadText(text).trials)).toEqual({ fp32: 1, unsmoothed: 1, candidate: 1 });
  });

  it('drops trials that differ in nothing that matters', () => {
    const text = withBase('grid:\n  - { smoothing.mode: dynamic, loss.samples: [512] }\n  - smoothing.mode: dynamic\n');
    expect(countRoles(loadText(text).trials)).toEqual({ fp32: 1, unsmoothed: 1, candidate: 1 });
  });
});

describe('shipped experiments', () => {
  it('smoothing-methods.yaml is fp32 and 15 methods with and without bias correction: 31 trials', () => {
    const { trials } = loadShipped('smoothing-methods.yaml');
    expect(countRoles(trials)).toEqual({ fp32: 1, unsmoothed: 2, candidate: 28 });
  });

  it('smoothquant-alpha.yaml is fp32, 2 unsmoothed, 19 x 2 static and 2 dynamic: 43 trials', () => {
    const { trials, axisPaths, question } = loadShipped('smoothquant-alpha.yaml');
    expect(countRoles(trials)).toEqual({ fp32: 1, unsmoothed: 2, candidate: 40 });
    expect(trials).toHaveLength(43);
    expect(axisPaths).toEqual(['smoothing.mode', 'smoothing.alpha', 'data.calibration.batches']);
    const statics = trials.filter(({ role, settings }) => role === 'candidate' && settings.smoothing.mode === 'static');
    expect(statics).toHaveLength(38);
    expect(statics[4]!.axes).toEqual({
      'smoothing.mode': 'static',
      'smoothing.alpha': 0.15,
      'data.calibration.batches': 200,
    });
    expect(question).not.toBeNull();
  });

  it('absmax-method.yaml puts channel and view of each alpha side by side: 40 trials', () => {
    const { trials } = loadShipped('absmax-method.yaml');
    expect(countRoles(trials)).toEqual({ fp32: 1, unsmoothed: 1, candidate: 38 });
    expect(trials.slice(2, 4).map(({ axes }) => axes)).toEqual([
      { 'smoothing.alpha': 0.05, 'smoothing.absmax': 'channel' },
      { 'smoothing.alpha': 0.05, 'smoothing.absmax': 'view' },
    ]);
  });

  it('names their JSON Schema in the first line', () => {
    for (const name of ['smoothquant-alpha.yaml', 'absmax-method.yaml'])
      expect(loadShipped(name).yaml).toMatch(/^# yaml-language-server: \$schema=\.\/quantsweep\.schema\.json\n/);
  });
});

it('files of further inputs and of tasks become absolute, and a command starts in the folder of the file', () => {
  const inputs = 'inputs: { imu: { path: imu.npy }, flag: { value: true } }';
  const load = (task: string) =>
    loadText(
      withBase('grid: { smoothing.alpha: 0.5 }\n')
        .replace('path: e.bin', `path: e.bin, ${inputs}`)
        .replace('classification', task),
    ).trials[0]!.settings;
  const { data, task } = load('{ kind: module, path: m.mjs, options: { a: [1] } }');
  expect(data.evaluation.source.inputs).toEqual({
    imu: { path: '/exp/imu.npy', array: null, value: null, per: 'sample' },
    flag: { path: null, array: null, value: true, per: 'sample' },
  });
  expect(task).toEqual({ kind: 'module', path: '/exp/m.mjs', options: { a: [1] }, bootstrap: 400 });
  const command = load("{ kind: command, command: [x, '{predictions}'], metric: mAP }").task;
  expect(command).toMatchObject({ folder: '/exp', command: ['x', '{predictions}'], higherIsBetter: true });
});
