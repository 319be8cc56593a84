import { describe, expect, it } from 'vitest';
import { answerSweep } from '../../src/report/answer.js';
import { noLinks } from '../../src/report/page-links.js';
import { metricText } from '../../src/report/number-text.js';
import { sentenceText } from '../../src/report/sentence.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../../src/report/sweep-facts.js';
import { chooseBest } from '../../src/report/sweep-facts.js';

function trial(id: number, values: Partial<TrialFacts>): TrialFacts {
  return {
    trial: id,
    position: id,
    label: `trial ${id}`,
    role: 'candidate',
    status: 'done',
    alphaMode: 'static',
    alpha: 0.5,
    absmax: 'channel',
    calibrationBatches: 200,
    metric: 'top1',
    value: 0.9,
    ciLow: 0.89,
    ciHigh: 0.91,
    fp32Value: 0.92,
    gapToFp32: -0.02,
    unsmoothedValue: 0.8,
    gainOverUnsmoothed: 0.1,
    meanL1: 0.01,
    model: 'm.onnx',
    axes: {},
    settings: {},
    ...values,
  };
}

function compared(
  id: number,
  against: ComparisonFacts['against'],
  pValue: number,
  method: ComparisonFacts['method'] = 'mcnemar',
): ComparisonFacts {
  return { trial: id, against, otherTrial: 1, difference: -0.01, method, pValue, significant: pValue < 0.05 };
}

function facts(
  trials: readonly TrialFacts[],
  comparisons: readonly ComparisonFacts[] = [],
  metric = 'top1',
): SweepFacts {
  const count = (status: string): number => trials.filter((one) => one.status === status).length;
  const sizes = [...new Set(trials.map((one) => one.calibrationBatches))].filter((size) => size !== null);
  return {
    sweep: {
      name: 's',
      question: null,
      trials: trials.length,
      done: count('done'),
      failed: count('failed'),
      pending: count('pending'),
      stopped: count('stopped'),
      createdAt: '',
      updatedAt: '',
      experimentPath: '',
      claimed: false,
    },
    trials,
    allTrials: trials,
    layers: [],
    links: noLinks,
    comparisons,
    metric: metricText(metric),
    sizes: sizes.sort((a, b) => a - b),
    warnings: [],
    isVoid: false,
    variants: [{ label: '', trials: new Set(trials.map((one) => one.trial)) }],
    best: chooseBest(trials, comparisons),
  };
}

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const headline = (given: SweepFacts): string => plain(sentenceText(answerSweep(given).headline));
const findings = (given: SweepFacts): string => plain(answerSweep(given).findings.map(sentenceText).join('\n'));

describe('the headline', () => {
  it('names the best setting, its interval and a gap to FP32 that is outside the noise', () => {
    expect(headline(facts([trial(1, {}), trial(2, { value: 0.85 })], [compared(1, 'fp32', 0.0004)]))).toBe(
      'trial 1 is best: top-1 accuracy 90.00 % (95 % interval 89.00–91.00 %), 2.00 points below FP32 (92.00 %); outside the noise (McNemar p < 0.001).',
    );
  });

  it('calls a gap with p of 0.05 or more inside the noise', () => {
    expect(headline(facts([trial(1, {})], [compared(1, 'fp32', 0.05)]))).toContain(
      'inside the noise (McNemar p = 0.05)',
    );
  });

  it('allows for the choice among the settings where the best of them is above FP32', () => {
    const above = { fp32Value: 0.89, gapToFp32: 0.01 };
    const given = (p: number): SweepFacts =>
      facts([trial(1, above), trial(2, { value: 0.85 })], [{ ...compared(1, 'fp32', p), difference: 0.01 }]);
    expect(headline(given(0.03))).toContain(
      'inside the noise once the choice among 2 settings is allowed for (McNemar p = 0.03, corrected 0.06)',
    );
    expect(headline(given(0.01))).toContain(
      'outside the noise (McNemar p = 0.02, corrected for the choice among 2 settings)',
    );
  });

  it('judges nothing where the paired test is missing', () => {
    const text = headline(facts([trial(1, {})]));
    expect(text).toContain('whether that is more than noise has not been tested');
    expect(text).not.toMatch(/inside|outside/);
  });

  it('says which setting brings the FP32 baseline where there is none', () => {
    const text = headline(facts([trial(1, { fp32Value: null, gapToFp32: null })]));
    expect(text).toContain('no FP32 baseline has finished (baselines: [fp32]');
    expect(text).not.toContain('NaN');
  });

  it('writes mAP between 0 and 1 and names the paired bootstrap', () => {
    const given = facts(
      [trial(1, { metric: 'mAP', value: 0.7421, ciLow: 0.73, ciHigh: 0.75, fp32Value: 0.7497, gapToFp32: -0.0076 })],
      [compared(1, 'fp32', 0.2, 'paired bootstrap')],
      'mAP',
    );
    expect(headline(given)).toBe(
      'trial 1 reaches mAP 0.7421 (95 % interval 0.7300–0.7500), 0.0076 below FP32 (0.7497); inside the noise (paired bootstrap p = 0.20).',
    );
  });

  it('tells failed from not yet finished', () => {
    expect(headline(facts([trial(1, { status: 'failed', value: null })]))).toBe('No answer: all 1 setting failed.');
    expect(headline(facts([trial(1, { status: 'pending', value: null })]))).toContain('No answer yet');
  });
});

describe('the warning', () => {
  it('does not count a trial that was stopped early as missing, and tells of it', () => {
    const given = facts([trial(1, {}), trial(2, { status: 'stopped', value: null })]);
    expect(answerSweep(given).warning).toBeNull();
    expect(findings(given)).toContain(
      '1 of 2 settings was stopped early, as certainly not the best: without accuracy, and in no comparison or chart of it.',
    );
    expect(findings(facts([trial(1, {})]))).not.toContain('stopped early');
  });

  it('counts settings that were stopped early among those that the best was chosen from', () => {
    const above = { fp32Value: 0.89, gapToFp32: 0.01 };
    const test = [{ ...compared(1, 'fp32', 0.03), difference: 0.01 }];
    expect(headline(facts([trial(1, above), trial(2, { status: 'stopped', value: null })], test))).toContain(
      'once the choice among 2 settings is allowed for',
    );
  });

  it('is absent for a complete sweep and counts pending and failed trials otherwise', () => {
    expect(answerSweep(facts([trial(1, {})])).warning).toBeNull();
    const given = facts([trial(1, {}), trial(2, { status: 'failed' }), trial(3, { status: 'pending' })]);
    expect(answerSweep(given).warning).toBe(
      '1 of 3 trials not finished, 1 of 3 trials failed. What follows covers the 1 finished trial only.',
    );
  });
});

describe('the findings', () => {
  it('compare static with dynamic alpha by the paired test of the loser against the best', () => {
    const dynamic = trial(2, { alphaMode: 'dynamic', alpha: null, value: 0.88, label: 'dyn' });
    expect(findings(facts([trial(1, {}), dynamic], [compared(2, 'best', 0.01)]))).toContain(
      'static is ahead by 2.00 points (trial 1 90.00 %, dyn 88.00 %); outside the noise (McNemar p = 0.01).',
    );
  });

  it('pair calibration sizes at the same alpha only', () => {
    const given = facts([
      trial(1, { alpha: 0.1, value: 0.9 }),
      trial(2, { alpha: 0.1, value: 0.902, calibrationBatches: 1500 }),
      trial(3, { alpha: 0.2, value: 0.89 }),
      trial(4, { alpha: 0.2, value: 0.886, calibrationBatches: 1500 }),
      trial(5, { alpha: 0.3, value: 0.5 }),
    ]);
    expect(findings(given)).toContain(
      "1500 calibration batches instead of 200: −0.40 to +0.20 points over 2 pairs of otherwise equal settings, median −0.10 points; each within one trial's own 95 % interval (±1.00 points).",
    );
  });

  it('count the settings tied with the best and the alphas they cover', () => {
    const given = facts(
      [
        trial(1, { alpha: 0.1 }),
        trial(2, { alpha: 0.2, value: 0.899, meanL1: 0.001 }),
        trial(3, { alpha: 0.9, value: 0.7 }),
      ],
      [compared(2, 'best', 0.6), compared(3, 'best', 0.0001)],
    );
    expect(findings(given)).toContain(
      '1 of the 2 other settings are statistically tied with the best; with it they cover 2 of 3 static alphas, 0.1 to 0.2. Of these trial 2 has the lowest mean layer L1.',
    );
  });

  it('say what the wrong absmax axis costs where the sweep has both', () => {
    const given = facts([
      trial(1, { axes: { 'smoothing.absmax': 'channel' } }),
      trial(2, { absmax: 'view', value: 0.87, axes: { 'smoothing.absmax': 'view' } }),
    ]);
    expect(findings(given)).toContain('absmax view (mixed channels) instead of channel: −3.00 points in the one pair');
    expect(findings(facts([trial(1, {})]))).not.toContain('absmax');
  });
});
