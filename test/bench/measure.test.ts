import { describe, expect, it } from 'vitest';
import { interleavedRounds } from '../../bench/measure/interleaved-rounds.js';
import { ratiosOver } from '../../bench/measure/ratios.js';
import { median } from '../../bench/measure/spread.js';

describe('interleaved rounds', () => {
  it('measure one of each before the next round, and leave out the rounds that warm up', async () => {
    const order: string[] = [];
    const measure = (name: string) => () => {
      order.push(name);
      return Promise.resolve(order.length);
    };
    const names = ['one', 'other'] as const;
    const measured = await interleavedRounds(new Map(names.map((name) => [name, measure(name)])), 2, 1);
    expect(order).toEqual(['one', 'other', 'one', 'other', 'one', 'other']);
    expect([...measured]).toEqual([
      ['one', [3, 5]],
      ['other', [4, 6]],
    ]);
  });
});

describe('ratios', () => {
  it('are taken within each round, so that a round that is slow for all changes none', () => {
    const costs = new Map([
      ['base', [10, 100, 10]],
      ['twice', [20, 200, 30]],
    ]);
    expect(ratiosOver('base', costs)).toEqual([
      { name: 'base', ratio: 1, lowest: 1, highest: 1, ms: 10 },
      { name: 'twice', ratio: 2, lowest: 2, highest: 3, ms: 30 },
    ]);
  });

  it('need something to be over', () => {
    expect(() => ratiosOver('fp32', new Map([['observe', [1]]]))).toThrow('Expected costs of "fp32", got observe.');
  });
});

describe('the median', () => {
  it('is the middle value, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([9, 1, 5, 2])).toBe(3.5);
  });

  it('is of at least one value', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});
