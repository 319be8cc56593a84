import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../src/plan/estimate/estimate-cost.js';
import { capSamples } from '../../src/plan/cap-samples.js';
import type { SweepPlan } from '../../src/plan/plan.js';
import { planSweep } from '../../src/plan/plan-sweep.js';
import { loadText, withBase } from '../experiment/load-text.js';
import { context } from '../plan/plan-text.js';

/** Samples of every source. */
const COUNT = 24;

function plan(lines: string): SweepPlan {
  return planSweep(
    capSamples(loadText(withBase(lines)), () => COUNT),
    context,
  );
}

function passes(planned: SweepPlan): number {
  return estimateCost(planned, {
    finished: new Set(),
    sampleCount: () => COUNT,
    layerCount: () => 2,
    typicalDurationsMs: new Map(),
    slots: 1,
  }).forwardPasses;
}

describe('47: samples beyond the data', () => {
  it.each(['loss', 'gate'])('%s.samples make one trial of equal work', (section) => {
    const planned = plan(`grid: [{ smoothing.alpha: [0.5], ${section}.samples: [24, 100, 512] }]\n`);
    expect(planned.trials.map(({ settings }) => settings.role)).toEqual(['fp32', 'unsmoothed', 'candidate']);
    expect(planned.trials[2]!.settings[section as 'loss' | 'gate']!.samples).toBe(COUNT);
  });

  it('are said where several values come to the same', () => {
    const notes = (lines: string) => capSamples(loadText(withBase(lines)), () => COUNT).notes;
    expect(notes('grid: [{ smoothing.alpha: [0.5], loss.samples: [8, 24, 100, 512] }]\n')).toEqual([
      'loss.samples 24, 100 and 512 are the same, because there are only 24 evaluation samples.',
    ]);
    expect(notes('loss: { samples: 512 }\ngrid: [{ smoothing.alpha: [0.5], gate.samples: [4, 100] }]\n')).toEqual([]);
  });

  it('have the keys of the number that there is, fewer have others', () => {
    const keys = (lines: string): string[] =>
      plan(`${lines}grid: [{ smoothing.alpha: [0.5] }]\n`).trials.map(({ key }) => key);
    const all = keys('');
    expect(keys('loss: { samples: 24 }\ngate: { samples: 24 }\n')).toEqual(all);
    expect(keys('loss: { samples: 23 }\n')[2]).not.toBe(all[2]);
    const numbered = planSweep(
      capSamples(
        loadText(withBase('grid: [{ smoothing.alpha: [0.5] }]\n'), [`data.evaluation.samples=${COUNT}`]),
        () => COUNT,
      ),
      context,
    );
    expect(numbered.trials.map(({ key }) => key)).toEqual(all);
  });

  it('cost what is run', () => {
    const grid = 'grid: [{ smoothing.alpha: [0.5] }]\n';
    expect(passes(plan(`loss: { samples: 100000 }\ngate: { samples: 100000 }\n${grid}`))).toBe(
      passes(plan(`loss: { samples: ${COUNT} }\ngate: { samples: ${COUNT} }\n${grid}`)),
    );
    // Of the reference, the calibration (200 batches of 4), and of unsmoothed and candidate the
    // evaluation, losses and gate.
    expect(passes(plan(grid))).toBeCloseTo(COUNT + 800 * 1.1 + 2 * COUNT * (1.2 + 2 * 2.6 + 2), 9);
  });
});
