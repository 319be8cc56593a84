import { describe, expect, it } from 'vitest';
import { answerSweep } from '../../../src/report/answers/answer.js';
import { axisSentences } from '../../../src/report/answers/axis-sentence.js';
import { sentenceText } from '../../../src/report/answers/sentence.js';
import type { AxisEffect, AxisEffects } from '../../../src/report/facts/axis-effects.js';
import type { SensitivityFacts } from '../../../src/report/facts/sensitivity-facts.js';
import { nothingMeasured } from '../../../src/report/facts/measured-facts.js';
import type { SweepFacts, TrialFacts } from '../../../src/report/facts/sweep-facts.js';
import { againstBest, handMadeFacts, handMadeTrial } from '../hand-made-facts.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const headline = (facts: SweepFacts): string => plain(sentenceText(answerSweep(facts).headline));
const leading = (facts: SweepFacts): string[] =>
  answerSweep(facts).questions[0].sentences.map((one) => plain(sentenceText(one)));

describe('the most sensitive layers', () => {
  const trial = handMadeTrial(1, { role: 'sensitivity', settings: { layers: { sensitivity: 'allBut' } } });
  const layer = (position: number, change: number, low: number) => ({
    position,
    layer: `conv${position}`,
    cost: null,
    gain: { change, ciLow: low, ciHigh: change + 0.02, trial: 10 + position },
  });
  const sensitivity = (found: Partial<SensitivityFacts>): SweepFacts =>
    handMadeFacts([trial], [], {
      measured: {
        ...nothingMeasured,
        sensitivity: {
          rankedBy: 'gain',
          layers: [layer(4, 0.05, 0.03), layer(1, 0.04, 0.02), layer(2, 0.03, 0.01), layer(3, 0, -0.02)],
          standOut: 3,
          tied: new Set([1, 2]),
          ...found,
        },
      },
    });

  it('are named with the interval, and with those that cannot be told apart', () => {
    expect(headline(sensitivity({}))).toBe(
      'conv4 is the most sensitive layer. Left alone in float it brings back 5.00 points (95 % interval 3.00 to 7.00 points). These 3 cannot be told apart: conv4, conv1, conv2. 3 of 4 layers bring back more than noise when left in float.',
    );
  });

  it('are no layer where none can be told from the first, and one where all can', () => {
    expect(headline(sensitivity({ tied: new Set([1, 2, 3]), standOut: 0 }))).toBe(
      'No layer stands out: none of the other 3 can be told from the first, conv4, on these samples. Left alone in float it brings back 5.00 points (95 % interval 3.00 to 7.00 points). No single layer’s interval excludes 0.',
    );
    expect(headline(sensitivity({ tied: new Set() }))).toContain('All others differ from it significantly.');
    expect(headline(sensitivity({ tied: null }))).toContain('Whether others differ from it has not been tested.');
  });

  it('are unknown where nothing is there to compare with, and none where no change is for the worse', () => {
    const bare = { ...layer(1, 0, 0), gain: null };
    expect(headline(sensitivity({ layers: [bare], standOut: 0, tied: null }))).toBe(
      'Which layers are most sensitive is unknown: no trial quantizes every layer at the same settings, to compare those with one layer in float with.',
    );
    expect(headline(sensitivity({ layers: [layer(1, 0, -0.01), layer(2, -0.01, -0.02)], standOut: 0 }))).toBe(
      'No layer stands out: left alone in float, none of 2 raises top-1 accuracy.',
    );
  });

  it('cost nothing where the metric rises with each of them quantized', () => {
    const free = { ...layer(1, 0.05, 0.03), cost: { change: -0.03, ciLow: -0.05, ciHigh: -0.01, trial: 1 } };
    expect(leading(sensitivity({ layers: [free] }))).toContain(
      'Quantized alone, no layer lowers top-1 accuracy; none of these costs is above the noise.',
    );
  });

  it('come with what keeping the worst in float brings back', () => {
    const rung = (keepFloat: number, effect: number) => ({
      trial: 20 + keepFloat,
      keepFloat,
      effect,
      ciLow: effect - 0.01,
      ciHigh: effect + 0.01,
    });
    const facts = sensitivity({});
    const whole = handMadeTrial(20, { gapToFp32: -0.2 });
    const found = { ...facts.measured, floatLadder: { whole: 20, rungs: [rung(1, 0.05), rung(5, 0.15)] } };
    expect(leading({ ...facts, trials: [whole], measured: found })[1]).toBe(
      'Keeping the worst 5 layers in float brings back 15.00 points (95 % interval 14.00 to 16.00 points) of the 20.00 points that quantizing every layer costs. The worst one alone: +5.00 points.',
    );
  });
});

describe('the noise of calibration', () => {
  const seeded = (seed: number): TrialFacts => handMadeTrial(seed, { axes: { 'data.calibration.sampleSeed': seed } });
  const noise = (halfInterval: number): SweepFacts =>
    handMadeFacts([seeded(1), seeded(2), seeded(3)], [], {
      measured: {
        ...nothingMeasured,
        seeds: {
          settings: [
            { label: 'a', trials: [1, 2, 3], low: 0.89, high: 0.91, mean: 0.9, deviation: 0.01, halfInterval },
          ],
          seeds: 3,
          deviation: 0.01,
          halfInterval,
        },
      },
    });

  it('is told beside what the evaluation leaves open', () => {
    expect(headline(noise(0.03))).toBe(
      'The choice of calibration samples moves top-1 accuracy by 1.00 points (standard deviation over 3 seeds), at most by 2.00 points from seed to seed. That is less than what the evaluation leaves open: the 95 % interval of one trial is ±3.00 points.',
    );
    // 1.96 x 1 point is more than that.
    expect(headline(noise(0.019))).toContain('That is no less than what the evaluation leaves open');
  });

  it('says which differences may come from the samples alone', () => {
    // 1.96 x sqrt(2) x 1 point
    expect(leading(noise(0.03))[1]).toContain('differ by less than 2.77 points may differ by their samples alone');
  });
});

describe('accuracy against bits', () => {
  const of = (id: number, weight: number, activation: number, values: Partial<TrialFacts> = {}): TrialFacts =>
    handMadeTrial(id, {
      axes: { 'quantization.weight.bits': weight, 'quantization.activation.bits': activation },
      settings: { quantization: { weight: { bits: weight }, activation: { bits: activation } } },
      ...values,
    });

  it('is answered by the fewest bits that keep up with the best', () => {
    const trials = [of(1, 8, 8), of(2, 4, 8), of(3, 8, 4, { value: 0.5 }), of(4, 4, 4, { value: 0.4 })];
    const tests = [againstBest(2, 0.6), againstBest(3, 1e-9), againstBest(4, 1e-9)];
    expect(headline(handMadeFacts(trials, tests))).toBe(
      'W4A8 is the least that keeps up with the best: W4A8 90.00 % (89.00–91.00 %), −2.00 points from FP32. Each of the 2 settings that saves more in bits or layers is worse than the best (W8A8 90.00 %) by its own paired test.',
    );
  });

  it('says which of the worse ones a table calls tied', () => {
    const trials = [of(1, 8, 8), of(2, 4, 8, { value: 0.88 }), of(3, 4, 4, { value: 0.4 })];
    // 0.03 x 3 settings is no significant difference.
    expect(headline(handMadeFacts(trials, [againstBest(2, 0.03), againstBest(3, 1e-9)]))).toContain(
      'by its own paired test, 1 of them not after the correction for the choice of the best.',
    );
  });

  it('names both where neither is cheaper in everything', () => {
    const trials = [of(1, 8, 8), of(2, 4, 8), of(3, 8, 4), of(4, 4, 4, { value: 0.4 })];
    const tests = [againstBest(2, 0.6), againstBest(3, 0.6), againstBest(4, 1e-9)];
    const text = headline(handMadeFacts(trials, tests));
    expect(text).toMatch(/^W4A8 or W8A4 are the least that keeps up with the best/);
    expect(text).toContain('The one setting that saves more in bits or layers is worse than the best');
  });
});

describe('execution and baselines', () => {
  it('tells what integer kernels change, paired', () => {
    const of = (id: number, execution: string): TrialFacts =>
      handMadeTrial(id, { axes: { 'quantization.execution': execution }, settings: { quantization: { execution } } });
    const tested = { pairs: 1, samples: 1000, effect: 0.002, ciLow: -0.001, ciHigh: 0.005 };
    const measured = { ...nothingMeasured, execution: { batches: [0, 0] as const, differences: [0.002], tested } };
    expect(headline(handMadeFacts([of(1, 'simulated'), of(2, 'integer')], [], { measured }))).toBe(
      'Integer instead of simulated execution: no significant difference: +0.20 points, 95 % interval −0.10 to +0.50 points, in the one pair of otherwise equal settings, paired over 1000 samples.',
    );
  });

  it('tells what quantizing costs where there is nothing to choose from', () => {
    const trials = [
      handMadeTrial(1, { role: 'fp32', value: 0.92, place: null }),
      handMadeTrial(2, { role: 'unsmoothed', value: 0.8, gapToFp32: -0.12, place: 1 }),
    ];
    expect(headline(handMadeFacts(trials))).toBe(
      'Quantized without smoothing, top-1 accuracy is 80.00 %, −12.00 points from FP32 (92.00 %); its significance has not been tested. The sweep has no settings to choose from, only baselines.',
    );
  });
});

describe('several settings without smoothing', () => {
  it('are answered by the best of them, named, and the lowest', () => {
    const of = (id: number, label: string, value: number, place: number | null): TrialFacts =>
      handMadeTrial(id, { role: 'unsmoothed', label, value, place, gapToFp32: value - 0.9, fp32Value: 0.9 });
    const trials = [of(1, 'W4A4', 0.62, 2), of(2, 'W8A8', 0.88, 1)];
    expect(headline(handMadeFacts(trials))).toBe(
      'Of 2 settings without smoothing, W8A8 is best: top-1 accuracy 88.00 %, −2.00 points from FP32 (90.00 %); its significance has not been tested. The lowest of them reaches 62.00 %. Trials without smoothing are baselines: none is recommended.',
    );
  });
});

describe('what each setting does', () => {
  const axis = (name: string, importance: number, effect: number, isBeyondNoise: boolean): AxisEffect => {
    const level = (value: string) => ({ value, trials: 4, mean: 0.9, againstBest: null });
    return {
      path: name,
      name,
      rank: 1,
      importance,
      totalImportance: importance,
      levels: [level('6'), level('8')],
      best: level('8'),
      worst: level('6'),
      gain: { effect, ciLow: effect - 0.01, ciHigh: effect + 0.01, pairs: 4, samples: 100 },
      isBeyondNoise,
    };
  };
  const of = (...axes: readonly AxisEffect[]): readonly string[] => ofGroups(1, ...axes);
  const ofGroups = (groups: number, ...axes: readonly AxisEffect[]): readonly string[] => {
    const effects: AxisEffects = { axes, interactions: [], trials: 8, isExact: true, groups };
    const measured = { ...nothingMeasured, axisEffects: () => effects };
    return axisSentences(handMadeFacts([handMadeTrial(1)], [], { measured })).map((one) => plain(sentenceText(one)));
  };

  it('is told by share of the variance and effect, the most important first', () => {
    expect(of(axis('activation bits', 0.71, 0.123, true), axis('alpha', 0.02, 0.004, false))).toEqual([
      'Activation bits matters most, 71 % of the variance: 8 instead of 6 changes top-1 accuracy by +12.30 points (95 % interval +11.30 to +13.30 points).',
      'Then alpha, 2.0 % of the variance (8 instead of 6: +0.40 points, inside the noise).',
    ]);
  });

  it('is nothing beyond the noise where the first is not, and no sentence of one axis', () => {
    expect(of(axis('alpha', 0.3, 0.004, false), axis('absmax', 0.1, 0.001, false))[0]).toMatch(
      /^No setting matters beyond the noise: alpha, the first of 2, 30 % of the variance/,
    );
    expect(of(axis('alpha', 1, 0.1, true))).toEqual([]);
  });

  it('is not denied of all where a later one is beyond the noise, and names the group it is of', () => {
    expect(ofGroups(2, axis('alpha', 0.3, 0.004, false), axis('absmax', 0.1, 0.02, true))[0]).toMatch(
      /^Alpha explains most, but not beyond the noise, 30 % of the variance.* those of 1 other count apart\.$/,
    );
    const untested = axis('alpha', 0.3, 0.004, false);
    const bare = { ...untested, gain: { ...untested.gain!, ciLow: null, ciHigh: null } };
    expect(of(bare, bare)[0]).toMatch(/^Alpha explains most, 30 % .*, not tested\.$/);
  });
});
