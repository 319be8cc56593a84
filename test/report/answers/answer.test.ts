import { describe, expect, it } from 'vitest';
import { answerSweep } from '../../../src/report/answers/answer.js';
import { metricText } from '../../../src/report/number-text.js';
import { sentenceText } from '../../../src/report/answers/sentence.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../../../src/report/facts/sweep-facts.js';
import { handMadeFacts, handMadeTrial } from '../hand-made-facts.js';

const trial = handMadeTrial;

function compared(
  id: number,
  against: ComparisonFacts['against'],
  pValue: number,
  method: ComparisonFacts['method'] = 'mcnemar',
): ComparisonFacts {
  const counts = method === 'mcnemar' ? { onlyTrial: 10, onlyOther: 20 } : { onlyTrial: null, onlyOther: null };
  const interval = { pRelation: '=', zScore: null, ciLow: null, ciHigh: null } as const;
  return { trial: id, against, otherTrial: 1, difference: -0.01, method, pValue, ...interval, ...counts };
}

function facts(
  trials: readonly TrialFacts[],
  comparisons: readonly ComparisonFacts[] = [],
  metric = 'top1',
  found: Partial<SweepFacts> = {},
): SweepFacts {
  return handMadeFacts(trials, comparisons, { metric: metricText(metric), ...found });
}

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const headline = (given: SweepFacts): string => plain(sentenceText(answerSweep(given).headline));
const findings = (given: SweepFacts): string => plain(answerSweep(given).findings.map(sentenceText).join('\n'));

describe('the headline', () => {
  it('names the best setting, its interval and a gap to FP32 that is outside the noise', () => {
    expect(headline(facts([trial(1, {}), trial(2, { value: 0.85 })], [compared(1, 'fp32', 0.0004)]))).toBe(
      'trial 1 is best: top-1 accuracy 90.00 % (95 % interval 89.00–91.00 %), 2.00 points below FP32 (92.00 %); statistically significant (McNemar p < 0.001).',
    );
  });

  it('calls a gap with p of 0.05 or more inside the noise', () => {
    expect(headline(facts([trial(1, {})], [compared(1, 'fp32', 0.05)]))).toContain(
      'not statistically significant (McNemar p = 0.050)',
    );
  });

  it('allows for the choice among the settings where the best of them is above FP32', () => {
    const above = { fp32Value: 0.89, gapToFp32: 0.01 };
    const given = (p: number): SweepFacts =>
      facts([trial(1, above), trial(2, { value: 0.85 })], [{ ...compared(1, 'fp32', p), difference: 0.01 }]);
    expect(headline(given(0.03))).toContain(
      'not statistically significant after correction for the choice among 2 settings (McNemar p = 0.03, corrected 0.06)',
    );
    expect(headline(given(0.01))).toContain(
      'statistically significant (McNemar p = 0.02, corrected for the choice among 2 settings)',
    );
  });

  it('judges nothing where the paired test is missing', () => {
    const text = headline(facts([trial(1, {})]));
    expect(text).toContain('its significance has not been tested');
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
      'trial 1 reaches mAP 0.7421 (95 % interval 0.7300–0.7500), 0.0076 below FP32 (0.7497); not statistically significant (paired bootstrap p = 0.20).',
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
      '1 of 2 settings was stopped early because certainly not the best; stopped settings have no accuracy and are in no comparison or chart of it.',
    );
    expect(findings(facts([trial(1, {})]))).not.toContain('stopped early');
  });

  it('counts settings that were stopped early among those that the best was chosen from', () => {
    const above = { fp32Value: 0.89, gapToFp32: 0.01 };
    const test = [{ ...compared(1, 'fp32', 0.03), difference: 0.01 }];
    expect(headline(facts([trial(1, above), trial(2, { status: 'stopped', value: null })], test))).toContain(
      'after correction for the choice among 2 settings',
    );
  });

  it('is absent for a complete sweep and counts pending and failed trials otherwise', () => {
    expect(answerSweep(facts([trial(1, {})])).warning).toBeNull();
    const given = facts([trial(1, {}), trial(2, { status: 'failed' }), trial(3, { status: 'pending' })]);
    expect(answerSweep(given).warning).toBe(
      '1 of 3 trials not finished, 1 of 3 trials failed. What follows covers only the 1 finished trial.',
    );
  });
});

describe('the findings', () => {
  it('compare the best static with the best dynamic alpha, whichever is the best of the sweep', () => {
    const verdict = {
      difference: -0.37,
      method: 'mcnemar',
      pValue: 1e-9,
      pRelation: '=',
      zScore: null,
      ciLow: null,
      ciHigh: null,
      counts: null,
    } as const;
    const pair = {
      staticTrial: 2,
      staticLabel: 'one alpha',
      staticAlpha: 0.5,
      staticBy: 'grid',
      staticValue: 0.19,
      dynamicTrial: 3,
      dynamicLabel: 'dyn',
      dynamicValue: 0.56,
    } as const;
    const staticDynamic = {
      best: pair,
      verdict,
      chosen: { one: 19, other: 2 },
      pairs: 1,
      staticAhead: 0,
      dynamicAhead: 1,
    };
    expect(findings(facts([trial(1, { alphaMode: 'cle' })], [], 'top1', { staticDynamic }))).toContain(
      'dynamic is ahead by 37.00 points (one alpha 19.00 %, dyn 56.00 %); statistically significant (McNemar p < 0.001, corrected for the choice among 2 settings).',
    );
    const auto = { ...staticDynamic, best: { ...pair, staticBy: 'divergence' as const }, verdict: null, pairs: 3 };
    expect(findings(facts([trial(1, {})], [], 'top1', { staticDynamic: auto }))).toContain(
      'dynamic is ahead by 37.00 points (one alpha (static alpha 0.5, chosen by divergence) 19.00 %, dyn 56.00 %); its significance has not been tested. Of 3 settings that have both, static is ahead in 0, dynamic in 1.',
    );
  });

  it('say that static and dynamic alpha are not compared where no two trials are equal otherwise', () => {
    const given = [trial(1, {}), trial(2, { alphaMode: 'dynamic', alpha: null })];
    expect(findings(facts(given))).toContain(
      'Static against dynamic alpha: not compared because no two finished trials',
    );
    expect(findings(facts(given.slice(0, 1)))).not.toContain('Static against dynamic');
  });

  it('tell what more calibration changes as an effect with its interval', () => {
    const size = {
      batches: [200, 1500],
      differences: [-0.004, 0.0002, 0.002],
      tested: { pairs: 3, samples: 1000, effect: -0.0006, ciLow: -0.0031, ciHigh: 0.0019 },
    } as const;
    const told = (ciLow: number, ciHigh: number): string =>
      findings(
        facts([trial(1, {})], [], 'top1', {
          effects: { size: { ...size, tested: { ...size.tested, ciLow, ciHigh } }, absmax: null },
        }),
      );
    expect(told(-0.0031, 0.0019)).toContain(
      '1500 calibration batches instead of 200: more calibration does not help measurably: mean −0.06 points, 95 % interval −0.31 to +0.19 points, over 3 pairs of otherwise equal settings (−0.40 to +0.20 points, median +0.02 points), paired over 1000 samples.',
    );
    expect(told(0.0001, 0.002)).toContain('more calibration helps: mean');
    expect(told(-0.002, -0.0001)).toContain('more calibration hurts: mean');
    const untested = { size: { ...size, tested: null }, absmax: null };
    expect(findings(facts([trial(1, {})], [], 'top1', { effects: untested }))).toContain(
      'mean −0.06 points over 3 pairs of otherwise equal settings (−0.40 to +0.20 points, median +0.02 points); its significance has not been tested.',
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
      '1 of the 2 other settings is statistically tied with the best; with it they cover 2 of 3 static alphas, 0.1 to 0.2. Tied does not mean equal: differences below about 1.60 points cannot be detected on 1,000 samples, corrected for the choice among 3 settings. Of these trial 2 has the lowest mean layer L1.',
    );
  });

  it('say that all others are tied, and which samples would tell them apart', () => {
    const given = facts(
      [trial(1, {}), trial(2, { value: 0.899 }), trial(3, { value: 0.898 })],
      [compared(2, 'best', 0.6), compared(3, 'best', 0.5)],
    );
    expect(findings(given)).toContain('All 2 other settings are statistically tied with the best.');
    expect(answerSweep(given).questions[0].lacks).toContainEqual({
      unknown:
        'which of the 3 settings is best, as differences below about 1.60\u00a0points cannot be detected on 1000 samples',
      yaml: 'data.evaluation.samples: 4000',
      brings: 'about halves what can be detected, if the data has as many',
    });
    const apart = facts(given.trials, [compared(2, 'best', 0.6), compared(3, 'best', 0.0001)]);
    expect(answerSweep(apart).questions[0].lacks.map(({ yaml }) => yaml)).not.toContain(
      'data.evaluation.samples: 4000',
    );
  });

  it('stand beside the headline in short where they are of ties', () => {
    const given = facts([trial(1, {}), trial(2, { value: 0.899 })], [compared(2, 'best', 0.6)]);
    const { beside, ties } = answerSweep(given);
    const [full, short] = [sentenceText(ties!), beside.map(sentenceText).join('\n')];
    expect(full).toContain('Tied does not mean equal');
    expect(short).toContain('statistically tied with the best: differences below about');
    expect(short).not.toContain('Tied does not mean equal');
  });

  it('call no trial calmer than one that measures its losses on other layers', () => {
    const given = (lossScope: string): string =>
      findings(
        facts(
          [trial(1, { alpha: 0.1 }), trial(2, { alpha: 0.2, value: 0.899, meanL1: 0.001, lossScope })],
          [compared(2, 'best', 0.6)],
        ),
      );
    expect(given('all layers')).toContain('Of these trial 2 has the lowest mean layer L1.');
    expect(given('all but one')).not.toContain('layer L1');
  });

  it('call a setting tied that differs from the best by no more than the choice of the best allows', () => {
    const given = Array.from({ length: 10 }, (_, index) => trial(index + 1, { value: 0.9 - 0.001 * index }));
    const tests = given.slice(1).map(({ trial: id }) => compared(id, 'best', id === 10 ? 0.004 : 0.02));
    expect(findings(facts(given, tests))).toContain('8 of the 9 other settings are statistically tied with the best');
  });

  it('say what the wrong absmax axis costs where the sweep has both', () => {
    const absmax = {
      batches: [200, 200],
      differences: [-0.03],
      tested: { pairs: 1, samples: 1000, effect: -0.03, ciLow: -0.05, ciHigh: -0.01 },
    } as const;
    expect(findings(facts([trial(1, {})], [], 'top1', { effects: { size: null, absmax } }))).toContain(
      'absmax view (mixed channels) instead of channel: view is worse: −3.00 points, 95 % interval −5.00 to −1.00 points, in the one pair of otherwise equal settings, paired over 1000 samples.',
    );
    expect(findings(facts([trial(1, {})]))).not.toContain('absmax');
  });
});
