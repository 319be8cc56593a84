import { describe, expect, it } from 'vitest';

import { createBitset, countDiscordant, setBit, countBits } from '../../src/statistics/bitset.js';
import { judgeDifference } from '../../src/statistics/choice-among.js';
import { detectableShare, detectableSpread } from '../../src/statistics/detectable-difference.js';
import { exactMcNemar } from '../../src/statistics/mcnemar.js';
import { createPrng } from '../../src/statistics/prng.js';
import { noisePhrase } from '../../src/report/answers/noise-phrase.js';
import { sentenceText } from '../../src/report/answers/sentence.js';

const test = (difference: number, pValue: number) =>
  ({ difference, pValue, pRelation: '=', zScore: null, method: 'mcnemar' }) as const;

describe('2: the choice among many settings', () => {
  it('multiplies p by the settings that the trial ahead was chosen from, whichever side it is on', () => {
    const chosen = { one: 19, other: 1 };
    expect(judgeDifference(test(0.02, 0.01), chosen)).toEqual({
      chosenFrom: 19,
      correctedP: 0.19,
      relation: '=',
      differs: false,
    });
    expect(judgeDifference(test(0.02, 0.002), chosen)).toMatchObject({ correctedP: 0.038, differs: true });
    // The one behind was chosen: that makes the lead smaller, and is no reason for doubt.
    expect(judgeDifference(test(-0.02, 0.01), chosen)).toMatchObject({
      chosenFrom: 1,
      correctedP: 0.01,
      differs: true,
    });
    expect(judgeDifference(test(-0.02, 0.01), { one: 1, other: 19 })).toMatchObject({ chosenFrom: 19, differs: false });
    expect(judgeDifference(test(0.5, 0.4), chosen).correctedP).toBe(1);
  });

  it('multiplies the tail beyond z where replicates can only bound p, and never goes below what they count', () => {
    const bound = { difference: 0.1, pValue: 2 / 401, pRelation: '<=' } as const;
    const chosen = { one: 19, other: 1 };
    // 19 x 2 P(Z > 4) = 19 x 6.334e-5
    const at4 = judgeDifference({ ...bound, zScore: 4 }, chosen);
    expect(at4.correctedP).toBeCloseTo(2 / 401, 12);
    expect(at4).toMatchObject({ relation: '<=', differs: true });
    // 19 x 2 P(Z > 3) = 19 x 0.0026998
    const at3 = judgeDifference({ ...bound, zScore: 3 }, chosen);
    expect(at3.correctedP).toBeCloseTo(19 * 0.0026997960632601866, 9);
    expect(at3).toMatchObject({ relation: '=', differs: false });
    expect(judgeDifference({ ...bound, zScore: null }, chosen).differs).toBe(false);
    expect(judgeDifference({ ...bound, zScore: null }, { one: 1, other: 1 })).toMatchObject({
      correctedP: 2 / 401,
      relation: '<=',
      differs: true,
    });
  });

  it('says so in the one phrase that pages have for it', () => {
    const phrase = (p: number): string => sentenceText(noisePhrase(test(0.02, p), { one: 19, other: 1 }));
    expect(phrase(0.01)).toBe(
      'not statistically significant after correction for the choice among 19 settings (McNemar p = 0.01, corrected 0.19)',
    );
    expect(phrase(0.002)).toBe(
      'statistically significant (McNemar p = 0.04, corrected for the choice among 19 settings)',
    );
    expect(phrase(0.2)).toBe('not statistically significant (McNemar p = 0.20)');
    const bound = { ...test(0.1, 2 / 401), pRelation: '<=', method: 'paired bootstrap' } as const;
    expect(sentenceText(noisePhrase(bound))).toBe('statistically significant (paired bootstrap p ≤ 0.005)');
  });

  /**
   * Of sweeps of equally good settings, how often the best of one kind is said to differ from the
   * best of the other. Trials are right on the same easy samples and toss a coin on a fifth of
   * them.
   */
  function falseClaims(ones: number, others: number): { readonly corrected: number; readonly alone: number } {
    const [rounds, samples] = [400, 200];
    let [corrected, alone] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const random = createPrng(7, round);
      const trials = Array.from({ length: ones + others }, () => {
        const bits = createBitset(samples);
        for (let sample = 0; sample < samples; sample += 1) {
          if (sample % 5 > 0 || random.nextBelow(2) === 1) setBit(bits, sample);
        }
        return bits;
      });
      const best = (own: readonly Uint8Array[]): Uint8Array =>
        own.reduce((a, b) => (countBits(b) > countBits(a) ? b : a));
      const [one, other] = [best(trials.slice(0, ones)), best(trials.slice(ones))];
      const { onlyA, onlyB } = countDiscordant(one, other);
      const pair = test((onlyA - onlyB) / samples, exactMcNemar(onlyA, onlyB));
      if (judgeDifference(pair, { one: ones, other: others }).differs) corrected += 1;
      if (judgeDifference(pair, { one: 1, other: 1 }).differs) alone += 1;
    }
    return { corrected: corrected / rounds, alone: alone / rounds };
  }

  it('tells equal settings apart in 5 % of sweeps at most, where the test alone does twice as often', () => {
    const one = falseClaims(19, 1);
    expect(one.alone).toBeGreaterThan(0.1);
    expect(one.corrected).toBeLessThan(0.05);
    expect(falseClaims(10, 10).corrected).toBeLessThan(0.05);
    expect(falseClaims(3, 3).corrected).toBeLessThan(0.05);
  });
});

describe('2: what a tie could have told apart', () => {
  it('is the smallest difference whose exact test is significant', () => {
    // 2 / 2^6 = 0.031 < 0.05 <= 2 / 2^5: six samples that one alone gets right, and none the other.
    expect(detectableShare(1000, 0, 1)).toBe(6 / 1000);
    // 19 x 2 / 2^10 = 0.037 < 0.05 <= 19 x 2 / 2^9.
    expect(detectableShare(1000, 0, 19)).toBe(10 / 1000);
    const share = detectableShare(1000, 20, 1);
    const more = Math.round(share * 1000) + 20;
    expect(exactMcNemar(more, 20)).toBeLessThan(0.05);
    expect(exactMcNemar(more - 1, 20)).toBeGreaterThanOrEqual(0.05);
    expect(() => detectableShare(0, 0, 1)).toThrow(/a sample or more/);
  });

  it('is z times the spread of replicates', () => {
    expect(detectableSpread(0.01, 1)).toBeCloseTo(0.01959964, 9);
    // Two-sided normal: 0.05 / 10 = 0.005 beyond 2.807034.
    expect(detectableSpread(1, 10)).toBeCloseTo(2.807034, 4);
  });
});
