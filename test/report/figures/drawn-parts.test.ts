import { describe, expect, it } from 'vitest';
import { bestOfBoth, chooseParts, leftOutText, onlyTrials } from '../../../src/report/figures/drawn-parts.js';
import { metricText } from '../../../src/report/number-text.js';
import type { SweepFacts, TrialFacts } from '../../../src/report/facts/sweep-facts.js';

const trial = (number: number, value: number, place: number, absmax = 'channel'): TrialFacts =>
  ({ trial: number, role: 'candidate', status: 'done', value, place, absmax }) as TrialFacts;
const factsOf = (...trials: readonly TrialFacts[]): SweepFacts =>
  ({ trials, metric: metricText('top1') }) as unknown as SweepFacts;
const part = (...trials: readonly number[]) => ({ trials: new Set(trials) });

describe('chooseParts', () => {
  const facts = factsOf(trial(1, 0.5, 4), trial(2, 0.9, 1), trial(3, 0.7, 2, 'view'), trial(4, 0.6, 3));
  const parts = [part(1), part(2), part(3, 4)];

  it('keeps all parts in their order, without a condition, within the limits', () => {
    const drawn = chooseParts(parts, facts, { most: 3 });
    expect(drawn).toEqual({ parts, of: 3, trials: null });
    expect(onlyTrials(drawn.trials)).toBe('');
    expect(leftOutText(drawn, 'parts', facts)).toBe('');
  });

  it('draws those with the best candidates first, and says so', () => {
    const drawn = chooseParts(parts, facts, { most: 2 });
    expect(drawn).toEqual({ parts: [parts[1], parts[2]], of: 3, trials: [2, 3, 4] });
    expect(onlyTrials(drawn.trials, 'a.trial')).toBe('\nAND a.trial IN (2, 3, 4)');
    expect(leftOutText(drawn, 'parts', facts)).toBe(
      ' Drawn: 2 of 3 parts, those with the highest top-1 accuracy, best first; the SQL without its list of trials gives all.',
    );
  });

  it('draws as much as the budget holds, and one part at least', () => {
    const sizeOf = ({ trials }: { trials: ReadonlySet<number> }): number => trials.size;
    expect(chooseParts(parts, facts, { most: 9, sizeOf, budget: 3 }).parts).toEqual([parts[1], parts[2]]);
    expect(chooseParts(parts, facts, { most: 9, sizeOf, budget: 0 }).parts).toEqual([parts[1]]);
  });

  it('chooses among the parts that have what the figure shows', () => {
    const scoreOf = (candidates: readonly TrialFacts[]): number | null =>
      bestOfBoth(
        candidates,
        ({ absmax }) => absmax === 'channel',
        ({ absmax }) => absmax === 'view',
      );
    expect(chooseParts(parts, facts, { most: 2, scoreOf })).toEqual({ parts: [parts[2]], of: 1, trials: [3, 4] });
  });
});
