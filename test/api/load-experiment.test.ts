import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { temporaryFolder } from '../cli/command-line.js';

const source = {
  version: 1,
  name: 'one',
  model: { path: 'm.onnx' },
  data: {
    calibration: { format: 'npy', path: 'c.npy' },
    evaluation: { format: 'npy', path: 'e.npy', labels: 'l.npy' },
  },
  task: 'classification',
  grid: { 'smoothing.alpha': { from: 0.1, to: 0.3, step: 0.1 } },
};

const settingsOf = (...args: Parameters<typeof loadExperiment>): unknown =>
  loadExperiment(...args).trials.map(({ role, settings, axes }) => ({ role, settings, axes }));

describe('loadExperiment', () => {
  it('makes of an object what it makes of a file with the same text', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'one.yaml');
    writeFileSync(path, JSON.stringify(source));
    expect(settingsOf(source, { folder })).toEqual(settingsOf(path));
    expect(loadExperiment(source, { folder }).path).toBe(path);
  });

  it('takes paths of an object from the folder that is given, else from the current one', () => {
    expect(loadExperiment(source).trials[0]!.settings.model.path).toBe(resolve('m.onnx'));
    expect(loadExperiment(source, { folder: '/models' }).trials[0]!.settings.model.path).toBe(
      resolve('/models/m.onnx'),
    );
  });

  it('overrides settings and the database as --set and --db do', () => {
    const { run, trials } = loadExperiment(source, { set: ['search.samples=9'], database: 'x y #1.db' });
    expect(run.database).toBe(resolve('x y #1.db'));
    expect(trials[0]!.settings.search.samples).toBe(9);
  });

  it('tells the problems of an object by their settings, without lines of a file that there is not', () => {
    expect(() => loadExperiment({ ...source, grid: { 'smoothing.alpha': [3] } })).toThrow(
      /^experiment: smoothing\.alpha: expected a number from 0 to 1, got 3$/,
    );
  });

  it.each([
    ['a function', () => 1, 'a function'],
    ['a bigint', 1n, 'a bigint'],
    ['NaN', NaN, 'NaN'],
    ['a date', new Date(0), 'a Date'],
  ])('refuses %s, which would be lost', (_, value, words) => {
    expect(() => loadExperiment({ ...source, search: { candidates: [0.5, value] } })).toThrow(
      `experiment: search.candidates[1]: expected plain data, got ${words}`,
    );
  });

  it('refuses an object that contains itself', () => {
    const data: Record<string, unknown> = { ...source.data };
    data['again'] = data;
    expect(() => loadExperiment({ ...source, data })).toThrow(
      'experiment: data.again: expected plain data, got an object',
    );
  });
});
