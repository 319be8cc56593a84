import { describe, expect, it } from 'vitest';
import type { Figure } from '../../src/report/figures/figure.js';
import { chosenAlpha } from '../../src/report/figures/sweep/chosen-alpha.js';
import { searchCurve } from '../../src/report/figures/sweep/search-curve.js';
import { buildFigure } from './build-figure.js';

function build(figure: Figure, change: string) {
  const { rows, content } = buildFigure(figure, change);
  return { rows, titles: content.kind === 'charts' ? content.panels.map(({ title }) => title) : [] };
}

describe('figures of several searches', () => {
  it('show the alphas of each order and objective in a panel of its own', () => {
    const { titles } = build(
      chosenAlpha,
      `UPDATE trial SET search_order = 'output', search_objective = 'divergence'
       WHERE alpha_mode = 'dynamic' AND calibration_batches = 200`,
    );
    expect(titles.toSorted()).toEqual(['isolated by l1', 'output by divergence']);
  });

  it('show the alphas of one search in one panel', () => {
    expect(build(chosenAlpha, '').titles).toEqual(['']);
  });

  it('show the last sweep of a descent', () => {
    const { rows } = build(
      searchCurve,
      `INSERT INTO search_curve (stage_id, layer_id, sweep, alpha, loss, rel_l1, chosen)
       SELECT stage_id, layer_id, 1, alpha, loss + 100, NULL, chosen FROM search_curve`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(Math.min(...rows.map((row) => Number(row['loss'])))).toBeGreaterThan(100);
  });
});
