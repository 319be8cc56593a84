import { describe, expect, it } from 'vitest';

import { notApplicable, type AxisDesign } from '../../src/statistics/axis-design.js';
import { summarizeAxes, summarizeInteractions } from '../../src/statistics/axis-effects.js';
import { bitWords } from '../../src/statistics/bit-counts.js';
import { createBitset, setBit } from '../../src/statistics/bitset.js';
import { widenedInterval, type GroupOutcomes } from '../../src/statistics/contrast.js';
import { pairedEffect, type PairedOutcomes } from '../../src/statistics/paired-effect.js';
import { createPrng } from '../../src/statistics/prng.js';

/** Trials by their levels, with what each got right of some samples. */
function judged(
  sizes: readonly number[],
  trials: readonly (readonly [levels: readonly number[], right: readonly boolean[]])[],
) {
  const count = trials[0]![1].length;
  const sets = trials.map(([, right]) => {
    const set = createBitset(count);
    for (const [sample, isRight] of right.entries()) if (isRight) setBit(set, sample);
    return set;
  });
  const design: AxisDesign = {
    sizes,
    levels: sizes.map((_, axis) => Int32Array.from(trials, ([levels]) => levels[axis]!)),
    values: Float64Array.from(trials, ([, right]) => right.filter(Boolean).length / count),
  };
  const outcomes: GroupOutcomes = { kind: 'bitset', count, data: sets.map(bitWords) };
  return { design, outcomes, sets, count };
}

const right = (text: string): boolean[] => Array.from(text, (letter) => letter === '1');

describe('effects of axes', () => {
  const { design, outcomes, sets, count } = judged(
    [2, 3],
    [
      [[0, 0], right('1111000010')],
      [[0, 1], right('1111110000')],
      [[0, 2], right('1110000000')],
      [[1, 0], right('1111111000')],
      [[1, 1], right('1111111101')],
      [[1, 2], right('1111100000')],
    ],
  );

  it('are mean differences over otherwise equal trials, with the interval of paired_effect', () => {
    const [first, second] = summarizeAxes(design, outcomes);
    const between = (pairs: readonly (readonly [number, number])[]) =>
      pairedEffect([
        pairs.map(([one, other]): PairedOutcomes => ({ kind: 'bitset', count, one: sets[one]!, other: sets[other]! })),
      ]);
    // Axis 1 is the more important: means 0.6, 0.75 and 0.4, against 0.4667 and 0.7.
    expect([first!.axis, first!.best, second!.axis, second!.best]).toEqual([1, 1, 0, 1]);
    for (const [level, pairs] of [
      [
        0,
        [
          [1, 0],
          [4, 3],
        ],
      ],
      [
        2,
        [
          [1, 2],
          [4, 5],
        ],
      ],
    ] as const) {
      const { effect, ciLow, ciHigh } = between(pairs);
      const found = first!.levels[level]!.effect!;
      expect(found).toMatchObject({ effect, interval: [ciLow, ciHigh], pairs: 2, allPairs: 2 });
      expect(found.choiceInterval![0]).toBeLessThan(ciLow);
      expect(found.choiceInterval![1]).toBeGreaterThan(ciHigh);
    }
    expect(first!.levels[1]!.effect).toBeNull();
    // Two values leave no choice.
    const only = second!.levels[0]!.effect!;
    expect(only.effect).toBeCloseTo(-7 / 30, 12);
    expect(only.choiceInterval).toEqual(only.interval);
  });

  it('have no interval where nothing is stored by sample', () => {
    const found = summarizeAxes(design, null)[1]!.levels[0]!.effect!;
    expect(found.effect).toBeCloseTo(-7 / 30, 12);
    expect([found.interval, found.choiceInterval]).toEqual([null, null]);
  });

  it('depend on another axis: the difference of the differences, over trials that are all there', () => {
    const [found] = summarizeInteractions(design, outcomes);
    // Value 1 instead of 2 of axis 1: 0.6 - 0.3 at value 0 of axis 0, 0.9 - 0.5 at value 1.
    expect(found).toMatchObject({ axis: 1, withAxis: 0, level: 1, otherLevel: 2, at: 1, atOther: 0 });
    expect(found!.effectAt).toBeCloseTo(0.4, 12);
    expect(found!.effectAtOther).toBeCloseTo(0.3, 12);
    expect(found!.difference.effect).toBeCloseTo(0.1, 12);
    const [low, high] = found!.difference.interval!;
    // Per sample 0001110000 is taken from 0000011101: 3 gain 1 and 2 lose it; m = 1/12, S = 5 + 4.
    const half = 1.959964 * Math.sqrt((9 / 12 - (1 / 12) ** 2) / 12);
    expect(low).toBeCloseTo(1 / 12 - half, 12);
    expect(high).toBeCloseTo(1 / 12 + half, 12);
  });
});

describe('an axis that does not apply to all trials', () => {
  // Mode 0 has three alphas, mode 1 none; both at two sizes.
  const trials = [0, 1].flatMap((size) => [
    ...[0, 1, 2].map((alpha) => [0, alpha, size] as const),
    [1, notApplicable, size] as const,
  ]);
  const values = [0.5, 0.6, 0.7, 0.9, 0.4, 0.5, 0.6, 0.8];
  const design: AxisDesign = {
    sizes: [2, 3, 2],
    levels: [0, 1, 2].map((axis) => Int32Array.from(trials, (levels) => levels[axis]!)),
    values: Float64Array.from(values),
  };
  const effects = summarizeAxes(design, null);
  const of = (axis: number) => effects.find((effect) => effect.axis === axis)!;

  it('is compared at each of its values where another axis decides that it applies', () => {
    expect(of(0).levels[0]!.effect).toMatchObject({ pairs: 6 });
    expect(of(0).levels[0]!.effect!.effect).toBeCloseTo(-0.3, 12);
  });

  it('has pairs among the trials that it applies to, and others keep theirs', () => {
    expect(of(1).levels.map(({ trials: count, effect }) => [count, effect?.pairs ?? null])).toEqual([
      [2, 2],
      [2, 2],
      [2, null],
    ]);
    expect(of(1).levels[0]!.effect!.effect).toBeCloseTo(-0.2, 12);
    expect(of(2).levels[1]!.effect).toMatchObject({ pairs: 4 });
    expect(of(2).levels[1]!.effect!.effect).toBeCloseTo(-0.1, 12);
  });
});

describe('values without a counterpart', () => {
  it('have no effect', () => {
    const { design, outcomes } = judged(
      [2, 2],
      [
        [[0, 0], right('110')],
        [[1, 1], right('100')],
      ],
    );
    for (const { levels } of summarizeAxes(design, outcomes)) {
      expect(levels.map(({ effect }) => effect)).toEqual([null, null]);
    }
    expect(summarizeInteractions(design, outcomes)).toEqual([]);
  });
});

describe('the interval of an effect', () => {
  /**
   * Samples of unequal difficulty, the same for all trials; the second level gets `gain` more.
   * Whether the interval covers it, over many draws of the samples.
   */
  function coverage(gain: number, samples: number, rounds: number): number {
    let covered = 0;
    for (let round = 0; round < rounds; round += 1) {
      const random = createPrng(1618, round);
      const uniform = (): number => random.nextUint32() / 2 ** 32;
      const ease = Array.from({ length: samples }, () => 0.3 + 0.5 * uniform());
      const trials = [0, 1].flatMap((level) =>
        [0, 1, 2].map((other) => [[level, other], ease.map((own) => uniform() < own + level * gain)] as const),
      );
      const { design, outcomes } = judged([2, 3], trials);
      const effect = summarizeAxes(design, outcomes)
        .find(({ axis }) => axis === 0)!
        .levels.flatMap((level, at) => (level.effect === null ? [] : [{ ...level.effect, at }]))[0]!;
      // The better one is the reference, so the sign follows from which that was.
      const truth = effect.at === 0 ? -gain : gain;
      const [low, high] = effect.interval!;
      if (low <= truth && truth <= high) covered += 1;
    }
    return covered / rounds;
  }

  it.each([0, 0.1])('covers a true effect of %s in 19 of 20 draws of the samples', (gain) => {
    // 800 draws: the standard error of a share of 0.95 is 0.008.
    const covered = coverage(gain, 150, 800);
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.975);
  });

  it('is wider by the quantiles of the normal distribution where it allows for a choice', () => {
    const effect = { effect: 1, ciLow: 0, ciHigh: 3 };
    expect(widenedInterval(effect, 1)).toEqual([0, 3]);
    // z at 1 - 0.025 / 3 is 2.3939798, at 1 - 0.025 1.9599640.
    const factor = 2.3939798 / 1.959964;
    expect(widenedInterval(effect, 3)[0]).toBeCloseTo(1 - factor, 6);
    expect(widenedInterval(effect, 3)[1]).toBeCloseTo(1 + 2 * factor, 6);
  });
});
