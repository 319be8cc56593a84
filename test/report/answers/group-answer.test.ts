import { describe, expect, it, onTestFinished } from 'vitest';
import { answerGroup } from '../../../src/report/answers/group-answer.js';
import { sentenceText } from '../../../src/report/answers/sentence.js';
import { readSweepFacts } from '../../../src/report/facts/sweep-facts.js';
import { sampleSweep } from '../build-figure.js';
import { sampleDatabase } from '../sample-database.js';

/** The headline over trials of the sample sweep that have these values. */
function headlineOf(...values: readonly (number | null)[]): string {
  const database = sampleDatabase({});
  onTestFinished(() => {
    database.remove();
  });
  const sweep = readSweepFacts(database.query, sampleSweep)!;
  const members = sweep.trials
    .filter(({ role }) => role === 'candidate')
    .slice(0, values.length)
    .map((trial, index) => ({
      ...{ side: 'ABCDEFGH'[index]!, sweep: sampleSweep, href: null, verdict: null },
      trial: { ...trial, label: `alpha ${index}`, value: values[index]! },
    }));
  const { headline } = answerGroup({ sweep, members, sameModel: true, sameLossSamples: true });
  return sentenceText(headline).replaceAll('\u00a0', ' ');
}

describe('the headline of several trials', () => {
  it('names the one that has the highest value, and the one of the lowest', () => {
    expect(headlineOf(0.5, 0.75, 0.25)).toBe(
      'Of 3 trials, B, alpha 1, has the highest top-1 accuracy, 75.00 %; the lowest is C, alpha 2, at 25.00 %.',
    );
  });

  it('names all that share the highest or lowest value', () => {
    expect(headlineOf(0.75, 0.75, 0.25, 0.75)).toBe(
      'Of 4 trials, A, B and D have the highest top-1 accuracy, 75.00 %; the lowest is C, alpha 2, at 25.00 %.',
    );
    expect(headlineOf(0.25, 0.75, 0.25)).toMatch(/; the lowest are A and C, at 25\.00 %\.$/);
    expect(headlineOf(...Array<number>(7).fill(0.75), 0.5)).toContain('7 of them have the highest');
  });

  it('calls none the highest where all are equal, and speaks of those that have a value', () => {
    expect(headlineOf(0.5, 0.5, 0.5)).toBe('All 3 trials have the same top-1 accuracy, 50.00 %.');
    expect(headlineOf(0.5, 0.5, null)).toBe('Of 3 trials, A and B have the highest top-1 accuracy, 50.00 %.');
    expect(headlineOf(0.5, null, null)).toContain('undecided so far');
  });
});
