import { describe, expect, it } from 'vitest';
import { canonicalSettings } from '../../../src/experiment/sections/canonical-settings.js';
import { momentsOfSearch } from '../../../src/experiment/sections/search.js';
import type { TrialSettings } from '../../../src/experiment/sections/canonical-settings.js';
import { loadText, problemsOf, withBase } from '../load-text.js';

function searchOf(lines: string): TrialSettings['search'] {
  const { settings } = loadText(withBase(lines)).trials.find(({ role }) => role === 'candidate')!;
  return canonicalSettings('candidate', settings).search;
}

const dynamic = 'grid: { smoothing.mode: dynamic }\n';

describe('search.objective hessian', () => {
  it('goes by the second moments of as many samples as the search has', () => {
    const search = searchOf(`search: { objective: hessian, samples: 64 }\n${dynamic}`)!;
    expect(search).toMatchObject({ objective: 'hessian', order: 'isolated', samples: 64 });
    expect(momentsOfSearch(search)).toBe(64);
    expect(momentsOfSearch(searchOf(`search: { objective: mse }\n${dynamic}`)!)).toBeNull();
  });

  it('is the same search in order sequential, of which it says so', () => {
    const written = `search: { objective: hessian, order: sequential }\n${dynamic}`;
    expect(searchOf(written)).toEqual(searchOf(`search: { objective: hessian }\n${dynamic}`));
    expect(loadText(withBase(written)).notes).toEqual([
      expect.stringContaining('search.order has no effect beside search.objective hessian') as string,
    ]);
    expect(searchOf(`search: { objective: mse, order: sequential }\n${dynamic}`)!.order).toBe('sequential');
  });

  it('is refused beside order output, which measures', () => {
    expect(problemsOf(withBase(`search: { objective: hessian, order: output }\n${dynamic}`))).toEqual([
      'a.yaml:6:38: search.order: expected isolated beside search.objective hessian, which judges each layer by itself and runs nothing, got output, which goes by the divergence of the output: use one or the other',
    ]);
  });

  it('has no effect on alpha auto, as other objectives', () => {
    const auto = 'grid: { smoothing.alpha: auto }\n';
    const search = searchOf(`search: { objective: hessian }\n${auto}`)!;
    expect(search).toEqual(searchOf(auto));
    expect(momentsOfSearch(search)).toBeNull();
    expect(loadText(withBase(`search: { objective: hessian }\n${auto}`)).notes).toEqual([
      expect.stringContaining('search.objective has no effect beside smoothing.alpha auto') as string,
    ]);
  });
});
