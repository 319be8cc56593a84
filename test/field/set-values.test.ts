import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadText, problemsOf, withBase } from '../experiment/load-text.js';
import { quantsweep } from '../cli/command-line.js';

const text = withBase('grid: [{ smoothing.alpha: 0.5 }]\n');
const numpy = text
  .replace('format: cifar10, path: e.bin', 'format: npz, path: e.npz, array: x')
  .replace('task: classification', 'task: fidelity');

function settings(...overrides: string[]) {
  return loadText(text, overrides).trials.at(-1)!.settings;
}

/** What YAML reads as something else, or cuts, or trims. */
const texts = [
  'run #2.onnx',
  '#2',
  '007',
  '2026.10',
  '1e3',
  '0x1F',
  '0o17',
  '1_000',
  '.5',
  '.nan',
  '2026-11-30',
  'true',
  'null',
  '~',
  'yes',
  '[a]',
  '[a',
  '{a: b}',
  'a: b',
  'a:',
  ': ',
  ' a ',
  '- a',
  "'a'",
  '"a"',
  '"a',
  '&a b',
  '*a',
  '!!int 7',
  '| ',
  '> a',
  '%a',
  '@a',
  '`a`',
  '? a',
  'a=b',
  'a\tb',
  'a\nb',
  '--- a',
  '...',
];

describe('28: --set takes files and text as typed', () => {
  it.each(texts)('%j', (typed) => {
    expect(settings(`model.input=${typed}`).model.input).toBe(typed);
    expect(settings(`model.path=${typed}`).model.path).toBe(resolve(typed));
    expect(loadText(text, [`question=${typed}`]).question).toBe(typed);
    expect(loadText(text, [`run.database=${typed}`]).run.database).toBe(resolve(typed));
    const { source } = loadText(numpy, [`data.evaluation.array=${typed}`]).trials.at(-1)!.settings.data.evaluation;
    expect(source).toMatchObject({ array: typed });
  });

  it('takes a name that looks like a number, and refuses one that is none', () => {
    expect(['2026.10', '007', '1e3', 'true'].map((name) => loadText(text, [`name=${name}`]).name)).toEqual([
      '2026.10',
      '007',
      '1e3',
      'true',
    ]);
    expect(problemsOf(text, ['name="a"'])[0]).toMatch(/expected a name of letters.*got "\\"a\\""$/);
  });

  it('takes the items of a list of texts as they are', () => {
    const { layers } = settings('layers.exclude=[007, 1e3, 2026.10, true, ~, "a #b", c#d]');
    expect(layers.exclude).toEqual(['007', '1e3', '2026.10', 'true', '~', 'a #b', 'c#d']);
    const trials = loadText(text, ['layers.exclude=[[007], [1.0]]']).trials;
    expect(new Set(trials.map((trial) => trial.settings.layers.exclude.join()))).toEqual(new Set(['007', '1.0']));
  });

  it('refuses a comment, which would hide the end of a value', () => {
    expect(problemsOf(text, ['layers.exclude=[/a/*] #2'])).toEqual([
      '--set layers.exclude=[/a/*] #2: layers.exclude: expected a value without a comment, got "#2"; put text with # in quotes',
    ]);
    expect(problemsOf(text, ['loss.samples=8 #16'])).toHaveLength(1);
    expect(problemsOf(text, ['layers.rules=[{match: a #b, weightBits: 4}]'])).toHaveLength(1);
  });

  it('reads YAML where := asks for it', () => {
    const trials = loadText(text, ['model.path:=[a.onnx, b.onnx]']).trials;
    expect(new Set(trials.map((trial) => trial.settings.model.path))).toEqual(
      new Set([resolve('a.onnx'), resolve('b.onnx')]),
    );
    expect(settings('model.input:="a #b"').model.input).toBe('a #b');
    expect(settings('model.input:=null').model.input).toBeNull();
    expect(settings('smoothing.alpha:=0.25').smoothing.alpha).toBe(0.25);
  });

  it('means null by an empty value where the setting may be null, and refuses it elsewhere', () => {
    expect(settings('model.input=').model.input).toBeNull();
    expect(problemsOf(text, ['model.path='])).toEqual([
      '--set model.path=: model.path: expected the path of an ONNX model, got ""',
    ]);
  });

  it('takes a mapping of inputs as one value, with its names, and its files from the current folder', () => {
    const { source } = settings('data.evaluation.inputs={007: {path: "m #1.npy"}, 1.0: {value: 3}}').data.evaluation;
    expect(source.inputs).toMatchObject({ '007': { path: resolve('m #1.npy') }, '1.0': { value: 3 } });
    const [problem] = problemsOf(text, ['data.evaluation.inputs={mask: {pth: m.npy}}']);
    expect(problem).toMatch(/expected a key of data\.evaluation\.inputs\.mask .*got "pth"; did you mean "path"\?$/);
  });
});

describe('28: text in the file that YAML reads as something else', () => {
  it('is refused with what to do', () => {
    expect(problemsOf(`name: 2026.10\n${text}`)[0]).toMatch(
      /^a\.yaml:1:7: name: .*got 2026\.1, which YAML reads as a number; put text in quotes$/,
    );
  });
});

describe('28: the case of the field', () => {
  const folder = fileURLToPath(new URL('../../../shared/cases/H_set_hash', import.meta.url));
  it.skipIf(!existsSync(folder))('plans the file that was named', async () => {
    const named = await quantsweep(folder, 'plan', 's.yaml', '--set', 'model.path=run #2.onnx');
    expect(named.stderr).toBe('');
    expect(named.code).toBe(0);
    const missing = await quantsweep(folder, 'plan', 's.yaml', '--set', 'model.path=run #3.onnx');
    expect(missing.stderr).toContain('run #3.onnx');
    expect(missing.code).toBe(2);
  });
});
