import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../../src/plan/estimate/estimate-cost.js';
import type { CostContext } from '../../../src/plan/estimate/estimate-cost.js';
import { base } from '../../experiment/load-text.js';
import { mainGrid, planText, planWithBase } from '../plan-text.js';

const plan = planWithBase(mainGrid);
const nothingKnown: CostContext = {
  finished: new Set(),
  sampleCount: () => 10_000,
  layerCount: () => 20,
  typicalDurationsMs: new Map(),
  slots: 2,
};
const durations = new Map([
  ['reference', 10_000],
  ['observe', 6_000],
  ['search', 4_000],
  ['trial', 20_000],
]);

describe('the cost of the main experiment', () => {
  it('is counted in forward passes of one sample', () => {
    const { work, forwardPasses } = estimateCost(plan, nothingKnown);
    const reference = 10_000;
    const observe = 1500 * 4 * 1.1;
    const search = 256 * (1 + 1.25 * 19);
    const trial = 10_000 * 1.2 + 512 * 2 * 2.6 + 64 * 2;
    expect(work).toHaveLength(4 + 43);
    expect(forwardPasses).toBeCloseTo(reference + observe + 2 * search + 42 * trial);
  });

  it('is unknown in time until every kind of work was timed', () => {
    expect(estimateCost(plan, nothingKnown).durationMs).toBeNull();
    const partly = new Map([...durations].filter(([kind]) => kind !== 'search'));
    expect(estimateCost(plan, { ...nothingKnown, typicalDurationsMs: partly }).durationMs).toBeNull();
  });

  it('is in time what was typical, over the slots', () => {
    const { durationMs } = estimateCost(plan, { ...nothingKnown, typicalDurationsMs: durations });
    expect(durationMs).toBe((10_000 + 6_000 + 2 * 4_000 + 42 * 20_000) / 2);
  });

  it('leaves out finished trials and the stages that only they need', () => {
    const dynamic = plan.trials.filter(({ label }) => label.startsWith('dynamic')).map(({ key }) => key);
    const { work } = estimateCost(plan, { ...nothingKnown, finished: new Set(dynamic) });
    expect(work.filter(({ kind }) => kind === 'search')).toEqual([]);
    expect(work.filter(({ kind }) => kind === 'trial')).toHaveLength(41);
    const all = new Set(plan.trials.map(({ key }) => key));
    expect(estimateCost(plan, { ...nothingKnown, finished: all })).toEqual({
      work: [],
      forwardPasses: 0,
      durationMs: 0,
    });
  });

  it('counts rounding on quantized inputs: FP32 and the quantized model once, and products three times', () => {
    const lines = 'grid:\n  - quantization.rounding.inputs: [float, quantized]\n';
    const rounding =
      'quantization: { weight: { rounding: gptq }, rounding: { samples: 100 } }\nsmoothing: { mode: none }\n';
    const { work } = estimateCost(planWithBase(rounding + lines), nothingKnown);
    const [, float, quantized] = work.filter(({ kind }) => kind === 'trial').map(({ forwardPasses }) => forwardPasses);
    expect(quantized! - float!).toBeCloseTo(100 * (1 + 1.2 + 3 * 6));
  });

  it.each([
    ['sequential', 'search.order: sequential', (20 * 2.2) / 2 + 1.25 * 3],
    ['two sweeps of a descent', 'search.order: output, search.sweeps: 2', 1 + 1.2 * (3 + (2 * 20 * 4) / 2)],
  ])('counts a search in the order: %s', (_, order, passes) => {
    const candidates = 'search.candidates: [[0.1, 0.2, 0.3]]';
    const searched = planText(`${base}grid: { smoothing.mode: dynamic, ${candidates}, ${order} }\n`);
    const { work } = estimateCost(searched, nothingKnown);
    expect(work.find(({ kind }) => kind === 'search')!.forwardPasses).toBeCloseTo(256 * passes);
  });

  it('counts the FP32 pass beside each trial that fidelity needs', () => {
    const judged = planText(`${base}grid: { smoothing.alpha: 0.5 }\n`.replace('classification', 'fidelity'));
    const usual = planText(`${base}grid: { smoothing.alpha: 0.5 }\n`);
    const more = estimateCost(judged, nothingKnown).forwardPasses - estimateCost(usual, nothingKnown).forwardPasses;
    expect(more).toBeCloseTo(2 * 10_000);
  });

  it('counts evaluation samples where they are limited', () => {
    const limited = planWithBase(
      'baselines: [fp32]\nloss: { samples: 1 }\ngate: { samples: 1 }\ngrid: { smoothing.alpha: 0.5, data.evaluation.samples: 100 }\n',
    );
    const passes = estimateCost(limited, nothingKnown).work.map(({ forwardPasses }) => forwardPasses.toFixed(6));
    expect(passes).toEqual([100, 200 * 4 * 1.1, 0, 100 * 1.2 + 2 * 2.6 + 2].map((value) => value.toFixed(6)));
  });
});
