import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/plan/content-key.js';
import type { PlanContext, SweepPlan } from '../../src/plan/plan.js';
import { base } from '../experiment/load-text.js';
import { planText, planWithBase } from './plan-text.js';

const grid = 'grid:\n  - smoothing.alpha: 0.5\n  - smoothing.mode: dynamic\n';

function keysOf(plan: SweepPlan): readonly string[] {
  return [...plan.trials.map(({ key }) => key), ...plan.stages.map(({ key }) => key)];
}

const usual = keysOf(planWithBase(grid));

describe('canonical JSON', () => {
  it('sorts keys at every level and keeps lists in order', () => {
    expect(canonicalJson({ b: [{ z: 1, a: null }, 0.15], a: 'x' })).toBe('{"a":"x","b":[{"a":null,"z":1},0.15]}');
  });
});

describe('keys', () => {
  it('are sha256 in hex, all different', () => {
    expect(usual).toHaveLength(7);
    expect(new Set(usual).size).toBe(7);
    for (const key of usual) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['another folder', `${base}${grid}`.replaceAll('path: ', 'path: elsewhere/')],
    ['evaluation.batchSize', `${base}${grid}`.replace('path: e.bin', 'path: e.bin, batchSize: 7')],
    ['run and name', `${base}name: other\nrun: { slots: 1, threads: 2, retries: 0 }\n${grid}`],
    ['defaults written out', `${base}loss: { samples: 512 }\nquantization: { weight: { bits: 8 } }\n${grid}`],
    ['the order of sets', `${base}layers: { ops: [Conv, Conv] }\n${grid}`],
  ])('do not change with %s', (_, text) => {
    expect(keysOf(planText(text))).toEqual(usual);
  });

  it.each<[string, Partial<PlanContext>]>([
    ['the numerics', { numericsVersion: '2' }],
    ['the provider', { provider: 'cuda' }],
    ['the optimization level', { optimizationLevel: 'basic' }],
    ['the model', { modelSha256: () => 'other' }],
    ['the data', { dataSha256: () => 'other' }],
  ])('all change with %s', (_, changes) => {
    const keys = keysOf(planWithBase(grid, changes));
    expect(keys.filter((key) => usual.includes(key))).toEqual([]);
  });

  it('of a task with code of its own change with the code and its options, not with the folder or the time limit', () => {
    const keys = (task: string, changes: Partial<PlanContext> = {}): readonly string[] =>
      keysOf(planText(`${base}${grid}`.replace('task: classification', `task: ${task}`), changes));
    const module = keys('{ kind: module, path: m.mjs }');
    expect(keys('{ kind: module, path: elsewhere/m.mjs }')).toEqual(module);
    const command = keys("{ kind: command, command: [x, '{predictions}'], metric: mAP }");
    expect(keys("{ kind: command, command: [x, '{predictions}'], metric: mAP, timeoutSeconds: 5 }")).toEqual(command);
    const different = [
      usual,
      module,
      keys('{ kind: module, path: m.mjs, options: { a: 1 } }'),
      keys('{ kind: module, path: m.mjs }', { taskSha256: () => 'other' }),
      command,
      keys("{ kind: command, command: [x, '{predictions}'], metric: mAP }", { taskSha256: () => 'other' }),
      keys("{ kind: command, command: [x, '{predictions}'], metric: mAP, higherIsBetter: false }"),
    ].map(([fp32]) => fp32);
    expect(new Set(different).size).toBe(different.length);
  });

  it.each([
    // trials fp32, unsmoothed, static, dynamic; stages reference, observe, search
    ['evaluation samples', `${base}${grid}`.replace('path: e.bin', 'path: e.bin, samples: 10000'), 'ttttR--'],
    ['preprocessing', `${base}${grid}`.replace('task:', '  preprocess: { divideBy: 255 }\ntask:'), 'ttttROS'],
    ['calibration batches', `${base}${grid}`.replace('path: c.bin', 'path: c.bin, batches: 100'), '-ttt-OS'],
    ['calibration batch size', `${base}${grid}`.replace('path: c.bin', 'path: c.bin, batchSize: 8'), '-ttt-OS'],
    [
      'the order of calibration samples',
      `${base}${grid}`.replace('path: c.bin', 'path: c.bin, sampleSeed: 1'),
      '-ttt-OS',
    ],
    ['weight bits', `${base}quantization: { weight: { bits: 4 } }\n${grid}`, '-ttt--S'],
    ['layers', `${base}layers: { exclude: [conv1] }\n${grid}`, '-ttt--S'],
    ['absmax', `${base}smoothing: { absmax: view }\n${grid}`, '--tt-OS'],
    ['search samples', `${base}search: { samples: 8 }\n${grid}`, '---t--S'],
    ['loss samples', `${base}loss: { samples: 8 }\n${grid}`, '-ttt---'],
    ['loss modes', `${base}loss: { modes: [accumulated] }\n${grid}`, '-ttt---'],
    ['the gate', `${base}gate: { tolerance: 0.01 }\n${grid}`, '-ttt---'],
    ['the output', `${base}${grid}`.replace('path: m.onnx', 'path: m.onnx, output: y'), 'ttttROS'],
  ])('change with %s where it matters, and only there', (_, text, expected) => {
    const changed = keysOf(planText(text)).map((key, index) => (key === usual[index] ? '-' : 'ttttROS'[index]!));
    expect(changed.join('')).toBe(expected);
  });

  it('of a smaller numbers of samples than asked for are those of that number', () => {
    const small = `${base}${grid}`.replace('path: e.bin', 'path: e.bin, samples: 32');
    const said = small.replace('task:', 'loss: { samples: 32 }\ngate: { samples: 32 }\ntask:');
    expect(keysOf(planText(small))).toEqual(keysOf(planText(said)));
    const few = `${base}${grid}`.replace('path: c.bin', 'path: c.bin, batches: 2');
    expect(keysOf(planText(few))).toEqual(keysOf(planText(few.replace('task:', 'search: { samples: 8 }\ntask:'))));
  });

  it('of calibration sizes with one seed share a pass, those of two seeds none', () => {
    const passes = (lines: string): number =>
      planText(`${base}grid:\n  - smoothing.alpha: 0.5\n${lines}`).stages.filter(({ kind }) => kind === 'observe')
        .length;
    expect(passes('    data.calibration.sampleSeed: 1\n    data.calibration.batches: [2, 4]\n')).toBe(1);
    expect(passes('    data.calibration.sampleSeed: [1, 2]\n    data.calibration.batches: [2, 4]\n')).toBe(2);
  });

  it('of trials and searches stay when the grid grows, so they stay done', () => {
    const sized = (batches: string): SweepPlan =>
      planWithBase(`grid:\n  - { smoothing.mode: dynamic, data.calibration.batches: [${batches}] }\n`);
    const few = sized('200');
    const more = sized('200, 1500');
    const isKept = (kind: string): boolean =>
      few.stages
        .filter((stage) => stage.kind === kind)
        .every(({ key }) => more.stages.some((stage) => stage.key === key));
    expect(few.trials.every(({ key }) => more.trials.some((trial) => trial.key === key))).toBe(true);
    expect([isKept('reference'), isKept('search')]).toEqual([true, true]);
    // The shorter observation lacks the statistics of 1500 batches.
    expect(isKept('observe')).toBe(false);
  });

  it('of an observation do not depend on which of the standard sizes are asked for, but on odd ones', () => {
    const observe = (batches: string): string | undefined =>
      planWithBase(`grid:\n  - { smoothing.alpha: 0.5, data.calibration.batches: [${batches}] }\n`).stages[1]?.key;
    expect(observe('200, 1500')).toBe(observe('1500'));
    expect(observe('300, 1500')).not.toBe(observe('1500'));
  });

  it('of the sweep are the keys of its trials in order', () => {
    expect(planWithBase(`name: other\n${grid}`).key).toBe(planWithBase(grid).key);
    expect(planWithBase('grid: { smoothing.alpha: 0.5 }\n').key).not.toBe(planWithBase(grid).key);
  });

  it('of a candidate change with when it may be stopped early; those of baselines, sensitivity and stages do not', () => {
    const stopping = (confidence: string): SweepPlan =>
      planText(
        `${base}${grid}  - layers.sensitivity: only\n    smoothing.alpha: 0.5\n`.replace(
          'path: e.bin',
          `path: e.bin, stop: { confidence: ${confidence} }`,
        ),
      );
    const [without, at999, at99] = ['null', '0.999', '0.99'].map(stopping) as [SweepPlan, SweepPlan, SweepPlan];
    const ofRole = (plan: SweepPlan, isCandidate: boolean): readonly string[] =>
      plan.trials.filter(({ settings }) => (settings.role === 'candidate') === isCandidate).map(({ key }) => key);
    expect(new Set(without.trials.map(({ settings }) => settings.role)).size).toBe(4);
    expect(ofRole(at999, false)).toEqual(ofRole(without, false));
    expect(at999.stages).toEqual(without.stages);
    expect(at999.trials.map((trial) => [trial.fp32Key, trial.unsmoothedKey, trial.referenceKey])).toEqual(
      without.trials.map((trial) => [trial.fp32Key, trial.unsmoothedKey, trial.referenceKey]),
    );
    const candidates = [without, at999, at99].flatMap((plan) => ofRole(plan, true));
    expect(new Set(candidates).size).toBe(6);
    expect(without.trials.every(({ settings }) => !('stop' in settings.evaluation))).toBe(true);
  });

  it('are those of versions that stopped nothing early', () => {
    expect(planWithBase(grid).key).toBe('86cc5bc88b28866aa3f167039d3f9c55488993c3ae808ac385f0a0bf7a8f3798');
  });
});
