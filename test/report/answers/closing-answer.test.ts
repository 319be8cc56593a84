import { describe, expect, it } from 'vitest';
import { closingAnswer, closingText } from '../../../src/report/answers/closing-answer.js';
import { planAbilities } from '../../../src/report/answers/plan-abilities.js';
import { sweepShape } from '../../../src/report/questions/sweep-shape.js';
import { detectableShare } from '../../../src/statistics/detectable-difference.js';
import { againstBest, handMadeFacts, handMadeTrial } from '../hand-made-facts.js';

const trials = Array.from({ length: 7 }, (_, index) =>
  handMadeTrial(index + 1, {
    value: 0.9 - index / 100,
    alpha: 0.1 * (index + 1),
    axes: { 'smoothing.alpha': 0.1 * (index + 1) },
  }),
);
const tests = trials.slice(1).map(({ trial }) => againstBest(trial, trial === 2 ? 0.5 : 1e-9));
const facts = handMadeFacts([handMadeTrial(9, { role: 'fp32', place: null }), ...trials], tests);

describe('the answer at the end of a run', () => {
  it('has the sentence, the best five with their standing, and the recommendation', () => {
    const { sentences, table, recommendation, warning, lacks } = closingAnswer(facts);
    expect(sentences).toHaveLength(1);
    expect(table!.rows.map((row) => [row[0], row[4]])).toEqual([
      ['trial 1', 'best'],
      ['trial 2', 'tied'],
      ['trial 3', 'worse'],
      ['trial 4', 'worse'],
      ['trial 5', 'worse'],
    ]);
    expect(recommendation).toMatch(/^Recommended: trial [12]/);
    expect(warning).toBeNull();
    expect(lacks).toEqual([
      'Not known: what smoothing gains. baselines: [fp32, unsmoothed] in the experiment brings it.',
    ]);
  });

  it('keeps to the width, dropping columns but for label and value', () => {
    const lines = closingText(facts, 40).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines.find((line) => line.startsWith('setting'))).toMatch(/^setting +top-1/);
    expect(closingText(facts, 120)).toContain('against the best');
  });

  it('names no winner where FP32 is no reference, nor without a finished setting', () => {
    const warnings = [{ voidedTrials: new Set([1]), message: 'FP32 is at chance.', cause: 'Give mean and std.' }];
    const closing = closingAnswer({ ...facts, warnings, isVoid: true, best: null });
    expect(closing).toMatchObject({ table: null, recommendation: null });
    expect(closing.sentences.slice(0, 2)).toEqual([
      'No setting can be called the best: FP32 is at chance.',
      'Give mean and std.',
    ]);
    const pending = closingText(handMadeFacts([handMadeTrial(1, { status: 'pending', value: null, place: null })]));
    expect(pending).toContain('Incomplete: 1 of 1 trial not finished');
    expect(pending).toContain('No answer yet');
  });
});

describe('what a plan will be able to answer', () => {
  const settings = { task: { kind: 'classification' }, smoothing: { mode: 'static' } };
  const shape = sweepShape([
    { role: 'fp32', axes: {}, settings },
    { role: 'candidate', axes: { 'smoothing.alpha': 0.1 }, settings },
    { role: 'candidate', axes: { 'smoothing.alpha': 0.5 }, settings },
  ]);

  it('is its questions, the difference that its samples can show, and what it lacks', () => {
    const lines = planAbilities(shape, 1000, 'mcnemar');
    expect(lines[0]).toBe('Will answer: the effect of one setting, over alpha (2 values).');
    expect(lines.at(-1)).toBe('Will not answer: what smoothing gains (add baselines: [fp32, unsmoothed]).');
    // 1 % of 1,000 samples are right in the worse trial alone.
    const points = (100 * detectableShare(1000, 10, 1)).toFixed(1);
    expect(lines[1]).toContain(`Two settings must differ by about ${points} points to be told apart on 1000`);
  });

  it('promises no difference where samples are not right or wrong, or not counted', () => {
    expect(planAbilities(shape, 64, 'none')[1]).toContain(
      'Will not answer: whether two settings differ by more than noise.',
    );
    expect(planAbilities(shape, 64, 'later')[1]).toContain('is known once two settings have finished');
    expect(planAbilities(shape, null, 'mcnemar').join(' ')).not.toContain('must differ');
  });
});
