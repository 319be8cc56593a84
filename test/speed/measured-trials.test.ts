import { describe, expect, it } from 'vitest';
import { measuredTrials, notTimedBecause, runsHere } from '../../src/speed/measured-trials.js';
import { plannedTrials } from './planned.js';

const trials = plannedTrials([
  { role: 'fp32' },
  { role: 'unsmoothed', mode: 'none' },
  { apply: 'insert' },
  { apply: 'insert' },
  { apply: 'fold' },
  { target: 'onnxruntime-cpu', apply: 'requantize' },
  { target: 'onnxruntime-cpu', apply: 'requantize' },
  { role: 'sensitivity' },
  // Not finished.
  { apply: 'fold' },
  { apply: 'insert', reference: 'other model' },
]);
const values = new Map([0.9, 0.7, 0.8, 0.85, 0.6, 0.8, 0.8, 0.89].map((value, at) => [`t${at}`, value]));
values.set('t9', 0.1);

const keys = (chosen: Parameters<typeof measuredTrials>[2]): readonly string[] =>
  measuredTrials(trials, values, chosen).map(({ key }) => key);

describe('measuredTrials', () => {
  it('best: of each model, target and form of smoothing the most accurate, the first of equal ones', () => {
    expect(keys('best')).toEqual(['t1', 't3', 't4', 't5', 't9']);
  });

  it('a number: so many of each model and target', () => {
    expect(keys(1)).toEqual(['t3', 't5', 't9']);
    expect(keys(2)).toEqual(['t2', 't3', 't5', 't6', 't9']);
  });

  it('all: every complete quantized one, sensitivity trials too', () => {
    expect(keys('all')).toEqual(['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't9']);
  });
});

describe('runsHere', () => {
  it('is false of a target that is another runtime', () => {
    const forms = [{}, { target: 'onnxruntime-cpu' }, { target: 'tensorrt' }, { target: 'xnnpack' }] as const;
    expect(plannedTrials(forms).map(runsHere)).toEqual([true, true, false, false]);
  });

  it.each([
    [['avx2', 'avx512_vnni'], 'another CPU'],
    [['avx2', 'avx_vnni'], 'another CPU'],
    [[], 'another CPU'],
    [['avx2', 'fma'], null],
  ])('of a target without VNNI is true only where the flags tell so: %j', (flags, reason) => {
    const [trial, other] = plannedTrials([{ target: 'onnxruntime-cpu-avx2' }, { target: 'onnxruntime-cpu' }]);
    expect(notTimedBecause(trial!, flags)).toBe(reason);
    expect(notTimedBecause(other!, flags)).toBeNull();
  });
});
