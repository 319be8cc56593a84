import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadText, problemsOf, withBase } from './load-text.js';

function axesOf(text: string): readonly unknown[] {
  return loadText(text)
    .trials.filter(({ role }) => role === 'candidate')
    .map(({ axes }) => Object.values(axes));
}

describe('a block', () => {
  it('is the product of its axes, the first slowest', () => {
    expect(axesOf(withBase('grid: { loss.samples: [8, 16], smoothing.alpha: [0.25, 0.5] }\n'))).toEqual([
      [8, 0.25],
      [8, 0.5],
      [16, 0.25],
      [16, 0.5],
    ]);
  });

  it('takes scalars, lists, ranges, and ranges in lists', () => {
    const text = withBase('grid: { loss.samples: 8, smoothing.alpha: [0.1, { from: 0.2, to: 0.3, step: 0.05 }] }\n');
    expect(axesOf(text)).toEqual([
      [8, 0.1],
      [8, 0.2],
      [8, 0.25],
      [8, 0.3],
    ]);
  });

  it('takes lists of lists, and ranges, for settings that are lists', () => {
    const text = withBase(`grid:
  - smoothing.mode: dynamic
    search.candidates: [[0.25, 0.5], { from: 0.1, to: 0.3, step: 0.1 }]
    layers.exclude: [[], [conv1]]
`);
    const { trials } = loadText(text);
    const settings = trials.filter(({ role }) => role === 'candidate').map((trial) => trial.settings);
    expect(settings.map(({ search, layers }) => [search.candidates, layers.exclude])).toEqual([
      [[0.25, 0.5], []],
      [[0.25, 0.5], ['conv1']],
      [[0.1, 0.2, 0.3], []],
      [[0.1, 0.2, 0.3], ['conv1']],
    ]);
    expect(problemsOf(withBase('grid: { smoothing.alpha: 0.5, layers.exclude: [conv1] }\n'))).toEqual([
      'a.yaml:6:48: layers.exclude: expected a list as each value of the axis (the setting is a list), got "conv1"',
    ]);
  });

  it('means static where it names alpha and no mode', () => {
    const text = withBase('smoothing: { mode: dynamic }\ngrid:\n  - smoothing.alpha: [0.25]\n  - loss.samples: 8\n');
    const { trials } = loadText(text);
    expect(trials.slice(-2).map(({ settings }) => settings.smoothing.mode)).toEqual(['static', 'dynamic']);
  });

  it('makes the task and the format of data axes', () => {
    const text = `model: { path: m.onnx }
data:
  calibration: { format: cifar10, path: c.bin }
  evaluation: { format: npy, path: e.npy, labels: l.npy, groundTruth: g.json }
grid: { task: [classification, centerDetection] }
`;
    const kinds = loadText(text).trials.map(({ role, settings }) => `${role} ${settings.task.kind}`);
    expect(kinds).toHaveLength(6);
    expect(kinds.slice(0, 2)).toEqual(['fp32 classification', 'fp32 centerDetection']);
  });
});

describe('a zip', () => {
  it('moves its axes together, in product with the others', () => {
    const text = withBase(`grid:
  - smoothing.alpha: [0.25, 0.5]
    zip: { quantization.weight.bits: [4, 8], quantization.weight.granularity: [channel, tensor] }
`);
    expect(axesOf(text)).toEqual([
      [0.25, 4, 'channel'],
      [0.25, 8, 'tensor'],
      [0.5, 4, 'channel'],
      [0.5, 8, 'tensor'],
    ]);
  });

  it('comes more than once in a list', () => {
    const text = withBase(`grid:
  - zip:
      - { smoothing.alpha: [0.25, 0.5], loss.samples: [8, 16] }
      - { model.path: [m.onnx, n.onnx], model.input: [x, y] }
`);
    expect(axesOf(text)).toHaveLength(4);
  });

  it('wants lists of one length, and each setting once', () => {
    expect(problemsOf(withBase('grid: { zip: { smoothing.alpha: [0.25, 0.5], loss.samples: [8] } }\n'))).toEqual([
      'a.yaml:6:60: grid.zip.loss.samples: expected as many values as smoothing.alpha has (2), got 1',
    ]);
    expect(problemsOf(withBase('grid: { smoothing.alpha: 0.5, zip: { smoothing.alpha: [0.25] } }\n'))).toEqual([
      'a.yaml:6:38: grid.smoothing.alpha: expected each setting once in a block, got it again',
    ]);
    expect(problemsOf(withBase('grid: { zip: 3 }\n'))).toEqual([
      'a.yaml:6:14: grid.zip: expected a mapping of setting paths to lists, got 3',
    ]);
  });
});

describe('a range in the grid', () => {
  it.each([
    ['{ from: 1, to: 0, step: 0.1 }', 'a.yaml:6:36: smoothing.alpha.to: expected at least "from" (1), got 0'],
    ['{ from: 0, to: 1, step: -0.1 }', 'a.yaml:6:45: smoothing.alpha.step: expected a number above 0, got -0.1'],
    [
      '{ from: 0, to: 1, step: 0.00001 }',
      'a.yaml:6:45: smoothing.alpha.step: expected at most 10000 values, got 100001 values',
    ],
    ['{ from: 0, to: 1 }', 'a.yaml:6:21: smoothing.alpha.step: expected a number, got nothing'],
    [
      '{ from: 0, too: 1, step: 1 }',
      'a.yaml:6:32: smoothing.alpha.too: expected a range {from, to, step}, got the key "too"; did you mean "to"?',
    ],
  ])('%s', (range, expected) => {
    expect(
      problemsOf(withBase(`grid: { smoothing.alpha: ${range} }\n`).replace('grid: { smoothing', 'grid: {smoothing')),
    ).toEqual([expected.replace(/6:(\d+)/, (_, column: string) => `6:${Number(column) + 4}`)]);
  });

  it('is validated like the values it stands for', () => {
    expect(problemsOf(withBase('grid: { loss.samples: { from: 0, to: 2, step: 1 } }\n'))).toEqual([
      'a.yaml:6:23: loss.samples: expected a whole number from 1, got 0',
    ]);
  });

  it('counts against 100,000 trials before they are made', () => {
    const text = withBase(
      'grid: { smoothing.alpha: { from: 0, to: 1, step: 0.001 }, loss.samples: { from: 1, to: 100, step: 1 } }\n',
    );
    expect(problemsOf(text)).toEqual(['a.yaml:6:1: grid: expected at most 100000 trials, got 100100']);
  });
});

describe('exclude', () => {
  const grid = 'grid: { smoothing.alpha: [0.25, 0.5], quantization.weight.bits: [4, 8] }\n';

  it('drops trials that match every entry of a rule', () => {
    const text = withBase(`${grid}exclude:\n  - { smoothing.alpha: 0.25, quantization.weight.bits: [4, 6] }\n`);
    expect(axesOf(text)).toEqual([
      [0.25, 8],
      [0.5, 4],
      [0.5, 8],
    ]);
  });

  it('knows fixed settings and defaults too, but no alpha of a dynamic trial', () => {
    const text = withBase(`grid:
  - smoothing.alpha: [0.25, 0.5]
  - smoothing.mode: dynamic
exclude:
  - { smoothing.alpha: 0.5, quantization.weight.bits: 8 }
`);
    expect(axesOf(text)).toEqual([[0.25, 'static'], ['dynamic']]);
  });

  it('refuses a rule that matches nothing, unless an override can be the reason', () => {
    const text = withBase(`${grid}exclude:\n  - smoothing.alpha: 0.3\n`);
    const expected =
      'a.yaml:8:5: exclude[0]: expected a rule that drops a trial of the grid, got one that matches none';
    expect(problemsOf(text)).toEqual([expected]);
    expect(problemsOf(text, ['smoothing.alpha=0.4'])).toEqual([]);
  });

  it('drops trials by rules for layers, whose defaults need not be written', () => {
    const text = withBase(`grid:
  - smoothing.alpha: 0.5
    layers.rules: [[], [{ match: first, precision: float }], [{ match: last, weightBits: 4 }]]
exclude:
  - layers.rules: [[{ match: first, precision: float }]]
`);
    const rules = loadText(text)
      .trials.filter(({ role }) => role === 'candidate')
      .map(({ settings }) => settings.layers.rules);
    expect(rules).toEqual([[], [{ match: 'last', precision: 'quantized', activationBits: null, weightBits: 4 }]]);
  });

  it('refuses rules that drop all trials, and things that are no rules', () => {
    expect(problemsOf(withBase(`${grid}exclude: [{ smoothing.alpha: [0.25, 0.5] }]\n`))).toEqual([
      'a.yaml:6:1: grid: expected at least one trial, got none: rules of exclude drop all of them',
    ]);
    expect(problemsOf(withBase(`${grid}exclude: [3, { smothing.alpha: 1 }]\n`))).toEqual([
      'a.yaml:7:11: exclude[0]: expected a mapping of setting paths to values, got 3',
      'a.yaml:7:16: exclude[1].smothing.alpha: expected the dotted path of a setting, got "smothing.alpha"; did you mean "smoothing.alpha"?',
    ]);
    expect(problemsOf(withBase(`${grid}exclude: 3\n`))).toEqual([
      'a.yaml:7:10: exclude: expected a list of rules, got 3',
    ]);
  });
});

describe('expansion', () => {
  const values = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 });

  it('has as many trials as the sizes of the axes multiply to, and is deterministic', () => {
    const property = fc.property(values, values, values, (alphas, samples, batches) => {
      const text = withBase(
        `grid: { smoothing.alpha: [${alphas.map((value) => value / 100).join(', ')}], loss.samples: [${samples.join(', ')}], data.calibration.batches: [${batches.join(', ')}] }\n`,
      );
      const { trials } = loadText(text);
      expect(trials).toHaveLength(1 + samples.length * batches.length * (1 + alphas.length));
      expect(loadText(text).trials).toEqual(trials);
    });
    fc.assert(property, { numRuns: 30 });
  });
});
