import { expect, it } from 'vitest';
import { roundingNotes } from '../../src/prepare/rounding-notes.js';
import { planWithBase } from '../plan/plan-text.js';

const sequential = 'quantization: { weight: { rounding: gptq }, rounding: { inputs: quantized } }\n';

it('says how often rounding on quantized inputs passes over how many samples', () => {
  const one = planWithBase(`${sequential}grid:\n  - smoothing.alpha: 0.5\n`);
  expect(roundingNotes({ trials: one.trials.slice(-1) })).toEqual([
    'Rounding on quantized inputs: 1 trial rounds weights one depth of layers after the other, with a pass over 256 calibration samples for each depth.',
  ]);
  const several = planWithBase(
    `${sequential}grid:\n  - quantization.rounding.samples: [64, 128]\n    smoothing.mode: none\n`,
  );
  expect(roundingNotes(several).join()).toMatch(/\d trials round weights .* over 64 to \d+ calibration samples/);
});

it('says nothing where no trial does', () => {
  expect(roundingNotes(planWithBase('grid:\n  - smoothing.alpha: 0.5\n'))).toEqual([]);
});
