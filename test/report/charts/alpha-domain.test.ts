import { expect, it } from 'vitest';
import { alphaDomain } from '../../../src/report/charts/alpha-domain.js';

it('an axis of alphas spans what is drawn, with room, within 0 and 1', () => {
  expect(alphaDomain([0.6, 0.95, null])).toEqual([0.5, 1]);
  expect(alphaDomain([0.85])).toEqual([0.8, 0.9]);
  expect(alphaDomain([0, 1])).toEqual([0, 1]);
  expect(alphaDomain([null])).toEqual([0, 1]);
});
