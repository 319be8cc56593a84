import { describe, expect, it } from 'vitest';
import { expandSensitivity } from '../../src/plan/expand-sensitivity.js';
import { planSweep } from '../../src/plan/plan-sweep.js';
import { loadText, withBase } from '../experiment/load-text.js';
import { context } from './plan-text.js';

const layers = ['first', 'conv*', 'last'];
const grid = (lines: string): string => withBase(`grid:\n  - smoothing.alpha: 0.5\n${lines}`);
const expand = (text: string) => expandSensitivity(loadText(text), () => layers);

describe('expandSensitivity', () => {
  it('makes a trial of every layer and mode, with the layer as an axis', () => {
    const { trials, axisPaths } = expand(grid('  - smoothing.alpha: 0.5\n    layers.sensitivity: [only, allBut]\n'));
    const own = trials.filter((trial) => trial.role === 'sensitivity');
    expect(own.map(({ settings }) => [settings.layers.sensitivity, settings.layers.focus])).toEqual([
      ['only', 'first'],
      ['only', 'conv*'],
      ['only', 'last'],
      ['allBut', 'first'],
      ['allBut', 'conv*'],
      ['allBut', 'last'],
    ]);
    expect(own[1]!.axes).toMatchObject({ 'layers.focus': 'conv*', 'layers.sensitivity': 'only' });
    expect(axisPaths).toContain('layers.focus');
    expect(trials.map(({ role }) => role).slice(0, 3)).toEqual(['fp32', 'unsmoothed', 'candidate']);
  });

  it('leaves a sweep without such trials as it is', () => {
    const experiment = loadText(grid(''));
    expect(expandSensitivity(experiment, () => layers)).toBe(experiment);
  });

  it('labels each by its layer, gives none an unsmoothed twin, and shares the stages of the whole', () => {
    const text = withBase(
      'grid:\n  - smoothing.mode: dynamic\n  - smoothing.mode: dynamic\n    layers.sensitivity: [only, allBut]\n',
    );
    const { trials, stages } = planSweep(expand(text), context);
    expect(trials.map(({ label }) => label)).toEqual([
      'fp32',
      'unsmoothed',
      'dynamic',
      'dynamic, only first',
      'dynamic, only conv*',
      'dynamic, only last',
      'dynamic, all but first',
      'dynamic, all but conv*',
      'dynamic, all but last',
    ]);
    expect(stages.map(({ kind }) => kind)).toEqual(['reference', 'observe', 'search']);
    expect(new Set(trials.slice(2).map(({ searchKey }) => searchKey)).size).toBe(1);
    expect(trials.slice(3).map(({ unsmoothedKey }) => unsmoothedKey)).toEqual(Array(6).fill(null));
  });

  it('ranks layers once for every number of layers kept', () => {
    const { trials, stages } = planSweep(
      loadText(withBase('grid:\n  - smoothing.alpha: 0.5\n    layers.keepFloat: [0, 1, 2]\n')),
      context,
    );
    // One ranking with alpha 0.5, one unsmoothed: each serves two numbers of layers.
    expect(stages.filter(({ kind }) => kind === 'rank')).toHaveLength(2);
    expect(trials.map(({ rankKey }) => rankKey !== null)).toEqual([false, false, true, true, false, true, true]);
  });
});
