import { describe, expect, it } from 'vitest';
import { base, problemsOf, withBase } from './load-text.js';

const grid = 'grid: { smoothing.alpha: 0.5 }\n';

describe('YAML errors name the place', () => {
  it.each([
    [
      'a key twice',
      `${base}${grid}task: classification\n`,
      'a.yaml:7:1: task: expected each key once, got "task" again',
    ],
    [
      'a tab',
      'model:\n\tpath: m.onnx\n',
      'a.yaml:2:1: expected one YAML document, got an error: Tabs are not allowed as indentation',
    ],
    [
      'an open quote',
      'model: { path: "m.onnx\n',
      'a.yaml:2:1: expected one YAML document, got an error: Missing closing "quote',
    ],
    [
      'an unknown tag',
      `${base}grid: !range 1\n`,
      'a.yaml:6:7: expected one YAML document, got an error: Unresolved tag: !range',
    ],
    [
      'two documents',
      'a: 1\n---\nb: 1\n',
      'a.yaml:2:1: expected one YAML document, got an error: Source contains multiple documents',
    ],
    ['a merge key', withBase(`${grid}<<: { name: x }\n`), 'a.yaml:7:1: <<: expected one of version, name,'],
    [
      'YAML 1.1',
      '%YAML 1.1\n---\nname: yes\n',
      'a.yaml:1:1: expected YAML 1.2, got a %YAML directive for another version',
    ],
    ['a list as key', '? [a]\n: b\n', 'a.yaml:1:3: expected text as a key, got a list, a mapping or an alias'],
    ['an alias of nothing', 'model: *m\n', 'a.yaml:1:8: model: expected an alias of an anchor above it, got *m'],
    [
      'an alias of itself',
      'model: &m { path: *m }\n',
      'a.yaml:1:19: model.path: expected an alias of a value outside it, got *m',
    ],
    [
      'text only',
      'hello\n',
      'a.yaml:1:1: expected an experiment (a mapping with model, data, task, grid), got "hello"',
    ],
    ['nothing', '', 'a.yaml:1:1: expected an experiment (a mapping with model, data, task, grid), got null'],
  ])('%s', (_, text, expected) => {
    const [first] = problemsOf(text);
    expect(first).toContain(expected);
  });

  it('limits the size of the file', () => {
    expect(problemsOf(`${base}${grid}#${'x'.repeat(1_000_000)}`)[0]).toMatch(
      /^a.yaml:1:1: expected an experiment file of at most 1000000 bytes, got 1000\d+$/,
    );
  });

  it('limits what aliases grow to', () => {
    const list = (inner: string): string => `[${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    const levels = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (name, index, all) => `${name}: &${name} ${list(index === 0 ? '1' : `*${all[index - 1]!}`)}\n`,
    );
    expect(problemsOf(levels.join(''))[0]).toMatch(/expected at most 1000 aliases, got more$/);
  });

  it('limits nesting', () => {
    expect(problemsOf(`model: ${'['.repeat(50)}${']'.repeat(50)}\n`)[0]).toMatch(
      /^a.yaml:1:\d+: expected at most 32 levels of nesting, got more$/,
    );
    expect(problemsOf(`model: ${'['.repeat(100_000)}\n`)[0]).toMatch(
      /^a.yaml:1:40: expected at most 32 levels of nesting, got more$/,
    );
  });
});

describe('unknown names', () => {
  it('points at the key and names the nearest', () => {
    expect(problemsOf(withBase(`smoothing: { alhpa: 0.5 }\n${grid}`))).toEqual([
      'a.yaml:6:14: smoothing.alhpa: expected a key of smoothing (mode, alpha, absmax, apply), got "alhpa"; did you mean "alpha"?',
    ]);
  });

  it('knows the keys of the format that the data has', () => {
    const text = `${base}${grid}`.replace('format: cifar10, path: c.bin', 'format: npy, path: c.npy, lables: l.npy');
    expect(problemsOf(text)).toEqual([
      'a.yaml:3:44: data.calibration.lables: expected a key of data.calibration (format, path, labels, groundTruth, inputs, batchSize, batches, sampleSeed), got "lables"; did you mean "labels"?',
    ]);
  });

  it('at the top level', () => {
    expect(problemsOf(withBase(`gird: 1\n${grid}`))[0]).toMatch(
      /^a.yaml:6:1: gird: expected one of version, .*, got "gird"; did you mean "grid"\?$/,
    );
  });

  it('has no suggestion where none is near', () => {
    expect(problemsOf(withBase(`zzzzzz: 1\n${grid}`))[0]).toMatch(/got "zzzzzz"$/);
  });

  it('formats and enumerations', () => {
    const text = `${base}quantization: { weight: { granularity: chanel } }\n${grid}`.replace(
      'format: cifar10, path: c',
      'format: cifar, path: c',
    );
    expect(problemsOf(text)).toEqual([
      'a.yaml:3:26: data.calibration.format: expected "cifar10", "npy", "npz", "idx", "npyFolder", "imageFolder", "wavFolder", "synthetic" or "module", got "cifar"; did you mean "cifar10"?',
      'a.yaml:6:40: quantization.weight.granularity: expected "channel" or "tensor", got "chanel"; did you mean "channel"?',
    ]);
  });

  it('the task, by its word', () => {
    expect(problemsOf(`${base}${grid}`.replace('classification', 'clasification'))).toEqual([
      'a.yaml:5:7: task.kind: expected "classification", "centerDetection", "detection", "fidelity", "keypoints", "segmentation", "restoration", "sequence", "embedding", "module" or "command", got "clasification"; did you mean "classification"?',
    ]);
  });

  it('axis paths', () => {
    expect(
      problemsOf(withBase('grid:\n  - { smoothing.alfa: 0.5 }\n  - { alpha: 0.5 }\n  - { smoothing: 0.5 }\n')),
    ).toEqual([
      'a.yaml:7:7: grid[0].smoothing.alfa: expected the dotted path of a setting, got "smoothing.alfa"; did you mean "smoothing.alpha"?',
      'a.yaml:8:7: grid[1].alpha: expected the dotted path of a setting, got "alpha"; did you mean "smoothing.alpha"?',
      'a.yaml:9:7: grid[2].smoothing: expected the dotted path of a setting, got "smoothing" (write e.g. "smoothing.mode")',
    ]);
  });
});

describe('bad values point at the value', () => {
  it.each([
    ['smoothing: { alpha: 1.5 }', 'a.yaml:6:21: smoothing.alpha: expected a number from 0 to 1, got 1.5'],
    [
      'smoothing: { alpha: high }',
      'a.yaml:6:21: smoothing.alpha: expected a number from 0 to 1, or "auto", got "high"',
    ],
    ['smoothing: { alpha: .nan }', 'a.yaml:6:21: smoothing.alpha: expected a number from 0 to 1, or "auto", got NaN'],
    ['smoothing: 3', 'a.yaml:6:12: smoothing: expected a mapping with mode, alpha, absmax, apply, got 3'],
    ['quantization: { weight: { bits: 9 } }', 'a.yaml:6:33: quantization.weight.bits: expected 2 to 8, or 16, got 9'],
    [
      'quantization: { activation: { bits: 4.5 } }',
      'a.yaml:6:37: quantization.activation.bits: expected 2 to 8, or 16, got 4.5',
    ],
    [
      'search: { candidates: [0.2, 0.1] }',
      'a.yaml:6:23: search.candidates: expected ascending numbers from 0 to 1, none twice, got a list of 2',
    ],
    ['search: { candidates: [0.2, 1.2] }', 'a.yaml:6:29: search.candidates[1]: expected a number from 0 to 1, got 1.2'],
    [
      'search: { candidates: [] }',
      'a.yaml:6:23: search.candidates: expected ascending numbers from 0 to 1, none twice, got an empty list',
    ],
    [
      'search: { candidates: { from: 0, to: 1, step: 0 } }',
      'a.yaml:6:47: search.candidates.step: expected a number above 0, got 0',
    ],
    [
      'layers: { ops: [Convolution] }',
      'a.yaml:6:17: layers.ops[0]: expected "Conv", "ConvTranspose", "Gemm" or "MatMul", got "Convolution"',
    ],
    ['layers: { include: conv1 }', 'a.yaml:6:20: layers.include: expected a list of globs, got "conv1"'],
    ['loss: { samples: 0 }', 'a.yaml:6:18: loss.samples: expected a whole number from 1, got 0'],
    ['loss: { modes: [isolated, isolated] }', 'a.yaml:6:16: loss.modes: expected each mode once, got a list of 2'],
    ['gate: { tolerance: 0 }', 'a.yaml:6:20: gate.tolerance: expected a number above 0, got 0'],
    ['run: { retries: -1 }', 'a.yaml:6:17: run.retries: expected a whole number from 0, got -1'],
    ['version: 2', 'a.yaml:6:10: version: expected 1, got 2'],
    [
      'name: a/b',
      'a.yaml:6:7: name: expected a name of letters, digits, spaces, dots, dashes and underscores, at most 100, got "a/b"',
    ],
    [
      'baselines: [fp23]',
      'a.yaml:6:13: baselines[0]: expected "fp32" or "unsmoothed", got "fp23"; did you mean "fp32"?',
    ],
  ])('%s', (line, expected) => {
    const [first, ...others] = problemsOf(withBase(`${line}\n${grid}`));
    expect(first).toContain(expected);
    expect(others).toEqual([]);
  });

  it.each([
    ['batches: 0', 'a.yaml:3:55: data.calibration.batches: expected a whole number from 1, got 0'],
    ['batches: 1.5', 'a.yaml:3:55: data.calibration.batches: expected a whole number from 1, got 1.5'],
  ])('calibration %s', (field, expected) => {
    const text = `${base}${grid}`.replace('path: c.bin', `path: c.b, ${field}`);
    expect(problemsOf(text)).toEqual([expected]);
  });

  it.each([
    ['std: [1, 0, 1]', 'a.yaml:5:26: data.preprocess.std[1]: expected a number other than 0, got 0'],
    [
      'mean: [1, 2], std: [1, 2, 3]',
      'a.yaml:5:36: data.preprocess.std: expected as many numbers as mean has (2), got a list of 3',
    ],
  ])('preprocess %s', (fields, expected) => {
    const text = `${base}${grid}`.replace('task:', `  preprocess: { ${fields} }\ntask:`);
    expect(problemsOf(text)).toEqual([expected]);
  });

  it('of an axis, at the value of the axis', () => {
    expect(problemsOf(withBase('grid:\n  - smoothing.alpha: [0.5, 1.5]\n    loss.samples: [8, 16]\n'))).toEqual([
      'a.yaml:7:28: smoothing.alpha: expected a number from 0 to 1, got 1.5',
    ]);
  });
});

describe('what is missing points at the mapping around it', () => {
  it('a required setting', () => {
    expect(problemsOf(`${base}${grid}`.replace('{ path: m.onnx }', '{ input: x }'))).toEqual([
      'a.yaml:1:8: model.path: expected the path of an ONNX model, got nothing',
    ]);
  });

  it('required sections', () => {
    expect(problemsOf('name: x\ngrid: { smoothing.alpha: 0.5 }\n')).toEqual([
      'a.yaml:1:1: model: expected a mapping with path, input, output, outputs, got nothing',
      'a.yaml:1:1: data: expected a mapping with calibration, evaluation, preprocess, got nothing',
      'a.yaml:1:1: task: expected a mapping with kind, got nothing',
    ]);
  });

  it('the grid, with what to do', () => {
    const advice = 'add a block such as "- smoothing.alpha: [0.25, 0.5, 0.75]"';
    expect(problemsOf(base)).toEqual([`a.yaml:1:1: grid: expected at least one block, got nothing: ${advice}`]);
    expect(problemsOf(withBase('grid: []\n'))).toEqual([
      `a.yaml:6:7: grid: expected at least one block, got an empty list: ${advice}`,
    ]);
    expect(problemsOf(withBase('grid:\n'))).toEqual([
      `a.yaml:6:6: grid: expected at least one block, got nothing: ${advice}`,
    ]);
  });

  it('an axis without values, a block without axes', () => {
    expect(problemsOf(withBase('grid:\n  - { smoothing.alpha: [] }\n  - {}\n  - 3\n'))).toEqual([
      'a.yaml:7:24: smoothing.alpha: expected at least one value, got an empty list',
      'a.yaml:8:5: grid[1]: expected a mapping of setting paths to values, such as "smoothing.alpha: [0.25, 0.5]", got an empty mapping',
      'a.yaml:9:5: grid[2]: expected a mapping of setting paths to values, such as "smoothing.alpha: [0.25, 0.5]", got 3',
    ]);
  });
});

describe('a format that is no more', () => {
  it('says what to write instead', () => {
    const text = `${base}${grid}`.replace(
      '{ format: cifar10, path: e.bin }',
      '{ format: bevScenes, seed: 1, scenes: 2 }',
    );
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        /^a\.yaml:4:25: data\.evaluation\.format: expected "cifar10", .* or "module", got "bevScenes"\. The demo's scenes are a dataset module now: write format: module, path: demo\/scenes\/dataset\.mjs .* give --allow-code$/,
      ),
    ]);
  });
});

describe('settings that contradict each other', () => {
  const evaluate = (evaluation: string, task: string): readonly string[] =>
    problemsOf(
      `${base}${grid}`.replace('{ format: cifar10, path: e.bin }', evaluation).replace('classification', task),
    );

  it.each([
    [
      '{ format: npy, path: e.npy }',
      'classification',
      'a.yaml:4:15: data.evaluation.labels: expected the path of a .npy file of class labels, that task classification is scored by, got null or nothing',
    ],
    [
      '{ format: npz, path: e.npz, array: x }',
      'classification',
      'a.yaml:4:15: data.evaluation.labelsArray: expected the name of the array of class labels, that task classification is scored by, got null or nothing',
    ],
    [
      '{ format: idx, path: e.idx }',
      'classification',
      'a.yaml:4:15: data.evaluation.labels: expected the path of an IDX file of class labels, that task classification is scored by, got null or nothing',
    ],
    [
      '{ format: synthetic, shape: [3, 4, 4], seed: 1, count: 2 }',
      'classification',
      'a.yaml:4:25: data.evaluation.format: expected a format with class labels, that task classification is scored by, got "synthetic"',
    ],
    [
      '{ format: imageFolder, path: e }',
      'centerDetection',
      'a.yaml:4:25: data.evaluation.format: expected a format with ground truth, that task centerDetection is scored by, got "imageFolder"',
    ],
    [
      '{ format: cifar10, path: e.bin }',
      'centerDetection',
      'a.yaml:4:25: data.evaluation.format: expected a format with ground truth, that task centerDetection is scored by, got "cifar10"',
    ],
    [
      '{ format: npy, path: e.npy, groundTruth: null }',
      'centerDetection',
      'a.yaml:4:56: data.evaluation.groundTruth: expected the path of a JSON file of ground truth, that task centerDetection is scored by, got null or nothing',
    ],
  ])('%s with task %s', (evaluation, task, expected) => {
    expect(evaluate(evaluation, task)).toEqual([expected]);
  });

  it('what is wrong in a rule for layers, where it stands', () => {
    const grid = 'grid: { smoothing.alpha: 0.5 }\n';
    const problems = (rules: string): readonly string[] => problemsOf(withBase(`layers: { rules: ${rules} }\n${grid}`));
    expect(problems('[{ match: first, precisoin: float }]')).toEqual([
      'a.yaml:6:35: layers.rules[0].precisoin: expected a key of layers.rules[0] (match, precision, activationBits, weightBits), got "precisoin"; did you mean "precision"?',
    ]);
    expect(problems('[{ match: first }, { weightBits: 9 }]')).toEqual([
      'a.yaml:6:37: layers.rules[1].match: expected first, last or a glob of layer names, got nothing',
      'a.yaml:6:51: layers.rules[1].weightBits: expected 2 to 8, or 16, got 9',
    ]);
    expect(problems('[{ match: first, precision: float, weightBits: 4 }]')).toEqual([
      'a.yaml:6:65: layers.rules[0].weightBits: expected no bits beside precision float, got 4',
    ]);
    expect(problems('[first]')).toEqual([
      'a.yaml:6:19: layers.rules[0]: expected a mapping with match, precision, activationBits, weightBits, got "first"',
    ]);
  });

  it('an axis of rules for layers that is no list of lists', () => {
    expect(
      problemsOf(withBase('grid:\n  - smoothing.alpha: 0.5\n    layers.rules: [{ match: first, precision: float }]\n')),
    ).toEqual([
      'a.yaml:8:20: layers.rules: expected a list as each value of the axis (the setting is a list), got a mapping',
    ]);
    expect(
      problemsOf(
        withBase(
          'grid:\n  - smoothing.alpha: 0.5\n    layers.rules:\n      - []\n      - [{ match: a, weightBits: 1 }]\n',
        ),
      ),
    ).toEqual(['a.yaml:10:34: layers.rules[0].weightBits: expected 2 to 8, or 16, got 1']);
  });

  it('an asymmetric range by a calibrator of symmetric ones', () => {
    const quantization = 'quantization: { activation: { scheme: asymmetric, calibrator: mse } }\n';
    expect(problemsOf(withBase(`${quantization}grid: { smoothing.alpha: 0.5 }\n`))).toEqual([
      'a.yaml:6:63: quantization.activation.calibrator: expected max or percentile beside scheme asymmetric (mse is defined on symmetric ranges), got "mse"',
    ]);
  });

  it.each(['fidelity', 'centerDetection'])('of stopping early beside a task without right and wrong: %s', (task) => {
    const evaluation = 'format: npy, path: e.npy, groundTruth: g.json, stop: { confidence: 0.999 }';
    const text = base.replace('format: cifar10, path: e.bin', evaluation).replace('classification', task);
    expect(problemsOf(`${text}${grid}`)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^a\\.yaml:4:\\d+: data\\.evaluation\\.stop\\.confidence: expected null beside task ${task}, whose metric does not say of each sample whether it is right, got 0\\.999$`,
        ),
      ),
    ]);
    expect(problemsOf(`${text.replace('0.999', 'null')}${grid}`)).toEqual([]);
  });

  it.each(['1', '0.4', 'true'])('of a confidence of %s', (confidence) => {
    const text = base.replace('path: e.bin', `path: e.bin, stop: { confidence: ${confidence} }`);
    expect(problemsOf(`${text}${grid}`)).toEqual([
      expect.stringContaining(
        `data.evaluation.stop.confidence: expected a number from 0.5, below 1, or null, got ${confidence}`,
      ),
    ]);
  });

  it('layers kept in float by rank beside what rules that out', () => {
    const problems = (lines: string): readonly string[] => problemsOf(withBase(`layers: { keepFloat: 2 }\n${lines}`));
    expect(problems('grid: { smoothing.mode: dynamic }\n')).toEqual([
      'a.yaml:6:22: layers.keepFloat: expected 0 beside smoothing.mode dynamic, whose alphas are searched with every layer quantized, got 2',
    ]);
    expect(problems('grid: { smoothing.alpha: auto }\n')[0]).toContain('expected 0 beside smoothing.alpha auto');
    expect(problems('grid: { layers.sensitivity: only }\n')[0]).toContain('expected 0 beside layers.sensitivity only');
  });

  it('layers kept in float by speed on a target that is not run here', () => {
    const problems = (lines: string): readonly string[] =>
      problemsOf(withBase(`${lines}grid: { smoothing.alpha: 0.5 }\n`));
    expect(problems('layers: { keepFloat: slower }\n')[0]).toContain(
      'layers.keepFloat: expected target onnxruntime-cpu beside slower, got target layers-only',
    );
    expect(problems('target: tensorrt\nlayers: { keepFloat: slower }\n')[0]).toContain('got target tensorrt');
    expect(problems('target: onnxruntime-cpu\nlayers: { keepFloat: slower, keepFloatBatch: 8 }\n')).toEqual([]);
    expect(problems('target: onnxruntime-cpu\nlayers: { keepFloat: slower, keepFloatBatch: 0 }\n')[0]).toContain(
      'layers.keepFloatBatch: expected a whole number from 1, got 0',
    );
  });

  it('an alpha axis beside a mode that has no alpha', () => {
    expect(problemsOf(withBase('grid:\n  - smoothing.mode: [static, dynamic]\n    smoothing.alpha: [0.5]\n'))).toEqual([
      'a.yaml:8:5: smoothing.alpha: expected no alpha beside smoothing.mode dynamic, which searches alpha in search.candidates: put it in a block of its own',
    ]);
    expect(problemsOf(withBase('grid: { smoothing.mode: none, smoothing.alpha: 0.5 }\n'))).toEqual([
      'a.yaml:6:31: smoothing.alpha: expected no alpha beside smoothing.mode none, which has no alpha: put it in a block of its own',
    ]);
    expect(problemsOf(withBase('grid: { smoothing.mode: cle, smoothing.alpha: 0.5 }\n'))).toEqual([
      'a.yaml:6:30: smoothing.alpha: expected no alpha beside smoothing.mode cle, which equalizes weights without one: put it in a block of its own',
    ]);
  });
});

describe('values of the formats and tasks', () => {
  const problems = (evaluation: string, task = 'fidelity'): readonly string[] =>
    problemsOf(
      `${base}${grid}`.replace('{ format: cifar10, path: e.bin }', evaluation).replace('classification', task),
    ).map((line) => line.replace(/^a\.yaml:\d+:\d+: /, ''));

  it.each([
    [
      '{ format: imageFolder, path: e, resize: [8, 8, 8] }',
      'data.evaluation.resize: expected a whole number from 1, [height, width] or model, got a list of 3',
    ],
    ['{ format: imageFolder, path: e, channels: 2 }', 'data.evaluation.channels: expected 1 or 3, got 2'],
    [
      '{ format: synthetic, shape: [3], seed: 1, count: 2, channelScales: { a: 2 } }',
      'data.evaluation.channelScales: expected a list with a factor above 0 for each channel, or a mapping of channel to factor, got a mapping',
    ],
    [
      '{ format: module, path: e.mjs, options: { a: .nan } }',
      'data.evaluation.options: expected a mapping with finite numbers, text, true, false, null, lists and mappings, got a mapping',
    ],
    [
      '{ format: cifar10, path: e.bin, inputs: { imu: { path: a.npy, value: 1 } } }',
      'data.evaluation.inputs.imu: expected either path or value, got a mapping',
    ],
  ])('%s', (evaluation, expected) => {
    expect(problems(evaluation)).toEqual([expected]);
  });

  it('a command without the place of the predictions, and a name that is none', () => {
    const data = '{ format: cifar10, path: e.bin }';
    expect(problems(data, '{ kind: command, command: [python3, eval.py], metric: "m A P" }')).toEqual([
      'task.command: expected a command with {predictions} or {folder} among its arguments, got a list of 2',
      'task.metric: expected a name of letters, digits, dots, dashes, underscores, that begins with a letter, got "m A P"',
    ]);
  });
});

it('tells all problems at once, from top to bottom', () => {
  const text = withBase('loss: { samples: -1 }\ngrid:\n  - smoothing.alpha: 2\n    foo: 1\n')
    .replace('m.onnx', '3')
    .replace('path: 3', 'pth: 3');
  expect(problemsOf(text).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
    'a.yaml:1:8 model.path',
    'a.yaml:1:10 model.pth',
    'a.yaml:6:18 loss.samples',
    'a.yaml:8:22 smoothing.alpha',
    'a.yaml:9:5 grid[0].foo',
  ]);
});
