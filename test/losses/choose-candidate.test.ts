import { describe, expect, it } from 'vitest';
import { chooseCandidate } from '../../src/losses/choose-candidate.js';

describe('chooseCandidate', () => {
  const candidates = [
    { alpha: 0.2, loss: 3 },
    { alpha: 0.8, loss: 1 },
    { alpha: 0.4, loss: 1 },
    { alpha: 0.6, loss: 1 },
  ];

  it('takes the smallest loss', () => {
    expect(chooseCandidate([...candidates, { alpha: 1, loss: 0.5 }], 'smaller').alpha).toBe(1);
  });

  it('takes the smaller or the larger of equally good alphas, whatever their order', () => {
    for (const order of [candidates, candidates.toReversed()]) {
      expect(chooseCandidate(order, 'smaller').alpha).toBe(0.4);
      expect(chooseCandidate(order, 'larger').alpha).toBe(0.8);
    }
  });
});
