import { describe, expect, it } from 'vitest';
import { roundOrders } from '../../../../src/engine/jobs/latency/round-orders.js';

describe('roundOrders', () => {
  it('runs every model once a round, none twice in a row', () => {
    for (const models of [2, 3, 4, 9]) {
      const orders = roundOrders(models, 50);
      expect(orders).toHaveLength(50);
      for (const order of orders) expect([...order].sort()).toEqual(Array.from({ length: models }, (_, i) => i));
      const ran = orders.flat();
      expect(ran.filter((model, at) => model === ran[at - 1])).toEqual([]);
    }
  });

  it('alternates two models', () => {
    const [first, second] = roundOrders(2, 1)[0]!;
    expect(roundOrders(2, 3).flat()).toEqual([first, second, first, second, first, second]);
  });

  it('lets each of several models run behind each other one', () => {
    const ran = roundOrders(4, 100).flat();
    const pairs = new Set(ran.slice(1).map((model, at) => `${ran[at]!} ${model}`));
    expect(pairs.size).toBe(12);
  });

  it('is the same each time', () => {
    expect(roundOrders(5, 20)).toEqual(roundOrders(5, 20));
    expect(roundOrders(1, 2)).toEqual([[0], [0]]);
  });
});
