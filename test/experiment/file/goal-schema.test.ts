import { describe, expect, it } from 'vitest';
import { loadText, problemsOf, withBase } from '../load-text.js';

const withGoal = (goal: string) => withBase(`grid: { smoothing.alpha: 0.5 }\n${goal}\n`);
const goalOf = (goal: string, overrides: readonly string[] = []) => loadText(withGoal(goal), overrides).goal;

describe('the goal of an experiment', () => {
  it('is none where the file has none', () => {
    expect(goalOf('')).toBeNull();
    expect(goalOf('goal: null')).toBeNull();
  });

  it('is the same written as text or as a mapping, in points', () => {
    const fastest = { maxDrop: 0.5, minimize: 'latency' };
    expect(goalOf('goal: fastest within 0.5 points')).toEqual(fastest);
    expect(goalOf('goal: { maxDrop: 0.5, minimize: latency }')).toEqual(fastest);
    expect(goalOf('goal: smallest within 1 point')).toEqual({ maxDrop: 1, minimize: 'size' });
  });

  it('can be set on the command line, as text and as a mapping', () => {
    expect(goalOf('', ['goal=smallest within 2 points'])).toEqual({ maxDrop: 2, minimize: 'size' });
    expect(goalOf('goal: fastest within 1 point', ['goal={ maxDrop: 0, minimize: size }'])).toEqual({
      maxDrop: 0,
      minimize: 'size',
    });
  });

  it.each([
    'fastest',
    'fastest within -1 points',
    'fastest within 0.5 dB',
    '0.5',
    '[1]',
    '{ maxDrop: 1, minimize: watts }',
  ])('%s is refused with what is expected, and where', (goal) => {
    const [problem] = problemsOf(withGoal(`goal: ${goal}`));
    expect(problem).toMatch(
      /^a\.yaml:7:7: goal: expected a goal: text such as "fastest within 0\.5 points" or .*, got /,
    );
  });

  it.each([
    ['{ maxDrop: -1, minimize: size }', 'a.yaml:7:18: goal.maxDrop: expected a number from 0 to 1000000, got -1'],
  ])('%s is refused at the place of the mistake', (goal, problem) => {
    expect(problemsOf(withGoal(`goal: ${goal}`))).toEqual([problem]);
  });

  it('changes no key: it is no setting of a trial', () => {
    const [without, with_] = ['', 'goal: fastest within 0.5 points\n'].map((goal) => loadText(withGoal(goal)).trials);
    expect(with_).toEqual(without);
  });
});
