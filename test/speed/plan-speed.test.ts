import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { measureSchema } from '../../src/experiment/sections/measure.js';
import { planSpeed, type SpeedForecast } from '../../src/speed/plan-speed.js';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { smallNetwork } from '../engine/small-network.js';
import { modelBytes } from '../onnx/build-model.js';
import { plannedTrials } from './planned.js';

const free = decodeModel(modelBytes(smallNetwork('N')));
const fixed = decodeModel(modelBytes(smallNetwork(4)));

const forecast: SpeedForecast = {
  trials: plannedTrials([{ role: 'fp32' }, { role: 'unsmoothed', mode: 'none' }, {}, {}, { target: 'tensorrt' }]),
  inputs: { modelOf: () => free },
  values: new Map(),
  stored: [],
  sampleMs: 10,
};

const planned = (measure: unknown, changes: Partial<SpeedForecast> = {}): readonly string[] =>
  planSpeed({ measure: measureSchema.parse(measure) }, { ...forecast, ...changes });

describe('planSpeed', () => {
  it('says nothing where nothing is measured', () => {
    expect(planned({})).toEqual([]);
  });

  it('says how many runs there will be at most, and about how long they take', () => {
    // FP32 and two trials, 5 + 40 + 11 runs each, of 1 and of 8 samples: 1512 samples of 10 ms.
    const [line, note] = planned({ latency: { batchSizes: [1, 8] } });
    expect(line).toContain('FP32 and the exported models of 2 trials in turn');
    expect(line).toContain('batch 1, 8, threads 1, 40 rounds; at most 336 runs, about 15 s.');
    expect(note).toContain('not timed here: target tensorrt');
  });

  it('says no time before anything ran', () => {
    expect(planned({ latency: {} }, { sampleMs: null })[0]).toContain('at most 168 runs. ');
  });

  it('says what a model with a fixed batch and too many threads mean', () => {
    const many = availableParallelism() + 1;
    const lines = planned({ latency: { threads: [many] } }, { inputs: { modelOf: () => fixed } });
    expect(lines).toContain('  m.onnx fixes its batch at 4: it is measured at that alone');
    expect(lines.some((line) => line.startsWith(`  threads ${many}: this machine has`))).toBe(true);
  });

  it('says that nothing is left', () => {
    const values = new Map([
      ['t1', 0.5],
      ['t2', 0.9],
      ['t3', 0.8],
    ]);
    const stored = ['t1', 't2'].map((trial) => ({ trial, device: 'cpu', batchSize: 1, threads: 1, rounds: 40 }));
    expect(planned({ latency: {} }, { values, stored })[0]).toBe('Speed: measured before, nothing is left.');
  });

  it('says what a device command is called for, whatever the target', () => {
    const [line] = planned({ command: { run: ['bench', '{model}'], name: 'phone' } });
    expect(line).toBe(
      'Speed on phone: once the trials are done, `bench {model}` is called for FP32 and the exported models of 3 trials, 10 times each where it prints one number.',
    );
  });
});
