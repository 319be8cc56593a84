import { describe, expect, it } from 'vitest';
import { rowObjects } from '../../../../src/report/browser/client/row-objects.js';

describe('rowObjects', () => {
  const columns = ['trial', 'position', 'value'];

  it('links a row to the pages of its trial and its layer', () => {
    const links = { trials: [7], layers: { 3: 0 } };
    expect(rowObjects(columns, [[7, 3, 0.5]], links)).toEqual([
      { trial: 7, position: 3, value: 0.5, trial_href: 'trial-7.html', layer_href: 'layer-0.html' },
    ]);
  });

  it('gives null where the report has no such page', () => {
    expect(rowObjects(columns, [[8, 4, null]], { trials: [7], layers: { 3: 0 } })).toMatchObject([
      { trial_href: null, layer_href: null },
    ]);
    expect(rowObjects(columns, [[8, 4, null]], { trials: null, layers: null })).toMatchObject([
      { trial_href: null, layer_href: null },
    ]);
  });

  it('links every trial where each has a page', () => {
    expect(rowObjects(['trial'], [[1], [2]], { trials: 'any', layers: null })).toMatchObject([
      { trial_href: 'trial-1.html' },
      { trial_href: 'trial-2.html' },
    ]);
  });

  it('adds no address to a row without a trial and a layer', () => {
    expect(rowObjects(columns, [[null, null, 1]], { trials: 'any', layers: {} })).toEqual([
      { trial: null, position: null, value: 1 },
    ]);
  });
});
