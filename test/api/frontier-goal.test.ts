import { describe, expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { demoModel } from '../cli/command-line.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 16 } as const;

function source(goal: object, more: object = {}): ExperimentObject {
  return {
    version: 1,
    name: 'small',
    goal,
    model: { path: demoModel },
    data: { calibration: { ...data, seed: 1, batchSize: 8, batches: 2 }, evaluation: { ...data, seed: 2 } },
    task: 'fidelity',
    grid: { 'smoothing.alpha': [0.5] },
    ...more,
  };
}

const goal = { maxDrop: 0.5, minimize: 'bitOperations', bits: [8, 'float', 2, 4] };

describe('a goal with bits', () => {
  it('gives candidates the bits to choose from, in order, and leaves baselines alone', () => {
    const { trials } = loadExperiment(source(goal));
    const given = trials.map(({ role, settings }) => [role, settings.layers.frontier]);
    expect(given).toEqual([
      ['fp32', undefined],
      ['unsmoothed', undefined],
      ['candidate', { bits: [2, 4, 8, 'float'], maxDrop: 0.5, minimize: 'bitOperations' }],
    ]);
  });

  it('changes no trial where it has none', () => {
    const { trials } = loadExperiment(source({ maxDrop: 0.5, minimize: 'size' }));
    expect(trials.map(({ settings }) => settings)).toEqual(
      loadExperiment(source({ maxDrop: 1, minimize: 'latency' })).trials.map(({ settings }) => settings),
    );
    expect(trials.every(({ settings }) => settings.layers.frontier === undefined)).toBe(true);
  });

  it.each([
    [{ ...goal, minimize: 'latency' }, {}, 'size or bitOperations beside bits'],
    [{ maxDrop: 1, minimize: 'bitOperations' }, {}, 'bits beside bitOperations'],
    [{ ...goal, bits: [4, 4] }, {}, 'each once'],
    [goal, { target: 'onnxruntime-cpu' }, 'expected no bits beside target onnxruntime-cpu'],
    [goal, { layers: { keepFloat: 2 } }, 'layers.keepFloat 2'],
    [goal, { grid: { 'smoothing.mode': ['none'] } }, 'expected a candidate'],
  ])('refuses %j beside %j', (own, more, message) => {
    expect(() => loadExperiment(source(own, more))).toThrow(message);
  });
});
