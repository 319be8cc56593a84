import { describe, expect, it } from 'vitest';
import { chooseByGoal, type GoalCandidate } from '../../src/statistics/goal-choice.js';

interface Named extends GoalCandidate {
  readonly name: string;
  readonly effort: number;
}

function candidate(name: string, values: Partial<Named>): Named {
  return { name, effort: 0, drop: 0, dropHigh: 0.001, latency: null, sizeBytes: null, ...values };
}

const latency = (ratio: number, half = 0.01) => ({ ratio, low: ratio - half, high: ratio + half });
const simpler = (one: Named, other: Named): number => one.effort - other.effort;
const fastest = (candidates: readonly Named[], maxDrop = 0.005) =>
  chooseByGoal(candidates, { maxDrop, minimize: 'latency' }, simpler);
const smallest = (candidates: readonly Named[], maxDrop = 0.005) =>
  chooseByGoal(candidates, { maxDrop, minimize: 'size' }, simpler);

describe('the choice by a goal', () => {
  it('is the fastest of those that are certainly within it, not one that only its value is', () => {
    const candidates = [
      candidate('slow', { drop: 0.001, dropHigh: 0.004, latency: latency(0.8) }),
      candidate('sure', { drop: 0.002, dropHigh: 0.005, latency: latency(0.6) }),
      candidate('unsure', { drop: 0.004, dropHigh: 0.006, latency: latency(0.3) }),
    ];
    expect(fastest(candidates)).toMatchObject({
      kind: 'chosen',
      chosen: { name: 'sure' },
      within: 'certain',
      among: 2,
      decidedBy: 'latency',
    });
  });

  it('goes by the drops as measured where none is certain, and says so', () => {
    const candidates = [
      candidate('a', { drop: 0.004, dropHigh: 0.006, latency: latency(0.5) }),
      candidate('b', { drop: 0.003, dropHigh: null, latency: latency(0.7) }),
      candidate('c', { drop: 0.0051, dropHigh: 0.008, latency: latency(0.2) }),
    ];
    expect(fastest(candidates)).toMatchObject({ chosen: { name: 'a' }, within: 'estimate', among: 2 });
  });

  it('does not call one faster whose interval overlaps: the smaller is taken, then the simpler', () => {
    const level = [
      candidate('a', { latency: latency(0.5), sizeBytes: 2000, effort: 0 }),
      candidate('b', { latency: latency(0.51), sizeBytes: 1000, effort: 2 }),
      candidate('c', { latency: latency(0.515), sizeBytes: 1005, effort: 1 }),
      candidate('d', { latency: latency(0.6), sizeBytes: 500, effort: 0 }),
    ];
    expect(fastest(level)).toMatchObject({ chosen: { name: 'c' }, level: 3, decidedBy: 'simplicity' });
    expect(fastest(level.slice(0, 2))).toMatchObject({ chosen: { name: 'b' }, level: 2, decidedBy: 'size' });
    // One has no size: sizes cannot decide.
    const unknown = [level[0]!, { ...level[1]!, sizeBytes: null }];
    expect(fastest(unknown)).toMatchObject({ chosen: { name: 'a' }, decidedBy: 'simplicity' });
  });

  it('is the smallest, sizes within one percent being equal, of level ones the fastest', () => {
    const candidates = [
      candidate('a', { sizeBytes: 1000, latency: latency(0.9) }),
      candidate('b', { sizeBytes: 1009, latency: latency(0.5) }),
      candidate('c', { sizeBytes: 1100, latency: latency(0.1) }),
    ];
    expect(smallest(candidates)).toMatchObject({ chosen: { name: 'b' }, level: 2, decidedBy: 'latency' });
  });

  it('counts those within the goal that were not measured, and takes none of them', () => {
    const candidates = [candidate('a', { latency: latency(0.9) }), candidate('b', {})];
    expect(fastest(candidates)).toMatchObject({ chosen: { name: 'a' }, among: 1, unmeasured: 1, decidedBy: 'only' });
  });

  it('says what is missing', () => {
    expect(fastest([])).toEqual({ kind: 'none', lacks: 'reference' });
    expect(fastest([candidate('a', { drop: null })])).toEqual({ kind: 'none', lacks: 'reference' });
    expect(fastest([candidate('a', { drop: 0.1, dropHigh: 0.2 })])).toEqual({ kind: 'none', lacks: 'within' });
    expect(fastest([candidate('a', {})])).toEqual({ kind: 'none', lacks: 'latency' });
    expect(smallest([candidate('a', { latency: latency(0.5) })])).toEqual({ kind: 'none', lacks: 'size' });
  });

  it('takes a drop of exactly the limit as within, whatever the binary digits', () => {
    // 0.8642 - 0.8592 is 0.0050000000000000044.
    expect(fastest([candidate('a', { drop: 0.8642 - 0.8592, dropHigh: null, latency: latency(0.5) })])).toMatchObject({
      within: 'estimate',
    });
  });
});

describe('a goal of the fastest', () => {
  it('takes what is faster than FP32 before a smaller one that is only level with it', () => {
    const common = { drop: 0, dropHigh: 0 };
    const faster = { ...common, latency: { ratio: 0.97, low: 0.94, high: 0.99 }, sizeBytes: 200 };
    const same = { ...common, latency: { ratio: 0.96, low: 0.9, high: 1.01 }, sizeBytes: 100 };
    const choice = chooseByGoal([same, faster], { maxDrop: 0, minimize: 'latency' }, () => 0);
    expect(choice).toMatchObject({ kind: 'chosen', chosen: faster, level: 1 });
  });
});
