import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadText, problemsOf, withBase } from './load-text.js';

const two = withBase(`grid:
  - smoothing.alpha: [0.25, 0.5]
    data.calibration.batches: [10, 20]
  - smoothing.mode: dynamic
`);

function candidates(text: string, overrides: readonly string[]) {
  return loadText(text, overrides)
    .trials.filter(({ role }) => role === 'candidate')
    .map(({ settings }) => settings);
}

describe('--set', () => {
  it('sets a fixed setting', () => {
    expect(candidates(two, ['loss.samples=32']).every(({ loss }) => loss.samples === 32)).toBe(true);
  });

  it('replaces an axis by one value', () => {
    const trials = candidates(two, ['smoothing.alpha=0.75']);
    expect(trials.map(({ smoothing }) => smoothing.alpha)).toEqual([0.75, 0.75, 0.75]);
    expect(trials).toHaveLength(3);
  });

  it('replaces an axis by a range, and gives no alpha axis to a dynamic block', () => {
    const trials = candidates(two, ['smoothing.alpha={from: 0.1, to: 0.3, step: 0.1}']);
    expect(trials.map(({ smoothing }) => `${smoothing.mode} ${smoothing.alpha}`)).toEqual([
      'static 0.1',
      'static 0.1',
      'static 0.2',
      'static 0.2',
      'static 0.3',
      'static 0.3',
      'dynamic 0.5',
    ]);
  });

  it('adds an axis to every block that has none, and replaces it elsewhere', () => {
    const trials = candidates(two, ['data.calibration.batches=[1, 2, 3]']);
    expect(trials.map(({ data }) => data.calibration.batches)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  it('takes a column out of a zip', () => {
    const zipped = withBase('grid: { zip: { smoothing.alpha: [0.25, 0.5], loss.samples: [8, 16] } }\n');
    const trials = candidates(zipped, ['smoothing.alpha=0.75']);
    expect(trials.map(({ smoothing, loss }) => [smoothing.alpha, loss.samples])).toEqual([
      [0.75, 8],
      [0.75, 16],
    ]);
  });

  it('takes a flat list as the one value of a list setting', () => {
    expect(candidates(two, ['loss.modes=[isolated]'])[0]!.loss.modes).toEqual(['isolated']);
  });

  it('takes a list of mappings as the one value of a list setting, a list of such lists as an axis', () => {
    const last = { match: 'last', precision: 'quantized', activationBits: null, weightBits: 4 };
    const one = candidates(two, ['layers.rules=[{match: last, weightBits: 4}]']);
    expect(one.map(({ layers }) => layers.rules)).toEqual([[last], [last], [last], [last], [last]]);
    const several = candidates(two, ['layers.rules=[[], [{match: last, weightBits: 4}]]', 'smoothing.alpha=0.5']);
    expect(several.slice(0, 2).map(({ layers }) => layers.rules)).toEqual([[], [last]]);
    expect(problemsOf(two, ['layers.rules=[{match: last, weightBits: 1}]'])).toEqual([
      '--set layers.rules=[{match: last, weightBits: 1}]: layers.rules[0].weightBits: expected 2 to 8, or 16, got 1',
    ]);
  });

  it('takes the task by its word', () => {
    const bev = two.replace('format: cifar10, path: e.bin', 'format: module, path: scenes.mjs');
    expect(candidates(bev, ['task=centerDetection'])[0]!.task.kind).toBe('centerDetection');
  });

  it('resolves paths against the current folder, those of the file against the file', () => {
    const { trials, run } = loadText(two, ['model.path=x/n.onnx', 'run.database=out.db']);
    expect(trials[0]!.settings.model.path).toBe(resolve('x/n.onnx'));
    expect(trials[0]!.settings.data.evaluation.source).toMatchObject({ path: '/exp/e.bin' });
    expect(run.database).toBe(resolve('out.db'));
  });

  it('takes text as typed where YAML would read something else', () => {
    const { name, question } = loadText(two, ['name=2024', 'question=Is it: #1?']);
    expect([name, question]).toEqual(['2024', 'Is it: #1?']);
    expect(candidates(two, ['model.input=1'])[0]!.model.input).toBe('1');
  });

  it('sets run settings and baselines', () => {
    const { run, trials } = loadText(two, ['run.slots=2', 'run.provider=cpu', 'baselines=[fp32]']);
    expect([run.slots, run.provider]).toEqual([2, 'cpu']);
    expect(trials.filter(({ role }) => role === 'unsmoothed')).toEqual([]);
  });

  it('lets the last of several for one path count', () => {
    expect(candidates(two, ['loss.samples=8', 'loss.samples=16'])[0]!.loss.samples).toBe(16);
  });

  it('names the option, not the file, in errors, and the nearest path', () => {
    expect(problemsOf(two, ['smoothing.alpha=1.5'])).toEqual([
      '--set smoothing.alpha=1.5: smoothing.alpha: expected a number from 0 to 1, got 1.5',
    ]);
    expect(
      problemsOf(two, ['smoothing.alhpa=0.5', 'alpha=1', 'smoothing=1', 'x', 'run.slots=a', 'loss.samples=[1,']),
    ).toEqual([
      '--set smoothing.alhpa=0.5: smoothing.alhpa: expected the dotted path of a setting, got "smoothing.alhpa"; did you mean "smoothing.alpha"?',
      '--set alpha=1: alpha: expected the dotted path of a setting, got "alpha"; did you mean "smoothing.alpha"?',
      '--set smoothing=1: smoothing: expected the dotted path of a setting, got "smoothing" (set one of its settings, e.g. "smoothing.mode")',
      '--set x: expected path=value, such as smoothing.alpha=0.5, got "x"',
      '--set loss.samples=[1,: expected one YAML document, got an error: Flow sequence must end with a ]',
      '--set run.slots=a: run.slots: expected a whole number from 1, got "a"',
    ]);
  });

  it('does not pass over a mode that contradicts an alpha axis', () => {
    expect(problemsOf(two, ['smoothing.mode=dynamic'])).toEqual([
      'a.yaml:7:5: smoothing.alpha: expected no alpha beside smoothing.mode dynamic, which searches alpha in search.candidates: put it in a block of its own',
    ]);
  });
});
